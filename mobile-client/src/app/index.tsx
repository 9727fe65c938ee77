import { router, useLocalSearchParams } from 'expo-router';

import { useCallSession } from '@/call/intent';
import { JoinScreen } from '@/screens/join-screen';

export default function JoinRoute() {
  const { name, room } = useLocalSearchParams<{ name?: string; room?: string }>();
  const session = useCallSession();
  return (
    <JoinScreen
      prefill={{ name, room, accessKey: session.intent?.accessKey }}
      ended={session.ended}
      onDismissEnded={session.dismissEnded}
      onJoin={(intent) => {
        session.begin(intent);
        router.push({ pathname: '/call', params: { room: intent.room, name: intent.name } });
      }}
    />
  );
}
