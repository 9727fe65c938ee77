import { RoomAudioRenderer, VideoTrack } from '@livekit/components-react';
import { Track } from 'livekit-client';

import type { MediaKind } from '@/call/failures';

import { LiveKitCallRoom } from './livekit-room';
import type { MediaAnswer, MediaAnswers, Rtc, VideoViewProps } from './rtc.types';

const CONSTRAINTS: Record<MediaKind, MediaStreamConstraints> = {
  microphone: { audio: true },
  camera: { video: true },
};

/** Asks the browser; it answers from memory where the user has decided already. */
async function requestMedia(media: readonly MediaKind[]): Promise<MediaAnswers> {
  // Browsers hide the devices from pages that came over plain HTTP, this machine's own apart.
  if (navigator.mediaDevices === undefined) {
    return new Map(media.map((kind) => [kind, 'insecure']));
  }
  const answers = new Map<MediaKind, MediaAnswer>();
  const open: MediaKind[] = [];
  for (const kind of media) {
    const known = await rememberedAnswer(kind);
    if (known === 'granted' || known === 'denied') {
      answers.set(kind, known);
    } else {
      open.push(kind);
    }
  }
  // One question for both. Only when it fails does it matter which of them failed.
  if (open.length > 1 && (await tryMedia(Object.assign({}, ...open.map((kind) => CONSTRAINTS[kind])))) === 'granted') {
    open.splice(0).forEach((kind) => answers.set(kind, 'granted'));
  }
  for (const kind of open) {
    answers.set(kind, await tryMedia(CONSTRAINTS[kind]));
  }
  return answers;
}

async function rememberedAnswer(kind: MediaKind): Promise<PermissionState | null> {
  try {
    return (await navigator.permissions.query({ name: kind })).state;
  } catch {
    return null;
  }
}

async function tryMedia(constraints: MediaStreamConstraints): Promise<MediaAnswer> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    stream.getTracks().forEach((track) => track.stop());
    return 'granted';
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
    if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing';
    // A device that is busy now may be free when the call opens it; else the call says so.
    return 'granted';
  }
}

function watchNetwork(tell: (online: boolean) => void): () => void {
  const online = () => tell(true);
  const offline = () => tell(false);
  window.addEventListener('online', online);
  window.addEventListener('offline', offline);
  return () => {
    window.removeEventListener('online', online);
    window.removeEventListener('offline', offline);
  };
}

/** Where a picture has to be cut, it is cut below rather than above the eyes. */
const VIDEO_STYLE = { width: '100%', height: '100%', objectFit: 'cover', objectPosition: '50% 20%' } as const;

function VideoView({ video, mirror = false }: VideoViewProps) {
  const { participant, publication } = video;
  return (
    <VideoTrack
      trackRef={{ participant, publication, source: Track.Source.Camera }}
      style={mirror ? { ...VIDEO_STYLE, transform: 'scaleX(-1)' } : VIDEO_STYLE}
    />
  );
}

export const rtc: Rtc = {
  createRoom: () =>
    new LiveKitCallRoom({
      options: { adaptiveStream: true, dynacast: true },
      opened: async () => {},
      closed: async () => {},
      watchNetwork,
    }),
  requestMedia,
  openSettings: null,
  audioOutputs: [],
  selectAudioOutput: async () => {},
  VideoView,
  RoomAudio: ({ room }) => (room instanceof LiveKitCallRoom ? <RoomAudioRenderer room={room.inner} /> : null),
};
