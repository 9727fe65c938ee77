import AsyncStorage from '@react-native-async-storage/async-storage';
import { waitFor } from '@testing-library/react-native';

import { JOIN_ROOM_PATH } from '@/contract/generated';
import type { DisconnectCause } from '@/call/failures';
import { fakeRtc } from '@/testing/fake-rtc';
import { errorReply, FakeServer, type Reply } from '@/testing/fake-server';
import { happens, press, renderApp, screen } from '@/testing/render-app';

beforeEach(() => AsyncStorage.clear());

async function joining(options: Parameters<typeof renderApp>[0] = {}) {
  const app = renderApp(options);
  await screen.findByTestId('persona-Rosa');
  await press('join-submit');
  return app;
}

/** A join that the server answers so. */
async function joiningWith(reply: Reply, deadlines = {}) {
  const server = new FakeServer();
  const works = server.replies[JOIN_ROOM_PATH];
  server.replies[JOIN_ROOM_PATH] = reply;
  await joining({ server, deadlines });
  const repair = () => {
    if (works !== undefined) server.replies[JOIN_ROOM_PATH] = works;
  };
  return { server, repair };
}

test.each<[string, Reply, RegExp[]]>([
  ['unreachable', 'unreachable', [/The server cannot be reached/, /Nothing answers at http:\/\/localhost:3001/]],
  ['failing', errorReply(500, 'internal', 'out of memory'), [/The server has a problem/, /error 500/, /out of memory/]],
  ['no Visavis server', { status: 200, body: '<!doctype html>' }, [/Not the answer we expected/]],
  ['refusing a field', errorReply(400, 'invalid_field', 'room_name: no'), [/refused/, /error 400/, /room_name: no/]],
  ['refusing everyone', { status: 403, body: '' }, [/refused/, /error 403/]],
  ['asking for a key', errorReply(401, 'unauthorized', 'no key'), [/An access key is needed/, /no key/]],
])('a server that is %s is told, and trying again works', async (_, reply, messages) => {
  const { repair } = await joiningWith(reply);
  await screen.findByTestId('error-message');
  for (const message of messages) expect(screen.getByText(message)).toBeTruthy();
  repair();
  await press('retry-button');
  await screen.findByTestId('chat-input');
});

test('a server that does not answer is not waited for beyond the deadline', async () => {
  await joiningWith('silent', { serverAnswer: 30 });
  await screen.findByText('The server does not answer');
});

test('from a failure one comes back to the form, with what was typed', async () => {
  const { server } = await joiningWith('unreachable');
  await screen.findByTestId('error-message');
  await press('back-button');
  await waitFor(() => expect(screen.queryByTestId('error-message')).toBeNull());
  expect(screen.getByTestId('join-room').props.value).toBe(
    (server.to(JOIN_ROOM_PATH)[0]?.body as { room_name: string }).room_name,
  );
  expect(screen.queryByTestId('call-ended')).toBeNull();
});

test('a forbidden microphone leads to the settings, or into the call without it', async () => {
  const openSettings = jest.fn(async () => undefined);
  const rtc = fakeRtc({ openSettings });
  rtc.plan.permissions.microphone = 'denied';
  const { server, room } = await joining({ rtc });
  await screen.findByText('The microphone is not allowed');
  expect(server.to(JOIN_ROOM_PATH)).toHaveLength(0);
  await press('settings-button');
  expect(openSettings).toHaveBeenCalledTimes(1);
  await press('join-without-button');
  await screen.findByTestId('chat-input');
  expect(server.to(JOIN_ROOM_PATH)[0]?.body).toMatchObject({ mic_enabled: false, camera_enabled: true });
  await waitFor(() => expect(room().media).toEqual({ microphone: false, camera: true }));
});

test('devices that are not there can be done without', async () => {
  const rtc = fakeRtc();
  rtc.plan.permissions = { microphone: 'missing', camera: 'missing' };
  const { room } = await joining({ rtc });
  await screen.findByText('Neither a microphone nor a camera is connected.');
  await press('join-without-button');
  await screen.findByTestId('chat-input');
  expect(room().media).toEqual({ microphone: false, camera: false });
});

test('a microphone that is forbidden and a camera that is missing can both be done without', async () => {
  const rtc = fakeRtc();
  rtc.plan.permissions = { microphone: 'denied', camera: 'missing' };
  const { room } = await joining({ rtc });
  await screen.findByText('The microphone is not allowed');
  await press('join-without-button');
  await screen.findByText('No camera is connected.');
  await press('join-without-button');
  await screen.findByTestId('chat-input');
  expect(room().media).toEqual({ microphone: false, camera: false });
});

test('a page without https says why the browser hides the devices', async () => {
  const rtc = fakeRtc();
  rtc.plan.permissions = { microphone: 'insecure', camera: 'insecure' };
  await joining({ rtc });
  await screen.findByText('The browser hides your microphone here');
});

test.each([
  ['fails', 'The call cannot be reached'],
  ['refused', 'The call did not let you in'],
] as const)('a room that %s is told', async (connect, title) => {
  const rtc = fakeRtc();
  rtc.plan.connect = connect;
  await joining({ rtc });
  await screen.findByText(title);
  rtc.plan.connect = 'works';
  await press('retry-button');
  await screen.findByTestId('chat-input');
});

test('a room that does not open is not waited for beyond the deadline', async () => {
  const rtc = fakeRtc();
  rtc.plan.connect = 'never';
  const { room } = await joining({ rtc, deadlines: { roomConnected: 30 } });
  await screen.findByText('The call cannot be reached');
  await waitFor(() => expect(room().closed).toBeGreaterThan(0));
});

test.each<[DisconnectCause, string]>([
  ['lost', 'The connection was lost'],
  ['removed', 'The call was closed'],
  ['joined-elsewhere', 'You joined somewhere else'],
])('a call that ends as %s can be rejoined, with the conversation', async (cause, title) => {
  const { room, rtc } = await joining();
  await screen.findByTestId('chat-input');
  await happens(() => {
    room().tell({
      type: 'caption',
      caption: { segmentId: '1', speaker: 'agent', name: '', text: 'Hello!', final: true },
    });
    room().tell({ type: 'disconnected', cause });
  });
  expect(screen.getByText(title)).toBeTruthy();
  await waitFor(() => expect(room().closed).toBeGreaterThan(0));
  expect(screen.getByTestId('retry-button').props.accessibilityLabel).toBe('Rejoin');
  await press('retry-button');
  await screen.findByTestId('chat-input');
  expect(rtc.rooms).toHaveLength(2);
  expect(screen.getByTestId('caption-agent').props.children).toBe('Hello!');
});

test('who was muted is muted after rejoining', async () => {
  const { room, rtc } = await joining();
  await screen.findByTestId('chat-input');
  await waitFor(() => expect(room().media).toEqual({ microphone: true, camera: true }));
  await press('microphone-button');
  await waitFor(() => expect(room().media.microphone).toBe(false));
  await happens(() => room().tell({ type: 'disconnected', cause: 'lost' }));
  await press('retry-button');
  await screen.findByTestId('chat-input');
  await waitFor(() => expect(rtc.rooms[1]?.media).toEqual({ microphone: false, camera: true }));
});

test('a token that expired during the call is told apart from a bad network', async () => {
  const server = new FakeServer();
  const reply = server.replies[JOIN_ROOM_PATH];
  if (typeof reply !== 'object') throw new Error('the fake server joins by default');
  const token = `h.${btoa(JSON.stringify({ exp: 1 }))}.s`;
  server.replies[JOIN_ROOM_PATH] = { status: 200, body: { ...(reply.body as object), token } };
  const { room } = await joining({ server });
  await screen.findByTestId('chat-input');
  await happens(() => room().tell({ type: 'disconnected', cause: 'lost' }));
  expect(screen.getByText('Your time in this call ran out')).toBeTruthy();
});

test('a network that stays away ends the call, with a way back in', async () => {
  const { room } = await joining({ deadlines: { reconnected: 30 } });
  await screen.findByTestId('chat-input');
  await happens(() => room().tell({ type: 'reconnecting' }));
  await screen.findByText('The connection was lost');
  expect(screen.getByTestId('retry-button')).toBeTruthy();
});

test('who gives up while the call is being set up is back at the form, and nothing goes on behind', async () => {
  const rtc = fakeRtc();
  rtc.plan.connect = 'never';
  const { room } = await joining({ rtc });
  await screen.findByText('Entering the room…');
  await press('leave-button');
  await screen.findByTestId('call-ended');
  expect(room().closed).toBeGreaterThan(0);
});
