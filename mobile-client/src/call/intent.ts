import { createContext, useContext } from 'react';

/** What the user asked for on the join screen. */
export interface CallIntent {
  name: string;
  room: string;
  microphone: boolean;
  camera: boolean;
  inviteAvatar: boolean;
  /** Null: whoever the server has by default. */
  avatarName: string | null;
  /** The server's origin. */
  server: string;
  accessKey: string;
}

/** Carries the intent from the join screen to the call screen, and back the word that the call ended. */
export interface CallSession {
  intent: CallIntent | null;
  begin(intent: CallIntent): void;
  /** Whether a call ended since the join screen was last left. */
  ended: boolean;
  end(): void;
  dismissEnded(): void;
}

export const CallSessionContext = createContext<CallSession | null>(null);

export function useCallSession(): CallSession {
  const session = useContext(CallSessionContext);
  if (session === null) {
    throw new Error('useCallSession outside of CallSessionProvider');
  }
  return session;
}

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

/** A room name that nobody else is likely to have: the time in base 36 and six random characters. */
export function freshRoomName(now: number = Date.now(), random: () => number = Math.random): string {
  const suffix = Array.from({ length: 6 }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join('');
  return `room-${now.toString(36)}-${suffix}`;
}

/** Why a name cannot be sent, by the server's own rules; null when it can. */
export function nameProblem(text: string, longest: number): 'empty' | 'too-long' | 'control' | null {
  const trimmed = text.trim();
  if (trimmed === '') {
    return 'empty';
  }
  if ([...trimmed].length > longest) {
    return 'too-long';
  }
  return /\p{Cc}/u.test(trimmed) ? 'control' : null;
}
