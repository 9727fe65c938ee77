import { JOIN_ROOM_PATH } from '@/contract/generated';
import { errorReply, FakeServer, type Reply } from '@/testing/fake-server';

import { createServerClient } from '../client';

const ADDRESS = 'http://server.test:3001';

const request = { room_name: 'r', participant_name: 'abel' };

async function join(reply?: Reply, accessKey = '') {
  const server = new FakeServer();
  if (reply !== undefined) server.replies[JOIN_ROOM_PATH] = reply;
  const client = createServerClient({ address: ADDRESS, accessKey, deadline: 20, fetch: server.fetch });
  return { result: await client.joinRoom(request), sent: server.requests[0] };
}

test('a join is posted as JSON to the server that was chosen', async () => {
  const { result, sent } = await join();
  expect(sent).toMatchObject({ url: `${ADDRESS}/join-room`, method: 'POST', body: request });
  expect(sent?.headers).toEqual({ Accept: 'application/json', 'Content-Type': 'application/json' });
  expect(result).toMatchObject({ ok: true, value: { room_name: 'quiet-room', avatar_invited: true } });
});

test('an access key goes along as a bearer token', async () => {
  expect((await join(undefined, 'secret')).sent?.headers).toMatchObject({ Authorization: 'Bearer secret' });
});

test.each<[string, Reply, object]>([
  ['nobody answers', 'unreachable', { kind: 'server-unreachable', address: ADDRESS }],
  ['the answer does not come in time', 'silent', { kind: 'server-slow', address: ADDRESS }],
  ['the server fails', errorReply(500, 'internal', 'sorry'), { kind: 'server-fault', status: 500, message: 'sorry' }],
  ['a proxy fails', { status: 502, body: '<html>' }, { kind: 'server-fault', status: 502, message: null }],
  ['a key is missing', errorReply(401, 'unauthorized', 'no key'), { kind: 'unauthorized', message: 'no key' }],
  [
    'a field is refused',
    errorReply(400, 'invalid_field', 'room_name: must not be empty'),
    { kind: 'refused', status: 400, code: 'invalid_field', message: 'room_name: must not be empty' },
  ],
  ['somebody else refuses', { status: 403, body: 'no' }, { kind: 'refused', status: 403, code: null, message: null }],
  ['the answer is no JSON', { status: 200, body: '{"token":' }, { kind: 'wrong-answer', address: ADDRESS }],
  ['the answer is a page', { status: 200, body: '<!doctype html>' }, { kind: 'wrong-answer', address: ADDRESS }],
  ['a field is absent', { status: 200, body: { token: 't' } }, { kind: 'wrong-answer', address: ADDRESS }],
  ['the answer is null', { status: 200, body: 'null' }, { kind: 'wrong-answer', address: ADDRESS }],
])('when %s, the failure says so', async (_, reply, failure) => {
  expect((await join(reply)).result).toEqual({ ok: false, failure });
});

test('fields that a later server adds do no harm', async () => {
  const server = new FakeServer();
  server.replies['/personas'] = { status: 200, body: { personas: [{ name: 'A', greeting: '', age: 3 }], more: 1 } };
  const client = createServerClient({ address: ADDRESS, accessKey: '', deadline: 20, fetch: server.fetch });
  expect(await client.personas()).toMatchObject({ ok: true, value: { personas: [{ name: 'A', greeting: '' }] } });
});
