import { PixelRatio } from 'react-native';

/** How much larger than usual the user wants text. */
export const textScale = (): number => PixelRatio.getFontScale();
