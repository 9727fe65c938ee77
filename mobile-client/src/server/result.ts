import type { Failure } from '@/call/failures';

/** An answer of the server, or why there is none. */
export type Result<T> = { ok: true; value: T } | { ok: false; failure: Failure };
