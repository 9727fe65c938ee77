import Constants from 'expo-constants';
import { Platform } from 'react-native';

import { DEFAULT_PORT } from './address';

/** Where the server is when nobody has said so yet. */
export function defaultAddress(): string {
  const configured = process.env.EXPO_PUBLIC_SERVER_URL;
  if (configured) {
    return configured;
  }
  if (Platform.OS === 'web') {
    return window.location.origin;
  }
  // In development the computer that serves the app very likely runs the server too.
  const host = Constants.expoConfig?.hostUri?.split(':')[0];
  if (host && host !== 'localhost' && host !== '127.0.0.1') {
    return `http://${host}:${DEFAULT_PORT}`;
  }
  return Platform.OS === 'android' ? `http://10.0.2.2:${DEFAULT_PORT}` : `http://localhost:${DEFAULT_PORT}`;
}

/** The web app comes from its server, so that there is nothing to choose. */
export const serverIsFixed = Platform.OS === 'web';
