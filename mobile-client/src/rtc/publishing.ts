import { ConnectionState, PublishTrackError, RoomEvent, type Room } from 'livekit-client';

/** How often a device is opened before it is said that it does not open. The client library waits 10 to 30 s each time. */
export const ATTEMPTS = 4;
/** From one attempt to the next, in milliseconds: what fails at once need not fail in the same way a moment later. */
export const PAUSE = 1_000;

/** How the client library names what went wrong between it and the server, and not with the device. */
const CONNECTION_ERRORS: ReadonlySet<string> = new Set([
  'ConnectionError',
  'NegotiationError',
  'PublishTrackError',
  'UnexpectedConnectionState',
  // What was on its way when the connection was made anew is cancelled with a plain error (`RTCEngine.cleanupClient`).
  'Error',
]);

const FORBIDDEN = 403;

function isOfConnection(error: unknown): boolean {
  if (error instanceof PublishTrackError && error.status === FORBIDDEN) return false;
  return error instanceof Error && CONNECTION_ERRORS.has(error.name);
}

/**
 * Publishes, and again when the connection failed under it: a track whose publication falls into an interruption is
 * given up by the client library, and the call would go on without it. Fails with what the last attempt failed with.
 * Ends silently once the call is over or `wanted` no longer holds.
 */
export async function publish(room: Room, attempt: () => Promise<unknown>, wanted: () => boolean): Promise<void> {
  const isInVain = () => room.state === ConnectionState.Disconnected || !wanted();
  for (let number = 1; ; number += 1) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (isInVain()) return;
      if (number === ATTEMPTS || !isOfConnection(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      await settled(room);
      if (isInVain()) return;
    }
  }
}

/** Resolves when the room is connected, or for good no longer. */
function settled(room: Room): Promise<void> {
  const isSettled = () => room.state === ConnectionState.Connected || room.state === ConnectionState.Disconnected;
  if (isSettled()) return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (!isSettled()) return;
      room.off(RoomEvent.ConnectionStateChanged, look);
      resolve();
    };
    room.on(RoomEvent.ConnectionStateChanged, look);
  });
}
