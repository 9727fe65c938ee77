import { useEffect } from 'react';
import { AccessibilityInfo, Platform } from 'react-native';

/** Has a text read out when it changes. Only iOS needs it: elsewhere live regions are read out by themselves. */
export function useAnnounce(text: string) {
  useEffect(() => {
    if (Platform.OS === 'ios') AccessibilityInfo.announceForAccessibility(text);
  }, [text]);
}
