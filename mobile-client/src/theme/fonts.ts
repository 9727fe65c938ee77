import { Figtree_400Regular } from '@expo-google-fonts/figtree/400Regular';
import { Figtree_500Medium } from '@expo-google-fonts/figtree/500Medium';
import { Figtree_600SemiBold } from '@expo-google-fonts/figtree/600SemiBold';

/** The app's own type, by the names that `tailwind.config.js` uses. */
export const fonts = {
  'Figtree-Regular': Figtree_400Regular,
  'Figtree-Medium': Figtree_500Medium,
  'Figtree-SemiBold': Figtree_600SemiBold,
};
