import type { Room, TextStreamReader } from 'livekit-client';

import type { CaptionUpdate } from '@/call/captions';

import { captionsOf } from '../livekit-captions';

interface Person {
  identity: string;
  name: string;
  isLocal: boolean;
  isAgent: boolean;
  attributes: Record<string, string>;
  trackPublications: Map<string, object>;
  getTrackPublication: () => undefined;
}

const person = (identity: string, over: Partial<Person> = {}): Person => ({
  identity,
  name: identity,
  isLocal: false,
  isAgent: false,
  attributes: {},
  trackPublications: new Map(),
  getTrackPublication: () => undefined,
  ...over,
});

const me = person('abel', { isLocal: true, trackPublications: new Map([['TR_mine', {}]]) });
const agent = person('agent-1', {
  name: 'AI Assistant',
  isAgent: true,
  trackPublications: new Map([['TR_agent', {}]]),
});
const berta = person('berta', { trackPublications: new Map([['TR_berta', {}]]) });

// Only what the captions read of a room.
const room = {
  localParticipant: me,
  remoteParticipants: new Map([agent, berta].map((one) => [one.identity, one])),
} as unknown as Room;

async function* pieces(...texts: (string | Error)[]) {
  for (const text of texts) {
    if (text instanceof Error) throw text;
    yield text;
  }
}

/** What is told of a stream of these pieces. */
async function read(sender: string, attributes: Record<string, string> | undefined, ...texts: (string | Error)[]) {
  const told: CaptionUpdate[] = [];
  const reader = Object.assign(pieces(...texts), { info: { id: 'stream-1', attributes } });
  await captionsOf(room, (caption) => told.push(caption))(reader as unknown as TextStreamReader, { identity: sender });
  return told;
}

const of = (track: string, final: string) => ({
  'lk.segment_id': 'SG_1',
  'lk.transcribed_track_id': track,
  'lk.transcription_final': final,
});

test('the pieces of the agent add up, and its segment is final when its stream ends', async () => {
  expect(await read('agent-1', of('TR_agent', 'false'), 'It is ', 'noon.')).toEqual([
    { segmentId: 'SG_1', speaker: 'agent', name: 'AI Assistant', text: 'It is ', final: false },
    { segmentId: 'SG_1', speaker: 'agent', name: 'AI Assistant', text: 'It is noon.', final: false },
    { segmentId: 'SG_1', speaker: 'agent', name: 'AI Assistant', text: 'It is noon.', final: true },
  ]);
});

test('words belong to the owner of the track, whoever sends them', async () => {
  const [mine] = await read('agent-1', of('TR_mine', 'false'), 'what');
  expect([mine?.speaker, mine?.final]).toEqual(['self', false]);
  const [hers] = await read('agent-1', of('TR_berta', 'false'), 'hello');
  expect([hers?.speaker, hers?.name]).toEqual(['other', 'berta']);
});

test('nobody but an agent puts words into the mouth of others', async () => {
  const [forged] = await read('berta', of('TR_agent', 'false'), 'I am the agent');
  expect([forged?.speaker, forged?.name]).toEqual(['other', 'berta']);
  expect((await read('nobody', of('TR_gone', 'false'), 'hi'))[0]?.speaker).toBe('other');
});

test('without a track that is known they belong to the sender', async () => {
  expect((await read('abel', of('TR_gone', 'true'), 'hi')).map((one) => one.speaker)).toEqual(['self', 'self']);
});

test('a person has finished only when the stream says so', async () => {
  expect((await read('abel', of('TR_mine', 'false'), 'what is')).at(-1)?.final).toBe(false);
  expect((await read('abel', of('TR_mine', 'true'), 'What is it?')).at(-1)?.final).toBe(true);
});

test('a stream that breaks off keeps what came', async () => {
  const told = await read('agent-1', of('TR_agent', 'false'), 'It is ', new Error('gone'));
  expect(told.at(-1)).toMatchObject({ text: 'It is ', final: true });
});

test('a stream without attributes is a segment of its own', async () => {
  expect((await read('agent-1', undefined, 'Hm.'))[0]?.segmentId).toBe('stream-1');
});
