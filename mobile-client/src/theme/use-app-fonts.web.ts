import { Asset } from 'expo-asset';
import { useEffect } from 'react';

import { fonts } from './fonts';

/**
 * Loads the app's own type. `expo-font` would write a style element into the page, which the content security policy of
 * the served app does not allow; the CSS Font Loading API needs none. Text shows in the system's type until then.
 */
export function useAppFonts(): boolean {
  useEffect(() => {
    for (const [family, source] of Object.entries(fonts)) {
      const face = new FontFace(family, `url(${JSON.stringify(Asset.fromModule(source).uri)})`);
      document.fonts.add(face);
      // Without its own type the app still works.
      face.load().catch((error: unknown) => console.warn(`the type ${family} could not be loaded`, error));
    }
  }, []);
  return true;
}
