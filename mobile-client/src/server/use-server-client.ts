import { useMemo } from 'react';

import { useDeadlines } from '@/call/deadlines';

import { createServerClient, type ServerClient } from './client';

export function useServerClient(address: string, accessKey: string): ServerClient {
  const { serverAnswer: deadline } = useDeadlines();
  return useMemo(() => createServerClient({ address, accessKey, deadline }), [address, accessKey, deadline]);
}
