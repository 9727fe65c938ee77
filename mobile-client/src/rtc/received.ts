import type { RemoteTrack, Room } from 'livekit-client';

/**
 * A count that grows with whatever arrives, the answers to the keep-alives of ICE among it: also a room in which
 * everyone is silent brings those. Null when nobody sends.
 */
export async function receivedSoFar(room: Room): Promise<number | null> {
  const track = firstTrack(room);
  if (track === null) return null;
  let count = 0;
  (await track.getRTCStatsReport())?.forEach((stats: unknown) => {
    count +=
      numberIn(stats, 'bytesReceived') + numberIn(stats, 'responsesReceived') + numberIn(stats, 'requestsReceived');
  });
  return count;
}

/** All tracks of the others come over one transport, so that any of them will do. */
function firstTrack(room: Room): RemoteTrack | null {
  for (const participant of room.remoteParticipants.values()) {
    for (const publication of participant.trackPublications.values()) {
      if (publication.isSubscribed && publication.track !== undefined) return publication.track as RemoteTrack;
    }
  }
  return null;
}

function numberIn(stats: unknown, field: string): number {
  const value = typeof stats === 'object' && stats !== null ? (stats as Record<string, unknown>)[field] : undefined;
  return typeof value === 'number' ? value : 0;
}
