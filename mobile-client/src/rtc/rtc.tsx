import { AndroidAudioTypePresets, AudioSession, registerGlobals, VideoTrack } from '@livekit/react-native';
import { Track } from 'livekit-client';
import { Platform } from 'react-native';
import {
  openSettings,
  PERMISSIONS,
  requestMultiple,
  RESULTS,
  type Permission,
  type PermissionStatus,
} from 'react-native-permissions';

import type { MediaKind } from '@/call/failures';

import { holdBackground, releaseBackground } from './background-call';
import { LiveKitCallRoom } from './livekit-room';
import type { AudioOutput, MediaAnswer, MediaAnswers, Rtc, VideoViewProps } from './rtc.types';

registerGlobals();

const PERMISSION_OF: Record<MediaKind, Permission> =
  Platform.OS === 'ios'
    ? { microphone: PERMISSIONS.IOS.MICROPHONE, camera: PERMISSIONS.IOS.CAMERA }
    : { microphone: PERMISSIONS.ANDROID.RECORD_AUDIO, camera: PERMISSIONS.ANDROID.CAMERA };

function answerOf(status: PermissionStatus | undefined): MediaAnswer {
  switch (status) {
    case RESULTS.GRANTED:
    case RESULTS.LIMITED:
      return 'granted';
    case RESULTS.UNAVAILABLE:
      return 'missing';
    default:
      return 'denied';
  }
}

async function requestMedia(media: readonly MediaKind[]): Promise<MediaAnswers> {
  const wanted: Permission[] = media.map((kind) => PERMISSION_OF[kind]);
  // A headset's microphone needs this on Android 12 and later. A call goes on without.
  if (Platform.OS === 'android' && Platform.Version >= 31 && media.includes('microphone')) {
    wanted.push(PERMISSIONS.ANDROID.BLUETOOTH_CONNECT);
  }
  const statuses: Partial<Record<Permission, PermissionStatus>> = await requestMultiple(wanted);
  return new Map(media.map((kind) => [kind, answerOf(statuses[PERMISSION_OF[kind]])]));
}

/** The names by which the two systems know the outputs. */
const OUTPUT_NAMES: Record<AudioOutput, string> =
  Platform.OS === 'ios'
    ? { speaker: 'force_speaker', earpiece: 'default' }
    : { speaker: 'speaker', earpiece: 'earpiece' };

/** How many calls hold the audio session: the next one may begin before the last has let go. */
let sessions = 0;

async function takeAudioSession(): Promise<void> {
  sessions += 1;
  await AudioSession.configureAudio({
    android: {
      preferredOutputList: ['bluetooth', 'headset', 'speaker', 'earpiece'],
      audioTypeOptions: AndroidAudioTypePresets.communication,
    },
    ios: { defaultOutput: 'speaker' },
  });
  await AudioSession.startAudioSession();
  // Without it the call still works while the app is in front.
  await holdBackground().catch(() => undefined);
}

async function leaveAudioSession(): Promise<void> {
  sessions = Math.max(0, sessions - 1);
  if (sessions > 0) return;
  try {
    await AudioSession.stopAudioSession();
  } finally {
    await releaseBackground();
  }
}

function VideoView({ video, mirror = false }: VideoViewProps) {
  const { participant, publication } = video;
  return (
    <VideoTrack
      trackRef={{ participant, publication, source: Track.Source.Camera }}
      style={{ width: '100%', height: '100%' }}
      objectFit="cover"
      mirror={mirror}
    />
  );
}

export const rtc: Rtc = {
  createRoom: () =>
    new LiveKitCallRoom({
      // Pictures are sized by the view that shows them, which counts real pixels on phones.
      options: { adaptiveStream: { pixelDensity: 'screen' }, dynacast: true },
      opened: takeAudioSession,
      closed: leaveAudioSession,
      // On phones the count of what arrives says it.
      watchNetwork: () => () => {},
    }),
  requestMedia,
  openSettings: () => openSettings('application'),
  audioOutputs: ['speaker', 'earpiece'],
  selectAudioOutput: (output) => AudioSession.selectAudioOutput(OUTPUT_NAMES[output]),
  VideoView,
  RoomAudio: () => null,
};
