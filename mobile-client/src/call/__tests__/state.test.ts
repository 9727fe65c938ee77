import { agent, participant, video } from '@/testing/fake-rtc';

import { stageOf } from '../participants';
import { callReducer, initialCall, type CallEvent, type CallState } from '../state';

const off = { microphone: false, camera: false };

const after = (...events: CallEvent[]): CallState => events.reduce(callReducer, initialCall);

const admitted: CallEvent = { type: 'admitted', roomName: 'r', avatarName: 'AI Assistant', tokenExpiry: 5_000 };
const connected: CallEvent = { type: 'connected', invited: true, asked: true, now: 0 };
const people = (...participants: ReturnType<typeof participant>[]): CallEvent => ({
  type: 'room',
  event: { type: 'participants', participants, media: off },
  now: 0,
});

test('an agent that is asked for and invited is awaited until it shows its state', () => {
  const waiting = after(admitted, connected);
  expect(waiting.awaitingAgent).toBe(true);
  const joining = callReducer(waiting, people(agent({ agentState: null })));
  expect(joining.awaitingAgent).toBe(true);
  const ready = callReducer(joining, people(agent()));
  expect([ready.awaitingAgent, ready.agentState]).toEqual([false, 'listening']);
});

test('an agent that was in the room before us is not awaited', () => {
  expect(after(admitted, people(agent()), connected).awaitingAgent).toBe(false);
});

test('an agent that never comes is told once, and no more when it comes after all', () => {
  const overdue = after(admitted, connected, { type: 'agent-overdue' });
  expect(overdue.notices).toEqual([{ kind: 'agent-absent' }]);
  expect(callReducer(overdue, { type: 'agent-overdue' }).notices).toHaveLength(1);
  expect(callReducer(overdue, people(agent())).notices).toEqual([]);
});

test('an agent that leaves is told', () => {
  expect(after(admitted, connected, people(agent()), people()).notices).toEqual([{ kind: 'agent-left' }]);
});

test('a room that has no worker free says so, one that was not asked for one does not', () => {
  const full: CallEvent = { type: 'connected', invited: false, asked: true, now: 0 };
  expect(after(admitted, full).notices).toEqual([{ kind: 'avatar-unavailable' }]);
  expect(after(admitted, { ...full, asked: false }).notices).toEqual([]);
});

test('each device has a notice of its own, and its return takes only its own away', () => {
  const lost = (media: 'microphone' | 'camera'): CallEvent => ({
    type: 'room',
    event: { type: 'media-lost', media },
    now: 0,
  });
  const both = after(connected, lost('camera'), lost('microphone'), lost('camera'));
  expect(both.notices).toHaveLength(2);
  const back = callReducer(both, { type: 'room', event: { type: 'media-back', media: 'camera' }, now: 0 });
  expect(back.notices).toEqual([{ kind: 'media-lost', media: 'microphone' }]);
});

test('the latest word about a thing replaces the one before', () => {
  const failed = (media: 'microphone' | 'camera'): CallEvent => ({
    type: 'notice',
    notice: { kind: 'media-failed', media, denied: true },
  });
  const lost: CallEvent = { type: 'room', event: { type: 'media-lost', media: 'camera' }, now: 0 };
  const state = after(connected, lost, failed('camera'), failed('microphone'));
  expect(state.notices.map((one) => one.kind)).toEqual(['media-failed', 'media-failed']);
  expect(callReducer(state, { type: 'dismissed', topic: 'camera' }).notices).toEqual([
    { kind: 'media-failed', media: 'microphone', denied: true },
  ]);
});

test('a rejoin keeps what was said and forgets the rest', () => {
  const failed = after(
    admitted,
    connected,
    { type: 'typed', id: 't1', text: 'hello', now: 1 },
    { type: 'room', event: { type: 'disconnected', cause: 'lost' }, now: 6_000 },
  );
  expect(failed.failure).toEqual({ kind: 'token-expired' });
  const again = callReducer(failed, { type: 'started' });
  expect([again.phase, again.failure, again.captions.length]).toEqual(['permissions', null, 1]);
});

test('a room that ends after the user left is no failure', () => {
  const left = after(
    connected,
    { type: 'left' },
    { type: 'room', event: { type: 'disconnected', cause: 'lost' }, now: 0 },
  );
  expect([left.phase, left.failure]).toEqual(['left', null]);
});

test('the face of an agent may be another participant, who gets no tile of its own', () => {
  const face = video('face');
  const stand = participant({ identity: 'tavus', isAgent: true, onBehalfOf: 'agent-1', video: face });
  const stage = stageOf([participant({ isLocal: true }), stand, agent(), participant({ identity: 'b' })]);
  expect(stage.agent?.identity).toBe('agent-1');
  expect(stage.agentVideo).toBe(face);
  expect(stage.others.map((one) => one.identity)).toEqual(['b']);
});

test('a question and its answer make a response gap', () => {
  const state = after(
    connected,
    people(agent()),
    { type: 'room', event: { type: 'self-speaking', speaking: true }, now: 100 },
    { type: 'room', event: { type: 'self-speaking', speaking: false }, now: 1_000 },
    { ...people(agent({ agentState: 'speaking' })), now: 1_600 } as CallEvent,
  );
  expect(state.gaps.gaps).toEqual([600]);
});
