import '@/global.css';
import '@/i18n';
import '@/theme/web-styles';

import { useFonts } from 'expo-font';
import { Stack } from 'expo-router';
import { StatusBar } from 'expo-status-bar';
import { SafeAreaProvider } from 'react-native-safe-area-context';

import { CallSessionProvider } from '@/call/session-provider';
import { fonts } from '@/theme/fonts';
import { useColors } from '@/theme/theme';

export default function RootLayout() {
  const [fontsLoaded, fontsFailed] = useFonts(fonts);
  const colors = useColors();
  // Without its own type the app still works, in the system's.
  if (!fontsLoaded && !fontsFailed) return null;
  return (
    <SafeAreaProvider>
      <CallSessionProvider>
        <StatusBar style="auto" />
        <Stack
          screenOptions={{ headerShown: false, animation: 'fade', contentStyle: { backgroundColor: colors.canvas } }}
        />
      </CallSessionProvider>
    </SafeAreaProvider>
  );
}
