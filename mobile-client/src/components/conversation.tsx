import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ScrollView, Text, TextInput, View } from 'react-native';

import type { CaptionLine } from '@/call/captions';
import { useColors } from '@/theme/theme';
import { webData } from '@/theme/web-attributes';

import { SendIcon } from './icons/icons';
import { RoundButton } from './round-button';

interface ConversationProps {
  captions: CaptionLine[];
  agentName: string;
  onSend: (text: string) => void;
}

/** What both sides say, as it is said, and a line to write in. */
export function Conversation({ captions, agentName, onSend }: ConversationProps) {
  const { t } = useTranslation();
  const scroll = useRef<ScrollView>(null);
  const atEnd = useRef(true);
  return (
    <View className="flex-1 gap-2">
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
      <ChatInput onSend={onSend} />
    </View>
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

function ChatInput({ onSend }: { onSend: (text: string) => void }) {
  const { t } = useTranslation();
  const colors = useColors();
  const [text, setText] = useState('');
  const [focused, setFocused] = useState(false);
  const border = focused ? 'border-accent' : 'border-control-line';
  const send = () => {
    const trimmed = text.trim();
    if (trimmed === '') return;
    onSend(trimmed);
    setText('');
  };
  return (
    <View className={`flex-row items-center rounded-full border bg-surface pr-1 ${border}`}>
      <TextInput
        testID="chat-input"
        accessibilityLabel={t('call.chatLabel')}
        placeholder={t('call.chatPlaceholder')}
        placeholderTextColor={colors.muted}
        value={text}
        onChangeText={setText}
        onSubmitEditing={send}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        submitBehavior="submit"
        returnKeyType="send"
        maxLength={2000}
        className="min-h-[52px] min-w-0 flex-1 px-5 py-2 font-body text-base text-ink"
      />
      <RoundButton
        testID="chat-send"
        label={t('call.send')}
        icon={SendIcon}
        look={text.trim() === '' ? 'bare' : 'plain'}
        disabled={text.trim() === ''}
        onPress={send}
      />
    </View>
  );
}
