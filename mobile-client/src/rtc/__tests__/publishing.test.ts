import { ConnectionError, ConnectionState, PublishTrackError, Room, RoomEvent } from 'livekit-client';

import { ATTEMPTS, PAUSE, publish } from '../publishing';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const lost = () => ConnectionError.timeout('no response from server');

/** A room in a state that the test says. */
function roomIn(state: ConnectionState) {
  const room = new Room();
  room.state = state;
  const turn = (next: ConnectionState) => {
    room.state = next;
    room.emit(RoomEvent.ConnectionStateChanged, next);
  };
  return { room, turn };
}

test('what an interruption took is published again once the connection is back', async () => {
  const { room, turn } = roomIn(ConnectionState.Reconnecting);
  const attempt = jest.fn().mockRejectedValueOnce(lost()).mockResolvedValue(undefined);
  const done = publish(room, attempt, () => true);
  await jest.advanceTimersByTimeAsync(PAUSE);
  turn(ConnectionState.SignalReconnecting);
  await jest.advanceTimersByTimeAsync(PAUSE);
  expect(attempt).toHaveBeenCalledTimes(1);
  turn(ConnectionState.Connected);
  await done;
  expect(attempt).toHaveBeenCalledTimes(2);
  expect(room.listenerCount(RoomEvent.ConnectionStateChanged)).toBe(0);
});

test('a server that never answers is asked a few times and then said to fail', async () => {
  const { room } = roomIn(ConnectionState.Connected);
  const attempt = jest.fn().mockRejectedValue(lost());
  const done = expect(publish(room, attempt, () => true)).rejects.toThrow('no response');
  await jest.advanceTimersByTimeAsync(PAUSE * ATTEMPTS);
  await done;
  expect(attempt).toHaveBeenCalledTimes(ATTEMPTS);
});

test.each([
  ['a device that does not open', Object.assign(new Error('busy'), { name: 'NotReadableError' })],
  ['a token that does not allow it', new PublishTrackError('insufficient permissions', 403)],
])('%s is said at once', async (_, error) => {
  const { room } = roomIn(ConnectionState.Connected);
  const attempt = jest.fn().mockRejectedValue(error);
  await expect(publish(room, attempt, () => true)).rejects.toBe(error);
  expect(attempt).toHaveBeenCalledTimes(1);
});

test('nothing more is said or published for a call that is over or a device that was closed meanwhile', async () => {
  const over = roomIn(ConnectionState.Reconnecting);
  const attempt = jest.fn().mockRejectedValue(lost());
  const done = publish(over.room, attempt, () => true);
  await jest.advanceTimersByTimeAsync(PAUSE);
  over.turn(ConnectionState.Disconnected);
  await done;
  const busy = jest.fn().mockRejectedValue(Object.assign(new Error('busy'), { name: 'NotReadableError' }));
  await publish(roomIn(ConnectionState.Connected).room, busy, () => false);
  expect(attempt).toHaveBeenCalledTimes(1);
  expect(busy).toHaveBeenCalledTimes(1);
});
