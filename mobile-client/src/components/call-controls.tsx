import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { View } from 'react-native';

import type { Call } from '@/call/use-call';
import { useRtc } from '@/rtc/rtc-context';
import type { AudioOutput } from '@/rtc/rtc.types';

import {
  CameraIcon,
  CameraOffIcon,
  EarpieceIcon,
  InviteIcon,
  LeaveIcon,
  MicrophoneIcon,
  MicrophoneOffIcon,
  SpeakerIcon,
} from './icons/icons';
import { RoundButton } from './round-button';

interface CallControlsProps {
  call: Call;
  /** Who can be invited now; null when somebody is there or on the way. */
  invitee: string | null;
  onInvite: () => void;
}

export function CallControls({ call, invitee, onInvite }: CallControlsProps) {
  const { t } = useTranslation();
  const { media, phase } = call.state;
  const ready = phase === 'in-call';
  // A device that is opening looks open, and busy: pressing closes it.
  const microphone = media.microphone || call.opening.has('microphone');
  const camera = media.camera || call.opening.has('camera');
  return (
    <View
      role="toolbar"
      aria-label={t('call.controls')}
      className="flex-row flex-wrap items-center justify-center gap-3"
    >
      <RoundButton
        testID="microphone-button"
        size="large"
        label={microphone ? t('call.micOn') : t('call.micOff')}
        icon={microphone ? MicrophoneIcon : MicrophoneOffIcon}
        look={microphone ? 'plain' : 'off'}
        busy={microphone && !media.microphone}
        disabled={!ready}
        onPress={() => void call.toggle('microphone')}
      />
      <RoundButton
        testID="camera-button"
        size="large"
        label={camera ? t('call.cameraOn') : t('call.cameraOff')}
        icon={camera ? CameraIcon : CameraOffIcon}
        look={camera ? 'plain' : 'off'}
        busy={camera && !media.camera}
        disabled={!ready}
        onPress={() => void call.toggle('camera')}
      />
      <AudioOutputButton />
      {invitee === null ? null : (
        <RoundButton
          testID="invite-button"
          size="large"
          label={t('call.invite', { name: invitee })}
          icon={InviteIcon}
          disabled={!ready}
          onPress={onInvite}
        />
      )}
      <RoundButton
        testID="leave-button"
        size="large"
        look="danger"
        label={t('call.leave')}
        icon={LeaveIcon}
        onPress={call.leave}
      />
    </View>
  );
}

/** Loudspeaker or earpiece, where the system lets an app choose. */
function AudioOutputButton() {
  const { t } = useTranslation();
  const { audioOutputs, selectAudioOutput } = useRtc();
  const [output, setOutput] = useState<AudioOutput>('speaker');
  if (audioOutputs.length < 2) return null;
  const next: AudioOutput = output === 'speaker' ? 'earpiece' : 'speaker';
  return (
    <RoundButton
      testID="audio-output-button"
      size="large"
      label={next === 'speaker' ? t('call.toSpeaker') : t('call.toEarpiece')}
      icon={output === 'speaker' ? SpeakerIcon : EarpieceIcon}
      onPress={() => {
        setOutput(next);
        // Back to what is really heard, when the system says no.
        void selectAudioOutput(next).catch(() => setOutput(output));
      }}
    />
  );
}
