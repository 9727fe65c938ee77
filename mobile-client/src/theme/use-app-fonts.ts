import { useFonts } from 'expo-font';

import { fonts } from './fonts';

/** Loads the app's own type. True once text can be shown: without its own type the app still works, in the system's. */
export function useAppFonts(): boolean {
  const [loaded, failed] = useFonts(fonts);
  return loaded || failed !== null;
}
