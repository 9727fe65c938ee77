import { ConnectionState, RoomEvent } from 'livekit-client';

import { LiveKitCallRoom } from '../livekit-room';
import { RoomConnectError } from '../rtc.types';

/** Surroundings that are ready when the test says so. */
function slowRoom() {
  let ready: () => void = () => undefined;
  const closed = jest.fn(async () => undefined);
  const room = new LiveKitCallRoom({
    options: {},
    opened: () => new Promise((resolve) => (ready = resolve)),
    closed,
    watchNetwork: () => () => undefined,
  });
  const connect = jest.spyOn(room.inner, 'connect').mockResolvedValue(undefined);
  return { room, connect, closed, ready: () => ready() };
}

test('whoever leaves while the device is made ready never enters the room', async () => {
  const { room, connect, closed, ready } = slowRoom();
  const entering = room.connect('ws://sfu', 'token');
  const leaving = room.close();
  ready();
  await expect(entering).rejects.toThrow(RoomConnectError);
  await leaving;
  expect(connect).not.toHaveBeenCalled();
  expect(closed).toHaveBeenCalledTimes(1);
});

test('a closed room is not entered, and opens no device', async () => {
  const { room, connect, closed } = slowRoom();
  await room.close();
  await expect(room.connect('ws://sfu', 'token')).rejects.toThrow(RoomConnectError);
  const open = jest.spyOn(room.inner.localParticipant, 'setMicrophoneEnabled');
  await room.setMedia('microphone', true);
  expect(open).not.toHaveBeenCalled();
  expect(connect).not.toHaveBeenCalled();
  expect(closed).not.toHaveBeenCalled();
});

test('a microphone that was closed while it was opening does not stay open', async () => {
  const { room } = slowRoom();
  let opened: () => void = () => undefined;
  const enable = jest
    .spyOn(room.inner.localParticipant, 'setMicrophoneEnabled')
    .mockImplementationOnce(() => new Promise((resolve) => (opened = () => resolve(undefined))))
    .mockResolvedValue(undefined);
  const opening = room.setMedia('microphone', true);
  await room.setMedia('microphone', false);
  opened();
  await opening;
  expect(enable.mock.calls).toEqual([[true], [false], [false]]);
});

test('a device that was lost in an interruption is opened again, and one that did not open is left alone', async () => {
  const { room } = slowRoom();
  room.inner.state = ConnectionState.Connected;
  const { localParticipant } = room.inner;
  const microphone = jest.spyOn(localParticipant, 'setMicrophoneEnabled').mockResolvedValue(undefined);
  const camera = jest
    .spyOn(localParticipant, 'setCameraEnabled')
    .mockRejectedValue(Object.assign(new Error('busy'), { name: 'NotReadableError' }));
  await room.setMedia('microphone', true);
  await expect(room.setMedia('camera', true)).rejects.toThrow();
  room.inner.emit(RoomEvent.Reconnected);
  await new Promise(setImmediate);
  await room.setMedia('microphone', false);
  room.inner.emit(RoomEvent.Reconnected);
  expect(microphone.mock.calls).toEqual([[true], [true], [false]]);
  expect(camera).toHaveBeenCalledTimes(1);
});
