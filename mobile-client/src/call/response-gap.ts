import type { AgentState } from '@/contract/generated';

/** How long the agent took to answer, as this device saw it: from the end of the user's words to the agent's first. */
export interface ResponseGaps {
  /** When the user's words ended, if they wait for an answer. */
  waitingSince: number | null;
  /** The latest gaps in milliseconds, oldest first. */
  gaps: number[];
}

/** A longer gap is no answer to those words any more. */
export const LONGEST_GAP_MILLISECONDS = 30_000;
const KEPT_GAPS = 50;

export const noGaps: ResponseGaps = { waitingSince: null, gaps: [] };

/** The user speaks: whatever waited is part of a longer turn. */
export function userStarted(state: ResponseGaps): ResponseGaps {
  return { ...state, waitingSince: null };
}

/** The user's words ended now. */
export function userEnded(state: ResponseGaps, now: number): ResponseGaps {
  return { ...state, waitingSince: now };
}

/** A final caption of the user: the end of the words, unless the end was heard already. */
export function userTranscribed(state: ResponseGaps, now: number): ResponseGaps {
  return state.waitingSince === null ? { ...state, waitingSince: now } : state;
}

export function agentChanged(state: ResponseGaps, agent: AgentState | null, now: number): ResponseGaps {
  if (agent !== 'speaking' || state.waitingSince === null) {
    return state;
  }
  const gap = now - state.waitingSince;
  const gaps = gap > LONGEST_GAP_MILLISECONDS ? state.gaps : [...state.gaps, gap].slice(-KEPT_GAPS);
  return { waitingSince: null, gaps };
}

/** The latest gap and the middle one, or null before the first. */
export function summaryOf(state: ResponseGaps): { last: number; median: number; count: number } | null {
  const last = state.gaps[state.gaps.length - 1];
  const sorted = [...state.gaps].sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  return last === undefined || median === undefined ? null : { last, median, count: sorted.length };
}
