/** Why a call seems to be interrupted, long before the client library says so: it notices after 15 s. */
export type InterruptionReason =
  /** Nothing arrives any more. */
  | 'stalled'
  /** The device says that it has no network. */
  | 'offline';

/** Several things may say that a call is interrupted; it is over when none of them does. */
export class Interruption {
  private reasons = new Set<InterruptionReason>();

  constructor(private readonly tell: (interrupted: boolean) => void) {}

  set(reason: InterruptionReason, holds: boolean) {
    const before = this.reasons.size > 0;
    if (holds) {
      this.reasons.add(reason);
    } else {
      this.reasons.delete(reason);
    }
    const after = this.reasons.size > 0;
    if (before !== after) this.tell(after);
  }
}

/** How often what arrived is counted, in milliseconds. */
export const SAMPLE_INTERVAL = 1_000;
/** After so many counts without anything new, a call is stalled. Even a silent one brings something every 2.5 s. */
export const STALLED_SAMPLES = 5;

/** Counts what arrives. */
export class StallWatch {
  private last = 0;
  private still = 0;

  /**
   * Takes a count of all that has arrived so far; null when nothing is expected to.
   * Tells whether the call is stalled.
   */
  sample(count: number | null): boolean {
    // Less than before means that a track went: the count begins anew.
    if (count === null || count === 0 || count !== this.last) {
      this.last = count ?? 0;
      this.still = 0;
      return false;
    }
    this.still += 1;
    return this.still >= STALLED_SAMPLES;
  }
}
