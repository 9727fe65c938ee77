import { useColorScheme } from 'react-native';

import palette from './palette.json';

export type Theme = keyof typeof palette;
export type ColorName = keyof (typeof palette)['light'];

export const themes: Record<Theme, Record<ColorName, string>> = palette;

/** The colours of the theme that is on, for what takes a colour rather than a class: icons and placeholders. */
export function useColors(): Record<ColorName, string> {
  return themes[useColorScheme() === 'dark' ? 'dark' : 'light'];
}
