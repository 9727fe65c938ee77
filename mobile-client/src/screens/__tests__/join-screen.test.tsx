import AsyncStorage from '@react-native-async-storage/async-storage';
import { fireEvent, waitFor } from '@testing-library/react-native';

import { JOIN_ROOM_PATH, PERSONAS_PATH } from '@/contract/generated';
import { errorReply, FakeServer } from '@/testing/fake-server';
import { press, renderApp, screen } from '@/testing/render-app';

beforeEach(() => AsyncStorage.clear());

const type = (field: string, text: string) => fireEvent.changeText(screen.getByTestId(field), text);

test('the form begins with a name and a fresh room', async () => {
  renderApp();
  expect(screen.getByTestId('join-name').props.value).toBe('abel');
  expect(screen.getByTestId('join-room').props.value).toMatch(/^room-[0-9a-z]+-[0-9a-z]{6}$/);
  await screen.findByTestId('persona-Rosa');
});

test('everyone who can be invited is there to choose, and is asked for by name', async () => {
  const { server } = renderApp();
  await press('persona-Rosa');
  expect(screen.getByTestId('toggle-invite').props.accessibilityLabel).toBe('Invite Rosa');
  type('join-name', ' Zoe ');
  type('join-room', 'kitchen');
  await press('toggle-camera');
  await press('join-submit');
  await screen.findByTestId('chat-input');
  expect(server.to(JOIN_ROOM_PATH)[0]?.body).toEqual({
    participant_name: 'Zoe',
    room_name: 'kitchen',
    mic_enabled: true,
    camera_enabled: false,
    invite_avatar: true,
    avatar_name: 'Rosa',
  });
});

test('without an invitation no name goes along', async () => {
  const { server } = renderApp();
  await press('persona-Rosa');
  await press('toggle-invite');
  await press('join-submit');
  await screen.findByTestId('chat-input');
  expect(server.to(JOIN_ROOM_PATH)[0]?.body).not.toHaveProperty('avatar_name');
  expect(server.to(JOIN_ROOM_PATH)[0]?.body).toMatchObject({ invite_avatar: false });
});

test.each([
  ['join-name', '  ', 'Please enter a name.'],
  ['join-name', 'x'.repeat(129), 'At most 128 characters, please.'],
  ['join-room', '', 'Please enter a room name.'],
  ['join-server', 'not an address', 'This is not an address. Try something like 192.168.1.20:3001.'],
])('%s cannot be %p', async (field, text, message) => {
  const { server } = renderApp();
  await screen.findByTestId('persona-Rosa');
  type(field, text);
  await press('join-submit');
  expect(screen.getByText(message)).toBeTruthy();
  expect(server.to(JOIN_ROOM_PATH)).toHaveLength(0);
});

test('what was chosen is remembered for the next time', async () => {
  await AsyncStorage.setItem(
    'visavis.preferences',
    JSON.stringify({ name: 'Zoe', server: '192.168.1.20:3001', camera: false, avatarName: 'Rosa' }),
  );
  const { server } = renderApp();
  await waitFor(() => expect(screen.getByTestId('join-name').props.value).toBe('Zoe'));
  expect(screen.getByTestId('join-server').props.value).toBe('192.168.1.20:3001');
  expect(screen.getByTestId('toggle-camera').props.accessibilityState).toMatchObject({ checked: false });
  await waitFor(() => expect(server.to(PERSONAS_PATH).some(({ url }) => url.includes('192.168.1.20'))).toBe(true));
});

test('a memory that cannot be read is none', async () => {
  await AsyncStorage.setItem('visavis.preferences', '{"name": 3}');
  renderApp();
  await screen.findByTestId('persona-Rosa');
  expect(screen.getByTestId('join-name').props.value).toBe('abel');
});

test('a list that could not be loaded can be asked for again, and nobody is kept from joining', async () => {
  const server = new FakeServer();
  const list = server.replies[PERSONAS_PATH];
  server.replies[PERSONAS_PATH] = 'unreachable';
  renderApp({ server });
  await screen.findByTestId('personas-retry');
  if (list !== undefined) server.replies[PERSONAS_PATH] = list;
  await press('personas-retry');
  await screen.findByTestId('persona-Rosa');
});

test('a server that wants a key gets a field for it, and the key goes along', async () => {
  const server = new FakeServer();
  server.replies[PERSONAS_PATH] = errorReply(401, 'unauthorized', 'the API key is missing');
  renderApp({ server });
  fireEvent.changeText(await screen.findByTestId('join-key'), 'secret');
  await press('join-submit');
  await screen.findByTestId('chat-input');
  expect(server.to(JOIN_ROOM_PATH)[0]?.headers).toMatchObject({ Authorization: 'Bearer secret' });
  expect(await AsyncStorage.getItem('visavis.preferences')).not.toContain('secret');
});

test('an address with a room and a name fills the form in', async () => {
  renderApp({ url: '/?room=kitchen&name=Zoe' });
  expect(screen.getByTestId('join-room').props.value).toBe('kitchen');
  expect(screen.getByTestId('join-name').props.value).toBe('Zoe');
  await screen.findByTestId('persona-Rosa');
});

test('an address of a call leads to the form, for nobody has allowed the devices yet', async () => {
  const { rtc } = renderApp({ url: '/call?room=kitchen&name=Zoe' });
  expect((await screen.findByTestId('join-room')).props.value).toBe('kitchen');
  await screen.findByTestId('persona-Rosa');
  expect(rtc.rooms).toHaveLength(0);
});
