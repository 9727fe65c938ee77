import '@/global.css';
import '@/i18n';
import '@/theme/web-styles';

import { Stack } from 'expo-router';
import { StatusBar } from 'expo-status-bar';
import { SafeAreaProvider } from 'react-native-safe-area-context';

import { CallSessionProvider } from '@/call/session-provider';
import { useColors } from '@/theme/theme';
import { useAppFonts } from '@/theme/use-app-fonts';

export default function RootLayout() {
  const canShowText = useAppFonts();
  const colors = useColors();
  if (!canShowText) return null;
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
