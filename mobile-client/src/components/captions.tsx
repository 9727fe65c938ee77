import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { ScrollView, Text, View } from 'react-native';

import type { CaptionLine } from '@/call/captions';
import { webData } from '@/theme/web-attributes';

interface CaptionsProps {
  captions: CaptionLine[];
  agentName: string;
}

/** What both sides say, as it is said. */
export function Captions({ captions, agentName }: CaptionsProps) {
  const { t } = useTranslation();
  const scroll = useRef<ScrollView>(null);
  const atEnd = useRef(true);
  return (
    <ScrollView
      ref={scroll}
      role="log"
      aria-label={t('call.captions')}
      aria-live="polite"
      tabIndex={0}
      className="flex-1"
      contentContainerClassName="min-h-full justify-end gap-2.5 px-1 py-2"
      scrollEventThrottle={100}
      onScroll={({ nativeEvent: { contentOffset, contentSize, layoutMeasurement } }) => {
        atEnd.current = contentOffset.y + layoutMeasurement.height > contentSize.height - 40;
      }}
      // Who has scrolled back to read is left in peace.
      onContentSizeChange={() => atEnd.current && scroll.current?.scrollToEnd({ animated: false })}
      onLayout={() => atEnd.current && scroll.current?.scrollToEnd({ animated: false })}
    >
      {captions.length === 0 ? (
        <Text className="text-center font-body text-sm text-muted">{t('call.noCaptions')}</Text>
      ) : (
        captions.map((line) => (
          <Line key={`${line.speaker} ${line.name} ${line.segmentId}`} line={line} agentName={agentName} />
        ))
      )}
    </ScrollView>
  );
}

function Line({ line, agentName }: { line: CaptionLine; agentName: string }) {
  const { t } = useTranslation();
  const mine = line.speaker === 'self';
  const name = line.speaker === 'agent' ? agentName : line.name;
  // What was understood so far may still change. The agent's words do not: they come as they are spoken.
  const ink = mine ? (line.final ? 'text-on-accent-soft' : 'text-muted') : 'text-ink';
  const label = mine ? t('call.youSay', { text: line.text }) : t('call.says', { name, text: line.text });
  return (
    <View className={mine ? 'items-end' : 'items-start'}>
      {line.speaker === 'other' ? <Text className="px-3 font-medium text-sm text-muted">{line.name}</Text> : null}
      <View
        className={`max-w-[88%] rounded-2xl px-3.5 py-2 ${mine ? 'bg-accent-soft' : 'border border-line bg-surface'}`}
      >
        <Text
          testID={line.speaker === 'agent' ? 'caption-agent' : mine ? 'caption-user' : 'caption-other'}
          accessibilityLabel={label}
          {...webData({ final: String(line.final) })}
          className={`font-body text-base ${ink}`}
        >
          {line.text}
        </Text>
      </View>
    </View>
  );
}
