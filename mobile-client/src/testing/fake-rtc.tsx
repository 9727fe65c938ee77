import { Text } from 'react-native';

import type { MediaKind } from '@/call/failures';
import type { ParticipantView } from '@/call/participants';
import {
  RoomConnectError,
  type AudioOutput,
  type CallRoom,
  type MediaAnswer,
  type MediaChoice,
  type RoomEvent,
  type Rtc,
  type VideoHandle,
} from '@/rtc/rtc.types';

/** A room without a network: the test says what happens in it, and sees what was asked of it. */
export class FakeRoom implements CallRoom {
  url = '';
  token = '';
  closed = 0;
  chats: string[] = [];
  audioStarts = 0;
  media: MediaChoice = { microphone: false, camera: false };
  mediaCalls: [MediaKind, boolean][] = [];
  private others: ParticipantView[] = [];
  private listeners = new Set<(event: RoomEvent) => void>();

  constructor(private readonly plan: FakeRtcPlan) {}

  async connect(url: string, token: string) {
    this.url = url;
    this.token = token;
    if (this.plan.connect === 'never') await new Promise(() => undefined);
    if (this.plan.connect !== 'works') throw new RoomConnectError(this.plan.connect === 'refused');
    this.tellParticipants();
  }

  async close() {
    this.closed += 1;
    this.listeners.clear();
  }

  async setMedia(media: MediaKind, open: boolean) {
    this.mediaCalls.push([media, open]);
    const error = this.plan.mediaErrors[media];
    if (open && error !== undefined) throw error;
    if (open) await this.plan.opens;
    this.media = { ...this.media, [media]: open };
    this.tellParticipants();
  }

  async sendChat(text: string) {
    if (this.plan.chatFails) throw new Error('not sent');
    this.chats.push(text);
  }

  async startAudio() {
    this.audioStarts += 1;
    this.tell({ type: 'audio-blocked', blocked: false });
  }

  subscribe(listener: (event: RoomEvent) => void) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(event: RoomEvent) {
    for (const listener of this.listeners) listener(event);
  }

  /** Who else is there from now on. */
  setOthers(...others: ParticipantView[]) {
    this.others = others;
    this.tellParticipants();
  }

  private tellParticipants() {
    const self = participant({
      identity: 'abel-1',
      name: 'abel',
      isLocal: true,
      video: this.media.camera ? video('self') : null,
      microphoneOn: this.media.microphone,
    });
    this.tell({ type: 'participants', participants: [self, ...this.others], media: this.media });
  }
}

export interface FakeRtcPlan {
  /** Devices open when this resolves. */
  opens?: Promise<void>;
  connect: 'works' | 'fails' | 'refused' | 'never';
  permissions: Record<MediaKind, MediaAnswer>;
  mediaErrors: Partial<Record<MediaKind, Error>>;
  chatFails: boolean;
}

export interface FakeRtc extends Rtc {
  plan: FakeRtcPlan;
  rooms: FakeRoom[];
  asked: MediaKind[];
  outputs: AudioOutput[];
}

export function fakeRtc(overrides: Partial<Rtc> = {}): FakeRtc {
  const plan: FakeRtcPlan = {
    connect: 'works',
    permissions: { microphone: 'granted', camera: 'granted' },
    mediaErrors: {},
    chatFails: false,
  };
  const rooms: FakeRoom[] = [];
  const asked: MediaKind[] = [];
  const outputs: AudioOutput[] = [];
  return {
    plan,
    rooms,
    asked,
    outputs,
    createRoom: () => {
      const room = new FakeRoom(plan);
      rooms.push(room);
      return room;
    },
    requestMedia: async (media) => {
      asked.push(...media);
      return new Map(media.map((kind) => [kind, plan.permissions[kind]]));
    },
    openSettings: null,
    audioOutputs: [],
    selectAudioOutput: async (output) => {
      outputs.push(output);
    },
    VideoView: ({ video }) => <Text testID={`video-${video.id}`} />,
    RoomAudio: () => null,
    ...overrides,
  };
}

/** Only its id matters where nothing is really shown. */
export const video = (id: string) => ({ id }) as VideoHandle;

export function participant(view: Partial<ParticipantView>): ParticipantView {
  return {
    identity: 'someone',
    name: 'Someone',
    isLocal: false,
    isAgent: false,
    onBehalfOf: null,
    agentState: null,
    video: null,
    microphoneOn: true,
    speaking: false,
    quality: 'good',
    ...view,
  };
}

export const agent = (view: Partial<ParticipantView> = {}) =>
  participant({ identity: 'agent-1', name: 'AI Assistant', isAgent: true, agentState: 'listening', ...view });
