import type { AgentState } from '@/contract/generated';
import type { MediaChoice, RoomEvent } from '@/rtc/rtc.types';

import { withCaption, type CaptionLine } from './captions';
import { failureOfDisconnect, topicOf, type Failure, type Notice, type NoticeTopic } from './failures';
import { stageOf, type ParticipantView } from './participants';
import { agentChanged, noGaps, userEnded, userStarted, userTranscribed, type ResponseGaps } from './response-gap';

export type Phase =
  /** Asking the device for permissions. */
  | 'permissions'
  /** Asking the server for a token. */
  | 'asking'
  /** Entering the room. */
  | 'connecting'
  | 'in-call'
  | 'left'
  | 'failed';

export interface CallState {
  phase: Phase;
  failure: Failure | null;
  roomName: string;
  /** The name of whoever was invited, known before they are there. */
  avatarName: string;
  tokenExpiry: number | null;
  reconnecting: boolean;
  interrupted: boolean;
  participants: ParticipantView[];
  media: MediaChoice;
  agentState: AgentState | null;
  /** Someone was invited and is not there yet. */
  awaitingAgent: boolean;
  agentSeen: boolean;
  notices: Notice[];
  captions: CaptionLine[];
  gaps: ResponseGaps;
  audioBlocked: boolean;
}

export type CallEvent =
  | { type: 'started' }
  | { type: 'permissions-settled' }
  | { type: 'admitted'; roomName: string; avatarName: string; tokenExpiry: number | null }
  | { type: 'connected'; invited: boolean; asked: boolean; now: number }
  | { type: 'failed'; failure: Failure }
  | { type: 'left' }
  | { type: 'invited'; avatarName: string; invited: boolean }
  | { type: 'agent-overdue' }
  | { type: 'notice'; notice: Notice }
  | { type: 'dismissed'; topic: NoticeTopic }
  | { type: 'typed'; id: string; text: string; now: number }
  | { type: 'room'; event: RoomEvent; now: number };

export const initialCall: CallState = {
  phase: 'permissions',
  failure: null,
  roomName: '',
  avatarName: '',
  tokenExpiry: null,
  reconnecting: false,
  interrupted: false,
  participants: [],
  media: { microphone: false, camera: false },
  agentState: null,
  awaitingAgent: false,
  agentSeen: false,
  notices: [],
  captions: [],
  gaps: noGaps,
  audioBlocked: false,
};

export function callReducer(state: CallState, event: CallEvent): CallState {
  switch (event.type) {
    case 'started':
      // A rejoin keeps what was said: the conversation goes on.
      return { ...initialCall, captions: state.captions, gaps: { ...state.gaps, waitingSince: null } };
    case 'permissions-settled':
      return { ...state, phase: 'asking' };
    case 'admitted':
      return {
        ...state,
        phase: 'connecting',
        roomName: event.roomName,
        avatarName: event.avatarName,
        tokenExpiry: event.tokenExpiry,
      };
    case 'connected': {
      const here = { ...state, phase: 'in-call' as const, awaitingAgent: event.invited && !state.agentSeen };
      return event.asked && !event.invited ? withNotice(here, { kind: 'avatar-unavailable' }) : here;
    }
    case 'failed':
      return { ...state, phase: 'failed', failure: event.failure, reconnecting: false };
    case 'left':
      return { ...state, phase: 'left' };
    case 'invited': {
      const cleared = without(state, 'agent');
      return event.invited
        ? { ...cleared, avatarName: event.avatarName, awaitingAgent: stageOf(state.participants).agent === null }
        : withNotice(cleared, { kind: 'avatar-unavailable' });
    }
    case 'agent-overdue':
      return state.awaitingAgent ? withNotice({ ...state, awaitingAgent: false }, { kind: 'agent-absent' }) : state;
    case 'notice':
      return withNotice(state, event.notice);
    case 'dismissed':
      return without(state, event.topic);
    case 'typed': {
      const line = { segmentId: event.id, speaker: 'self' as const, name: '', text: event.text, final: true };
      const captions = withCaption(state.captions, line, true);
      return { ...without(state, 'chat'), captions, gaps: userEnded(state.gaps, event.now) };
    }
    case 'room':
      return roomReducer(state, event.event, event.now);
  }
}

function roomReducer(state: CallState, event: RoomEvent, now: number): CallState {
  switch (event.type) {
    case 'participants':
      return withParticipants(state, event.participants, event.media, now);
    case 'interrupted':
      return { ...state, interrupted: event.interrupted };
    case 'reconnecting':
      return { ...state, reconnecting: true };
    case 'reconnected':
      return { ...state, reconnecting: false };
    case 'disconnected': {
      if (state.phase === 'left' || state.phase === 'failed') {
        return state;
      }
      const failure = failureOfDisconnect(event.cause, state.tokenExpiry, now);
      return failure === null
        ? { ...state, phase: 'left' }
        : { ...state, phase: 'failed', failure, reconnecting: false };
    }
    case 'caption': {
      const { caption } = event;
      const captions = withCaption(state.captions, caption);
      const gaps = caption.speaker === 'self' && caption.final ? userTranscribed(state.gaps, now) : state.gaps;
      return { ...state, captions, gaps };
    }
    case 'message': {
      const line = { segmentId: event.id, speaker: 'other' as const, name: event.name, text: event.text, final: true };
      return { ...state, captions: withCaption(state.captions, line, true) };
    }
    case 'self-speaking':
      return { ...state, gaps: event.speaking ? userStarted(state.gaps) : userEnded(state.gaps, now) };
    case 'media-lost':
      return withNotice(state, { kind: 'media-lost', media: event.media });
    case 'media-back':
      return without(state, event.media);
    case 'audio-blocked':
      return { ...state, audioBlocked: event.blocked };
  }
}

function withParticipants(
  state: CallState,
  participants: ParticipantView[],
  media: MediaChoice,
  now: number,
): CallState {
  const { agent } = stageOf(participants);
  const agentState = agent?.agentState ?? null;
  const next: CallState = {
    ...state,
    participants,
    media,
    agentState,
    gaps: agentState === state.agentState ? state.gaps : agentChanged(state.gaps, agentState, now),
  };
  if (agent !== null && agentState !== null) {
    return without({ ...next, awaitingAgent: false, agentSeen: true, avatarName: agent.name }, 'agent');
  }
  if (agent === null && state.agentSeen) {
    return withNotice({ ...next, agentSeen: false }, { kind: 'agent-left' });
  }
  return next;
}

function withNotice(state: CallState, notice: Notice): CallState {
  return { ...state, notices: [...without(state, topicOf(notice)).notices, notice] };
}

function without(state: CallState, topic: NoticeTopic): CallState {
  const notices = state.notices.filter((one) => topicOf(one) !== topic);
  return notices.length === state.notices.length ? state : { ...state, notices };
}
