import {
  ConnectionError,
  ConnectionErrorReason,
  DisconnectReason,
  ParticipantEvent,
  Room,
  RoomEvent as LiveKitEvent,
  TrackEvent,
  type LocalTrack,
  type LocalTrackPublication,
  type RoomOptions,
  type TextStreamHandler,
} from 'livekit-client';

import type { DisconnectCause, MediaKind } from '@/call/failures';
import { TOPIC_CHAT, TOPIC_TRANSCRIPTION } from '@/contract/generated';

import { Interruption, SAMPLE_INTERVAL, StallWatch } from './interruption';
import { captionsOf } from './livekit-captions';
import { mediaOf, mediaOfSource, sourceOf, viewOf } from './livekit-views';
import { publish } from './publishing';
import { receivedSoFar } from './received';
import { MediaError, RoomConnectError, type CallRoom, type MediaChoice, type RoomEvent } from './rtc.types';

/** What a platform does around a call. */
export interface RoomSurroundings {
  options: RoomOptions;
  /** Before the room is entered, such as taking the audio session. */
  opened(): Promise<void>;
  closed(): Promise<void>;
  /** Tells when the device loses its network and when it is back, until the answer is called. */
  watchNetwork(tell: (online: boolean) => void): () => void;
}

/** What changes how participants look. */
const VIEW_EVENTS = [
  LiveKitEvent.ParticipantConnected,
  LiveKitEvent.ParticipantDisconnected,
  LiveKitEvent.ParticipantAttributesChanged,
  LiveKitEvent.ParticipantNameChanged,
  LiveKitEvent.TrackSubscribed,
  LiveKitEvent.TrackUnsubscribed,
  LiveKitEvent.TrackMuted,
  LiveKitEvent.TrackUnmuted,
  LiveKitEvent.LocalTrackPublished,
  LiveKitEvent.LocalTrackUnpublished,
  LiveKitEvent.ActiveSpeakersChanged,
  LiveKitEvent.ConnectionQualityChanged,
  LiveKitEvent.Connected,
  LiveKitEvent.Reconnected,
] as const;

/** A call on livekit-client, which is the same on phones and in browsers. */
export class LiveKitCallRoom implements CallRoom {
  readonly inner: Room;
  private listeners = new Set<(event: RoomEvent) => void>();
  private isClosed = false;
  /** Resolves when the surroundings are ready, if they were ever asked for. */
  private opening: Promise<void> | undefined;
  private readonly interruption = new Interruption((interrupted) => this.tell({ type: 'interrupted', interrupted }));
  private stallTimer: ReturnType<typeof setInterval> | undefined;
  private stopNetworkWatch: () => void = () => {};
  /** What the devices were last asked to be. */
  private readonly asked: MediaChoice = { microphone: false, camera: false };
  /** How often each is being opened or closed just now. */
  private readonly changing: Record<MediaKind, number> = { microphone: 0, camera: 0 };
  /** What was published last: the client library does not stop what it forgot. */
  private readonly sent = new Map<MediaKind, LocalTrack>();

  constructor(private readonly surroundings: RoomSurroundings) {
    this.inner = new Room(surroundings.options);
    const { inner } = this;
    for (const event of VIEW_EVENTS) {
      inner.on(event, this.tellParticipants);
    }
    inner
      .on(LiveKitEvent.SignalReconnecting, () => this.tell({ type: 'reconnecting' }))
      .on(LiveKitEvent.Reconnecting, () => this.tell({ type: 'reconnecting' }))
      .on(LiveKitEvent.Reconnected, () => {
        this.tell({ type: 'reconnected' });
        this.publishAgain();
      })
      .on(LiveKitEvent.Disconnected, (reason) => this.tell({ type: 'disconnected', cause: causeOf(reason) }))
      .on(LiveKitEvent.LocalTrackPublished, this.watchLocalTrack)
      .on(LiveKitEvent.AudioPlaybackStatusChanged, () =>
        this.tell({ type: 'audio-blocked', blocked: !inner.canPlaybackAudio }),
      );
    inner.localParticipant.on(ParticipantEvent.IsSpeakingChanged, (speaking) =>
      this.tell({ type: 'self-speaking', speaking }),
    );
    inner.registerTextStreamHandler(
      TOPIC_TRANSCRIPTION,
      captionsOf(inner, (caption) => this.tell({ type: 'caption', caption })),
    );
    inner.registerTextStreamHandler(TOPIC_CHAT, this.readMessage);
  }

  async connect(url: string, token: string): Promise<void> {
    if (this.isClosed) throw new RoomConnectError(false);
    try {
      this.opening = this.surroundings.opened();
      await this.opening;
      // Whoever left meanwhile must not enter the room behind their own back.
      if (this.isClosed) throw new RoomConnectError(false);
      await this.inner.connect(url, token);
    } catch (error) {
      const refused = error instanceof ConnectionError && error.reason === ConnectionErrorReason.NotAllowed;
      throw new RoomConnectError(refused);
    }
    if (this.isClosed) {
      await this.inner.disconnect(true);
      return;
    }
    this.watchNetwork();
    this.tellParticipants();
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    clearInterval(this.stallTimer);
    this.stopNetworkWatch();
    this.listeners.clear();
    this.inner.unregisterTextStreamHandler(TOPIC_TRANSCRIPTION);
    this.inner.unregisterTextStreamHandler(TOPIC_CHAT);
    try {
      await this.inner.disconnect(true);
    } finally {
      this.sent.forEach((track) => track.stop());
      this.inner.removeAllListeners();
      if (this.opening !== undefined) {
        await this.opening.catch(() => undefined);
        await this.surroundings.closed();
      }
    }
  }

  async setMedia(media: MediaKind, open: boolean): Promise<void> {
    // The library would open the device first and find out a while later that there is no call.
    if (open && this.isClosed) return;
    this.asked[media] = open;
    this.changing[media] += 1;
    const { localParticipant } = this.inner;
    const enable = (enabled: boolean) =>
      media === 'microphone'
        ? localParticipant.setMicrophoneEnabled(enabled)
        : localParticipant.setCameraEnabled(enabled);
    const isAsked = () => !this.isClosed && this.asked[media] === open;
    try {
      await publish(this.inner, () => enable(open), isAsked);
      // Who closed a device while it was opening may have been told so before it was open.
      if (open && !isAsked()) await enable(false);
    } catch (error) {
      // Unless it was asked for again meanwhile.
      if (this.changing[media] === 1) this.asked[media] = false;
      throw new MediaError(error instanceof Error && error.name === 'NotAllowedError');
    } finally {
      this.changing[media] -= 1;
      this.tellParticipants();
    }
  }

  async sendChat(text: string): Promise<void> {
    await this.inner.localParticipant.sendText(text, { topic: TOPIC_CHAT });
  }

  async startAudio(): Promise<void> {
    await this.inner.startAudio();
  }

  subscribe(listener: (event: RoomEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(event: RoomEvent) {
    for (const listener of this.listeners) {
      listener(event);
    }
  }

  private tellParticipants = () => {
    const { localParticipant, remoteParticipants } = this.inner;
    this.tell({
      type: 'participants',
      participants: [localParticipant, ...remoteParticipants.values()].map(viewOf),
      media: mediaOf(localParticipant),
    });
  };

  private watchNetwork() {
    const watch = new StallWatch();
    this.stallTimer = setInterval(() => {
      void receivedSoFar(this.inner)
        .catch(() => null)
        .then((count) => this.interruption.set('stalled', watch.sample(count)));
    }, SAMPLE_INTERVAL);
    this.stopNetworkWatch = this.surroundings.watchNetwork((online) => this.interruption.set('offline', !online));
  }

  /** The client library forgets what it could not publish again after an interruption; it only writes so to its log. */
  private publishAgain() {
    for (const media of ['microphone', 'camera'] as const) {
      const isPublished = this.inner.localParticipant.getTrackPublication(sourceOf(media)) !== undefined;
      if (!this.asked[media] || this.changing[media] > 0 || isPublished) continue;
      this.sent.get(media)?.stop();
      this.setMedia(media, true).catch(() => this.tell({ type: 'media-lost', media }));
    }
  }

  /** The system may take a device away: it was unplugged, forbidden, or another app needs it. */
  private watchLocalTrack = (publication: LocalTrackPublication) => {
    const media = mediaOfSource(publication.source);
    if (media === null) return;
    if (publication.track !== undefined) this.sent.set(media, publication.track);
    publication.track?.on(TrackEvent.Ended, () => {
      this.tell({ type: 'media-lost', media });
      this.tellParticipants();
    });
    publication.track?.on(TrackEvent.Restarted, () => {
      this.tell({ type: 'media-back', media });
      this.tellParticipants();
    });
  };

  private readMessage: TextStreamHandler = async (reader, { identity }) => {
    const sender = this.inner.remoteParticipants.get(identity);
    // An agent may mirror its captions here, for clients that show none. This one does.
    if (sender === undefined || sender.isAgent) return;
    const text = await reader.readAll().catch(() => '');
    this.tell({ type: 'message', id: reader.info.id, name: sender.name || identity, text });
  };
}

function causeOf(reason: DisconnectReason | undefined): DisconnectCause {
  switch (reason) {
    case DisconnectReason.CLIENT_INITIATED:
      return 'left';
    case DisconnectReason.DUPLICATE_IDENTITY:
      return 'joined-elsewhere';
    case DisconnectReason.PARTICIPANT_REMOVED:
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return 'removed';
    case DisconnectReason.JOIN_FAILURE:
    case DisconnectReason.USER_REJECTED:
      return 'refused';
    default:
      return 'lost';
  }
}
