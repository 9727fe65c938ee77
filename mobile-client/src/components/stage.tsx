import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Text, View } from 'react-native';

import type { CallState } from '@/call/state';
import { stageOf, type ParticipantView } from '@/call/participants';
import { useRtc } from '@/rtc/rtc-context';
import type { VideoHandle } from '@/rtc/rtc.types';
import { textScale } from '@/theme/text-scale';
import { useColors } from '@/theme/theme';

import { MicrophoneOffIcon } from './icons/icons';

/** Below this height, and so much more for each step of the text's size, words do not fit under one's own picture. */
const LOW = 120;
const LOW_TEXT = 60;

/** The pictures: the agent's large, one's own small, other people's beside it. */
export function Stage({ call, name }: { call: CallState; name: string }) {
  const { t } = useTranslation();
  const [height, setHeight] = useState(Infinity);
  const stage = stageOf(call.participants);
  const low = height < LOW + LOW_TEXT * textScale();
  return (
    <View className="flex-1 gap-2">
      <View
        testID="avatar-tile"
        className="flex-1 overflow-hidden rounded-3xl bg-raised"
        onLayout={({ nativeEvent }) => setHeight(nativeEvent.layout.height)}
      >
        {stage.agentVideo === null ? (
          <View className={`flex-1 items-center justify-center ${low ? 'py-2 pl-5 pr-[84px]' : 'gap-4 px-6 py-3'}`}>
            {low ? null : <Initial name={name} large />}
            <Text className="text-center font-body text-base text-muted">
              {stage.agent !== null
                ? t('call.noPicture', { name })
                : call.awaitingAgent
                  ? t('call.onTheWay', { name })
                  : t('call.alone')}
            </Text>
          </View>
        ) : (
          <Picture video={stage.agentVideo} label={t('call.picture', { name })} />
        )}
        {/* Above: below it would cover the words of an empty stage. Where that is low they stand beside it. */}
        <View className="absolute right-3 top-3">
          <SelfTile self={stage.self} microphoneOn={call.media.microphone} small={low} />
        </View>
      </View>
      {stage.others.length === 0 ? null : (
        <View className="flex-row flex-wrap gap-2">
          {stage.others.map((other) => (
            <OtherTile key={other.identity} participant={other} />
          ))}
        </View>
      )}
    </View>
  );
}

function Picture({ video, label, mirror }: { video: VideoHandle; label: string; mirror?: boolean }) {
  const { VideoView } = useRtc();
  return (
    <View role="img" aria-label={label} accessible className="absolute inset-0">
      <VideoView key={video.id} video={video} mirror={mirror} />
    </View>
  );
}

interface SelfTileProps {
  self: ParticipantView | null;
  microphoneOn: boolean;
  small: boolean;
}

function SelfTile({ self, microphoneOn, small }: SelfTileProps) {
  const { t } = useTranslation();
  const colors = useColors();
  return (
    <View
      testID="self-tile"
      className={`overflow-hidden border-2 border-canvas bg-surface ${
        small ? 'h-20 w-14 rounded-xl' : 'h-[88px] w-16 rounded-xl md:h-40 md:w-28 md:rounded-2xl'
      }`}
    >
      {self?.video ? (
        <Picture video={self.video} label={t('call.selfPicture')} mirror />
      ) : (
        <View accessible aria-label={t('call.youCameraOff')} className="flex-1 items-center justify-center">
          <Text maxFontSizeMultiplier={1.3} className="font-medium text-sm text-muted">
            {t('call.you')}
          </Text>
        </View>
      )}
      {microphoneOn ? null : (
        <View
          accessible
          aria-label={t('call.muted')}
          className="absolute bottom-1 right-1 h-6 w-6 items-center justify-center rounded-full bg-canvas"
        >
          <MicrophoneOffIcon color={colors.ink} size={14} />
        </View>
      )}
    </View>
  );
}

function OtherTile({ participant }: { participant: ParticipantView }) {
  const { t } = useTranslation();
  return (
    <View
      testID="participant-tile"
      className={`h-24 w-24 overflow-hidden rounded-2xl border-2 bg-raised ${
        participant.speaking ? 'border-accent' : 'border-transparent'
      }`}
    >
      {participant.video === null ? (
        <View
          accessible
          aria-label={t('call.noPicture', { name: participant.name })}
          className="flex-1 items-center justify-center gap-1 px-1"
        >
          <Initial name={participant.name} />
        </View>
      ) : (
        <Picture video={participant.video} label={t('call.picture', { name: participant.name })} />
      )}
      <Text
        numberOfLines={1}
        maxFontSizeMultiplier={1.3}
        className="absolute inset-x-1 bottom-1 rounded-xl bg-canvas px-1.5 text-center font-medium text-sm text-ink"
      >
        {participant.name}
      </Text>
    </View>
  );
}

function Initial({ name, large = false }: { name: string; large?: boolean }) {
  return (
    <View
      aria-hidden
      className={`items-center justify-center rounded-full bg-accent-soft ${large ? 'h-24 w-24' : 'h-10 w-10'}`}
    >
      <Text
        maxFontSizeMultiplier={1.2}
        className={`font-strong text-on-accent-soft ${large ? 'text-title' : 'text-base'}`}
      >
        {[...name][0]?.toUpperCase() ?? '·'}
      </Text>
    </View>
  );
}
