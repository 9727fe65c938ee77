import { Redirect, router, useLocalSearchParams } from 'expo-router';

import { useCallSession } from '@/call/intent';
import { CallScreen } from '@/screens/call-screen';

export default function CallRoute() {
  const { name, room } = useLocalSearchParams<{ name?: string; room?: string }>();
  const session = useCallSession();
  // After a reload nobody has said yet that the devices may be opened: the join screen asks again.
  if (session.intent === null) {
    return <Redirect href={{ pathname: '/', params: { name, room } }} />;
  }
  const goBack = () => router.dismissTo('/');
  return (
    <CallScreen
      intent={session.intent}
      onLeft={() => {
        session.end();
        goBack();
      }}
      onBack={goBack}
    />
  );
}
