import type { ErrorCode } from '@/contract/generated';

/** What a call needs of the device. */
export type MediaKind = 'microphone' | 'camera';

/** Why there is no call, or no longer one. `components/failure-panel.tsx` has a message and a way on for each. */
export type Failure =
  | { kind: 'server-unreachable'; address: string }
  | { kind: 'server-slow'; address: string }
  | { kind: 'server-fault'; status: number; message: string | null }
  | { kind: 'wrong-answer'; address: string }
  | { kind: 'refused'; status: number; code: ErrorCode | null; message: string | null }
  | { kind: 'unauthorized'; message: string | null }
  | { kind: 'permission-denied'; media: MediaKind[] }
  | { kind: 'media-missing'; media: MediaKind[] }
  | { kind: 'media-insecure' }
  | { kind: 'room-unreachable' }
  | { kind: 'room-refused' }
  | { kind: 'token-expired' }
  | { kind: 'connection-lost' }
  | { kind: 'joined-elsewhere' }
  | { kind: 'removed' };

/** What goes wrong inside a call that goes on all the same. */
export type Notice =
  | { kind: 'agent-absent' }
  | { kind: 'agent-left' }
  | { kind: 'avatar-unavailable' }
  | { kind: 'invite-failed'; failure: Failure }
  | { kind: 'media-lost'; media: MediaKind }
  | { kind: 'media-failed'; media: MediaKind; denied: boolean }
  | { kind: 'chat-failed'; text: string };

/** What a notice is about. The latest word about a thing replaces the one before. */
export type NoticeTopic = 'agent' | 'chat' | MediaKind;

export function topicOf(notice: Notice): NoticeTopic {
  switch (notice.kind) {
    case 'agent-absent':
    case 'agent-left':
    case 'avatar-unavailable':
    case 'invite-failed':
      return 'agent';
    case 'media-lost':
    case 'media-failed':
      return notice.media;
    case 'chat-failed':
      return 'chat';
  }
}

/** Why a room says that it is over, in our own words rather than the client library's numbers. */
export type DisconnectCause = 'left' | 'joined-elsewhere' | 'removed' | 'refused' | 'lost';

/**
 * The failure behind a call that ended by itself, or null when the user left.
 *
 * A token is only looked at when the client connects anew, so an expired one shows as a lost connection: the clock
 * tells the two apart.
 */
export function failureOfDisconnect(cause: DisconnectCause, tokenExpiry: number | null, now: number): Failure | null {
  switch (cause) {
    case 'left':
      return null;
    case 'joined-elsewhere':
      return { kind: 'joined-elsewhere' };
    case 'removed':
      return { kind: 'removed' };
    case 'refused':
    case 'lost':
      if (tokenExpiry !== null && now >= tokenExpiry) {
        return { kind: 'token-expired' };
      }
      return cause === 'refused' ? { kind: 'room-refused' } : { kind: 'connection-lost' };
  }
}

/** When a token (JWT) expires, in milliseconds since the epoch; null when it does not say. */
export function tokenExpiry(token: string): number | null {
  const payload = token.split('.')[1];
  if (payload === undefined) {
    return null;
  }
  try {
    const claims: unknown = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/')));
    if (typeof claims === 'object' && claims !== null && 'exp' in claims && typeof claims.exp === 'number') {
      return claims.exp * 1000;
    }
    return null;
  } catch {
    return null;
  }
}
