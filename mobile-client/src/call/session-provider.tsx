import { useMemo, useState, type ReactNode } from 'react';

import { CallSessionContext, type CallIntent, type CallSession } from './intent';

export function CallSessionProvider({ children }: { children: ReactNode }) {
  const [intent, setIntent] = useState<CallIntent | null>(null);
  const [ended, setEnded] = useState(false);
  const session = useMemo<CallSession>(
    () => ({
      intent,
      ended,
      begin: (next) => {
        setIntent(next);
        setEnded(false);
      },
      end: () => setEnded(true),
      dismissEnded: () => setEnded(false),
    }),
    [intent, ended],
  );
  return <CallSessionContext.Provider value={session}>{children}</CallSessionContext.Provider>;
}
