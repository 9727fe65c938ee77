import AsyncStorage from '@react-native-async-storage/async-storage';
import { act, fireEvent, waitFor } from '@testing-library/react-native';
import { Dimensions } from 'react-native';

import { INVITE_AVATAR_PATH } from '@/contract/generated';
import { MediaError } from '@/rtc/rtc.types';
import { agent, fakeRtc, participant, video } from '@/testing/fake-rtc';
import { errorReply } from '@/testing/fake-server';
import { happens, press, renderApp, screen, type App } from '@/testing/render-app';

beforeEach(() => AsyncStorage.clear());

const windowBefore = Dimensions.get('window');
afterEach(() => act(() => Dimensions.set({ window: windowBefore, screen: windowBefore })));

/** Gives the app a window of this size, as turning a phone does. */
const turnTo = (width: number, height: number) =>
  act(() => {
    const window = { width, height, scale: 2, fontScale: 1 };
    Dimensions.set({ window, screen: window });
  });

/** In a call, as after joining with everything at its default. */
async function inCall(options: Parameters<typeof renderApp>[0] = {}): Promise<App> {
  const app = renderApp(options);
  await screen.findByTestId('persona-Rosa');
  await press('join-submit');
  await screen.findByTestId('chat-input');
  await waitFor(() => expect(app.room().media).toEqual({ microphone: true, camera: true }));
  return app;
}

const caption = (segmentId: string, speaker: 'agent' | 'self', text: string, final = true) =>
  ({ type: 'caption', caption: { segmentId, speaker, name: '', text, final } }) as const;

test('the room is entered with the answer of the server, and the devices open', async () => {
  const { room, rtc } = await inCall();
  expect([room().url, room().token]).toEqual(['ws://sfu.test', 'header.payload.signature']);
  expect(rtc.asked).toEqual(['microphone', 'camera']);
  expect(screen.getByTestId('video-self')).toBeTruthy();
});

test('the state of the agent is shown and read out', async () => {
  const { room } = await inCall();
  const label = () =>
    screen.getByTestId('agent-state').props['aria-label'] ?? screen.getByTestId('agent-state').props.accessibilityLabel;
  expect(label()).toBe('AI Assistant: On the way');
  await happens(() => room().setOthers(agent({ agentState: 'listening', video: video('face') })));
  expect(label()).toBe('AI Assistant: Listening');
  expect(screen.getByTestId('video-face')).toBeTruthy();
  await happens(() => room().setOthers(agent({ agentState: 'speaking' })));
  expect(label()).toBe('AI Assistant: Speaking');
});

test('both sides are captioned, each update in place of the one before', async () => {
  const { room } = await inCall();
  await happens(() => {
    room().tell(caption('1', 'self', 'what is', false));
    room().tell(caption('1', 'self', 'What is the time?'));
    room().tell(caption('2', 'agent', 'It is noon.', false));
  });
  expect(screen.getAllByTestId('caption-user').map((line) => line.props.children)).toEqual(['What is the time?']);
  expect(screen.getByTestId('caption-agent').props.accessibilityLabel).toBe('AI Assistant says: It is noon.');
});

test('a typed message is sent and shown', async () => {
  const { room } = await inCall();
  fireEvent.changeText(screen.getByTestId('chat-input'), '  hello there ');
  await press('chat-send');
  await waitFor(() => expect(room().chats).toEqual(['hello there']));
  expect(screen.getByTestId('caption-user').props.children).toBe('hello there');
  expect(screen.getByTestId('chat-input').props.value).toBe('');
});

test('what is half written is still there when the phone is turned', async () => {
  turnTo(390, 844);
  const { room } = await inCall();
  fireEvent.changeText(screen.getByTestId('chat-input'), 'half a');
  const upright = screen.getByTestId('chat-input');
  turnTo(844, 390);
  // Another layout, and with it another line to write in.
  expect(screen.getByTestId('chat-input')).not.toBe(upright);
  expect(screen.getByTestId('chat-input').props.value).toBe('half a');
  turnTo(390, 844);
  await press('chat-send');
  await waitFor(() => expect(room().chats).toEqual(['half a']));
});

test('a message that was not sent can be sent again', async () => {
  const { room, rtc } = await inCall();
  rtc.plan.chatFails = true;
  fireEvent.changeText(screen.getByTestId('chat-input'), 'hello');
  await press('chat-send');
  await screen.findByText('Your message was not sent.');
  rtc.plan.chatFails = false;
  await press('send-again');
  await waitFor(() => expect(room().chats).toEqual(['hello']));
  expect(screen.queryByText('Your message was not sent.')).toBeNull();
});

test('the toggles really close and open the devices', async () => {
  const { room } = await inCall();
  await press('microphone-button');
  await waitFor(() => expect(room().media.microphone).toBe(false));
  expect(screen.getByTestId('microphone-button').props.accessibilityLabel).toBe('Turn the microphone on');
  await press('microphone-button');
  await waitFor(() => expect(room().media.microphone).toBe(true));
  await press('camera-button');
  await waitFor(() => expect(room().media.camera).toBe(false));
  expect(screen.queryByTestId('video-self')).toBeNull();
});

test('leaving closes the room and says so, and a second call is a new room', async () => {
  const { room, rtc } = await inCall();
  const first = room();
  await press('leave-button');
  await screen.findByTestId('call-ended');
  expect(first.closed).toBeGreaterThan(0);
  await press('join-submit');
  await screen.findByTestId('chat-input');
  expect(rtc.rooms).toHaveLength(2);
  expect(room()).not.toBe(first);
  await waitFor(() => expect(room().media).toEqual({ microphone: true, camera: true }));
  expect(room().closed).toBe(0);
});

test('whoever is not there can be invited, and is then on the way', async () => {
  const { room, server } = await inCall();
  await happens(() => room().setOthers(agent()));
  expect(screen.queryByTestId('invite-button')).toBeNull();
  await happens(() => room().setOthers());
  expect(screen.getByText('AI Assistant has left.')).toBeTruthy();
  await press('invite-button');
  await waitFor(() => expect(server.to(INVITE_AVATAR_PATH)).toHaveLength(1));
  expect(server.to(INVITE_AVATAR_PATH)[0]?.body).toEqual({ room_name: 'quiet-room' });
  await waitFor(() => expect(screen.queryByText('AI Assistant has left.')).toBeNull());
  expect(screen.getByText('AI Assistant is on the way…')).toBeTruthy();
});

test('an invitation that fails says why', async () => {
  const { room, server } = await inCall();
  server.replies[INVITE_AVATAR_PATH] = errorReply(404, 'unknown_avatar', 'nobody of that name');
  await happens(() => room().setOthers(agent()));
  await happens(() => room().setOthers());
  await press('invite-again');
  await screen.findByText(/The invitation did not work\. The server says: nobody of that name/);
});

test('an agent that never comes is told, with a way to invite again', async () => {
  const { server } = await inCall({ deadlines: { agentArrival: 10 } });
  await screen.findByText('AI Assistant did not come.');
  await press('invite-again');
  await waitFor(() => expect(server.to(INVITE_AVATAR_PATH)).toHaveLength(1));
});

test('a camera that is taken away is told, and can be turned on again', async () => {
  const { room } = await inCall();
  await happens(() => room().tell({ type: 'media-lost', media: 'camera' }));
  expect(screen.getByTestId('error-message').props.children).toBe(
    'Your camera is gone. Is it unplugged, or used by another app?',
  );
  const before = room().mediaCalls.length;
  await press('camera-again');
  await waitFor(() => expect(screen.queryByTestId('error-message')).toBeNull());
  // The dead track is closed first, so that opening gets a new one.
  expect(room().mediaCalls.slice(before)).toEqual([
    ['camera', false],
    ['camera', true],
  ]);
});

test('a device that is forbidden inside the call leads to the settings', async () => {
  const openSettings = jest.fn(async () => undefined);
  const { rtc, room } = await inCall({ rtc: fakeRtc({ openSettings }) });
  await press('camera-button');
  await waitFor(() => expect(room().media.camera).toBe(false));
  rtc.plan.permissions.camera = 'denied';
  await press('camera-button');
  await screen.findByText('The camera is not allowed for this app.');
  await press('settings-button');
  expect(openSettings).toHaveBeenCalledTimes(1);
});

test('a device that is opening looks so, and pressing its button closes it', async () => {
  const { room, rtc } = await inCall();
  const button = () => screen.getByTestId('microphone-button');
  await press('microphone-button');
  await waitFor(() => expect(button().props.accessibilityLabel).toBe('Turn the microphone on'));
  rtc.plan.opens = new Promise(() => undefined);
  await press('microphone-button');
  await waitFor(() => expect(button()).toBeBusy());
  expect(button().props.accessibilityLabel).toBe('Turn the microphone off');
  await press('microphone-button');
  await waitFor(() => expect(button()).not.toBeBusy());
  expect(button().props.accessibilityLabel).toBe('Turn the microphone on');
  expect(room().mediaCalls.at(-1)).toEqual(['microphone', false]);
});

test('a device that does not open is told, and the call goes on', async () => {
  const rtc = fakeRtc();
  rtc.plan.mediaErrors.microphone = new MediaError(false);
  renderApp({ rtc });
  await screen.findByTestId('persona-Rosa');
  await press('join-submit');
  await screen.findByText('Your microphone could not be opened.');
  expect(screen.getByTestId('chat-input')).toBeTruthy();
});

test('sound that the browser holds back is let out by a tap', async () => {
  const { room } = await inCall();
  await happens(() => room().tell({ type: 'audio-blocked', blocked: true }));
  await press('start-audio');
  await waitFor(() => expect(screen.queryByTestId('start-audio')).toBeNull());
  expect(room().audioStarts).toBe(1);
});

test('loudspeaker and earpiece can be chosen where the system lets an app choose', async () => {
  const { rtc } = await inCall({ rtc: fakeRtc({ audioOutputs: ['speaker', 'earpiece'] }) });
  await press('audio-output-button');
  await press('audio-output-button');
  expect(rtc.outputs).toEqual(['earpiece', 'speaker']);
});

test('the details tell the response gap and the connections', async () => {
  const { room } = await inCall();
  const now = jest.spyOn(Date, 'now');
  const at = (time: number, what: () => void) => {
    now.mockReturnValue(time);
    what();
  };
  await happens(() => {
    room().setOthers(agent({ quality: 'poor' }));
    at(1_000, () => room().tell({ type: 'self-speaking', speaking: false }));
    at(1_650, () => room().setOthers(agent({ agentState: 'speaking', quality: 'poor' })));
  });
  now.mockRestore();
  await press('details-button');
  expect(screen.getByTestId('response-gap').props.children).toBe('0.65 s');
  expect(screen.getByTestId('own-quality').props.children).toBe('Good');
  expect(screen.getByTestId('agent-quality').props.children).toBe('Poor');
  await press('details-close');
  expect(screen.queryByTestId('details-sheet')).toBeNull();
});

test('other people have tiles of their own', async () => {
  const { room } = await inCall();
  await happens(() => room().setOthers(agent(), participant({ identity: 'b', name: 'Berta' })));
  expect(screen.getAllByTestId('participant-tile')).toHaveLength(1);
  expect(screen.getByText('Berta')).toBeTruthy();
});

test('a short loss of the network is a banner that goes away', async () => {
  const { room } = await inCall();
  await happens(() => room().tell({ type: 'reconnecting' }));
  expect(screen.getByTestId('reconnecting-banner')).toBeTruthy();
  await happens(() => room().tell({ type: 'reconnected' }));
  expect(screen.queryByTestId('reconnecting-banner')).toBeNull();
});

test('a call in which nothing arrives says so, but is not given up for it', async () => {
  const { room } = await inCall({ deadlines: { reconnected: 1 } });
  await happens(() => room().tell({ type: 'interrupted', interrupted: true }));
  expect(screen.getByTestId('reconnecting-banner')).toBeTruthy();
  await happens(() => jest.advanceTimersByTime(1_000));
  expect(screen.queryByTestId('error-message')).toBeNull();
  await happens(() => room().tell({ type: 'interrupted', interrupted: false }));
  expect(screen.queryByTestId('reconnecting-banner')).toBeNull();
});
