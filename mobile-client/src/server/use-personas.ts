import { useEffect, useState } from 'react';

import type { PersonaSummary } from '@/contract/generated';
import type { Failure } from '@/call/failures';

import { useServerClient } from './use-server-client';

export type Personas =
  | { state: 'loading' }
  | { state: 'loaded'; personas: PersonaSummary[] }
  | { state: 'failed'; failure: Failure };

/** Everyone who can be invited, and a way to ask again. */
export function usePersonas(address: string | null, accessKey: string): [Personas, () => void] {
  const server = useServerClient(address ?? '', accessKey);
  const [attempt, setAttempt] = useState(0);
  const [answer, setAnswer] = useState<{ of: object; personas: Personas } | null>(null);
  const question = JSON.stringify([address, accessKey, attempt]);

  useEffect(() => {
    if (address === null) return;
    let current = true;
    void server.personas().then((result) => {
      if (!current) return;
      setAnswer({
        of: server,
        personas: result.ok
          ? { state: 'loaded', personas: result.value.personas }
          : { state: 'failed', failure: result.failure },
      });
    });
    return () => {
      current = false;
    };
  }, [address, server, question]);

  const personas = answer !== null && answer.of === server ? answer.personas : ({ state: 'loading' } as const);
  return [personas, () => setAttempt((number) => number + 1)];
}
