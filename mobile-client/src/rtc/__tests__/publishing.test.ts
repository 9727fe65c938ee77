import { ConnectionError, ConnectionState, PublishTrackError, Room, RoomEvent } from 'livekit-client';

import { ATTEMPTS, publish } from '../publishing';

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
  await Promise.resolve();
  turn(ConnectionState.SignalReconnecting);
  await Promise.resolve();
  expect(attempt).toHaveBeenCalledTimes(1);
  turn(ConnectionState.Connected);
  await done;
  expect(attempt).toHaveBeenCalledTimes(2);
  expect(room.listenerCount(RoomEvent.ConnectionStateChanged)).toBe(0);
});

test('a server that never answers is asked a few times and then said to fail', async () => {
  const { room } = roomIn(ConnectionState.Connected);
  const attempt = jest.fn().mockRejectedValue(lost());
  await expect(publish(room, attempt, () => true)).rejects.toThrow('no response');
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

test('nothing is published for a call that is over or a device that was closed meanwhile', async () => {
  const over = roomIn(ConnectionState.Reconnecting);
  const attempt = jest.fn().mockRejectedValue(lost());
  const done = publish(over.room, attempt, () => true);
  await Promise.resolve();
  over.turn(ConnectionState.Disconnected);
  await done;
  await publish(roomIn(ConnectionState.Connected).room, attempt, () => false);
  expect(attempt).toHaveBeenCalledTimes(2);
});
