import type { Participant, TrackPublication } from 'livekit-client';
import type { ComponentType, ReactNode } from 'react';

import type { CaptionUpdate } from '@/call/captions';
import type { DisconnectCause, MediaKind } from '@/call/failures';
import type { ParticipantView } from '@/call/participants';

/** A picture that `Rtc.VideoView` can show. */
export interface VideoHandle {
  /** Changes when the track behind it does. */
  id: string;
  participant: Participant;
  publication: TrackPublication;
}

/** Which of the user's devices are open. */
export type MediaChoice = Record<MediaKind, boolean>;

/** What a room tells. Every event carries the whole of what it is about, so that none depends on the one before. */
export type RoomEvent =
  | { type: 'participants'; participants: ParticipantView[]; media: MediaChoice }
  /** Nothing seems to arrive. The call is not given up for that. */
  | { type: 'interrupted'; interrupted: boolean }
  | { type: 'reconnecting' }
  | { type: 'reconnected' }
  | { type: 'disconnected'; cause: DisconnectCause }
  | { type: 'caption'; caption: CaptionUpdate }
  | { type: 'message'; id: string; name: string; text: string }
  | { type: 'self-speaking'; speaking: boolean }
  | { type: 'media-lost'; media: MediaKind }
  | { type: 'media-back'; media: MediaKind }
  | { type: 'audio-blocked'; blocked: boolean };

/** Why a room could not be entered. */
export class RoomConnectError extends Error {
  constructor(readonly refused: boolean) {
    super(refused ? 'the room refused the token' : 'the room could not be reached');
    this.name = 'RoomConnectError';
  }
}

/** Why a device did not open. */
export class MediaError extends Error {
  constructor(readonly denied: boolean) {
    super(denied ? 'not allowed to use the device' : 'the device does not work');
    this.name = 'MediaError';
  }
}

/** One call. It is used once: a second call makes a new one. */
export interface CallRoom {
  /** Enters the room. Fails with [`RoomConnectError`]. */
  connect(url: string, token: string): Promise<void>;
  /** Leaves, stops every track and forgets its listeners. Safe to call at any time, more than once. */
  close(): Promise<void>;
  /** Opens or closes a device. Closed means muted for everyone. Fails with [`MediaError`]. */
  setMedia(media: MediaKind, open: boolean): Promise<void>;
  sendChat(text: string): Promise<void>;
  /** Lets the browser play sound, from inside a tap. */
  startAudio(): Promise<void>;
  subscribe(listener: (event: RoomEvent) => void): () => void;
}

export type MediaAnswer = 'granted' | 'denied' | 'missing' | 'insecure';
export type MediaAnswers = ReadonlyMap<MediaKind, MediaAnswer>;

/** A place where the agent's voice can be heard. */
export type AudioOutput = 'speaker' | 'earpiece';

export interface VideoViewProps {
  video: VideoHandle;
  mirror?: boolean;
}

/** Everything about calls that is not the same on phones and in browsers. */
export interface Rtc {
  createRoom(): CallRoom;
  /** Asks for what is not allowed yet, at once where the system can. */
  requestMedia(media: readonly MediaKind[]): Promise<MediaAnswers>;
  /** Where the user can allow it after all; null when the app cannot go there by itself. */
  openSettings: (() => Promise<void>) | null;
  /** Which outputs can be chosen here; empty where the system decides. */
  audioOutputs: AudioOutput[];
  selectAudioOutput(output: AudioOutput): Promise<void>;
  VideoView: ComponentType<VideoViewProps>;
  /** Plays the sound of everyone else, where that takes elements of its own. */
  RoomAudio: ComponentType<{ room: CallRoom; children?: ReactNode }>;
}
