import { ConnectionQuality, Track, type LocalParticipant, type Participant } from 'livekit-client';

import type { MediaKind } from '@/call/failures';
import type { ParticipantView, Quality } from '@/call/participants';
import {
  ATTRIBUTE_AGENT_NAME,
  ATTRIBUTE_AGENT_STATE,
  ATTRIBUTE_PUBLISH_ON_BEHALF,
  type AgentState,
} from '@/contract/generated';

import type { MediaChoice, VideoHandle } from './rtc.types';

/** Keeps the list complete: a state that the contract gains is missed here by the compiler. */
const AGENT_STATES: Record<AgentState, true> = {
  initializing: true,
  idle: true,
  listening: true,
  thinking: true,
  speaking: true,
};

const isAgentState = (text: string): text is AgentState => Object.hasOwn(AGENT_STATES, text);

const QUALITIES: Record<ConnectionQuality, Quality> = {
  [ConnectionQuality.Excellent]: 'excellent',
  [ConnectionQuality.Good]: 'good',
  [ConnectionQuality.Poor]: 'poor',
  [ConnectionQuality.Lost]: 'lost',
  [ConnectionQuality.Unknown]: 'unknown',
};

export function viewOf(participant: Participant): ParticipantView {
  const { attributes } = participant;
  const state = attributes[ATTRIBUTE_AGENT_STATE];
  return {
    identity: participant.identity,
    name: participant.name || attributes[ATTRIBUTE_AGENT_NAME] || participant.identity,
    isLocal: participant.isLocal,
    isAgent: participant.isAgent || state !== undefined,
    onBehalfOf: attributes[ATTRIBUTE_PUBLISH_ON_BEHALF] ?? null,
    agentState: state !== undefined && isAgentState(state) ? state : null,
    video: videoOf(participant),
    microphoneOn: participant.isMicrophoneEnabled,
    speaking: participant.isSpeaking,
    quality: QUALITIES[participant.connectionQuality],
  };
}

function videoOf(participant: Participant): VideoHandle | null {
  const publication = participant.getTrackPublication(Track.Source.Camera);
  const track = publication?.track;
  if (publication === undefined || track === undefined || publication.isMuted) {
    return null;
  }
  return { id: `${publication.trackSid} ${track.mediaStreamTrack.id}`, participant, publication };
}

export function mediaOf(participant: LocalParticipant): MediaChoice {
  return { microphone: participant.isMicrophoneEnabled, camera: participant.isCameraEnabled };
}

export function sourceOf(media: MediaKind): Track.Source {
  return media === 'microphone' ? Track.Source.Microphone : Track.Source.Camera;
}

export function mediaOfSource(source: Track.Source): MediaKind | null {
  switch (source) {
    case Track.Source.Microphone:
      return 'microphone';
    case Track.Source.Camera:
      return 'camera';
    default:
      return null;
  }
}
