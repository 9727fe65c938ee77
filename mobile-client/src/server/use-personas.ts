import { useEffect, useMemo, useState } from 'react';

import type { PersonaSummary } from '@/contract/generated';
import type { Failure } from '@/call/failures';

import { useServerClient } from './use-server-client';

export type Personas =
  { state: 'loading' } | { state: 'loaded'; personas: PersonaSummary[] } | { state: 'failed'; failure: Failure };

/** Half an address is asked nothing: it has to stand still for so long, in milliseconds. */
const STILL = 500;

function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    if (value === settled) return;
    const timer = setTimeout(() => setSettled(value), STILL);
    return () => clearTimeout(timer);
  }, [value, settled]);
  return settled;
}

/** Everyone who can be invited, and a way to ask again. */
export function usePersonas(typedAddress: string | null, typedKey: string): [Personas, () => void] {
  const address = useSettled(typedAddress);
  const accessKey = useSettled(typedKey);
  const server = useServerClient(address ?? '', accessKey);
  const [attempt, setAttempt] = useState(0);
  const [answer, setAnswer] = useState<{ to: object; personas: Personas } | null>(null);
  // One object for each time that is asked, so that a late answer to an earlier question is not taken for this one's.
  const question = useMemo(() => ({ server, attempt }), [server, attempt]);

  useEffect(() => {
    if (address === null) return;
    let current = true;
    void question.server.personas().then((result) => {
      if (!current) return;
      setAnswer({
        to: question,
        personas: result.ok
          ? { state: 'loaded', personas: result.value.personas }
          : { state: 'failed', failure: result.failure },
      });
    });
    return () => {
      current = false;
    };
  }, [address, question]);

  const personas = answer !== null && answer.to === question ? answer.personas : ({ state: 'loading' } as const);
  return [personas, () => setAttempt((number) => number + 1)];
}
