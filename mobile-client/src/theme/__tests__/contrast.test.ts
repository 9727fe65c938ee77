import { themes, type ColorName, type Theme } from '../theme';

/** Relative luminance and contrast as WCAG 2 defines them. */
function luminance(hex: string): number {
  const channels = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
  const [red, green, blue] = channels.map((value) =>
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * (red ?? NaN) + 0.7152 * (green ?? NaN) + 0.0722 * (blue ?? NaN);
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return ((light ?? NaN) + 0.05) / ((dark ?? NaN) + 0.05);
}

/** Every pair of text and what lies behind it that the components use. */
const TEXT: [ColorName, ColorName][] = [
  ['ink', 'canvas'],
  ['ink', 'surface'],
  ['ink', 'raised'],
  ['canvas', 'ink'],
  ['muted', 'canvas'],
  ['muted', 'surface'],
  ['muted', 'raised'],
  ['muted', 'accent-soft'],
  ['on-accent', 'accent'],
  ['on-accent-soft', 'accent-soft'],
  ['on-danger', 'danger'],
  ['on-danger-soft', 'danger-soft'],
  ['on-warning-soft', 'warning-soft'],
  ['danger', 'canvas'],
  ['danger', 'surface'],
];

/** The outlines of controls, and what tells a switch that is on. */
const CONTROLS: [ColorName, ColorName][] = [
  ['control-line', 'canvas'],
  ['control-line', 'surface'],
  ['accent', 'canvas'],
  ['accent', 'surface'],
  ['danger', 'canvas'],
];

const inBoth = (pairs: [ColorName, ColorName][]) =>
  (Object.keys(themes) as Theme[]).flatMap((theme) => pairs.map(([front, back]) => [theme, front, back] as const));

test('black on white has the contrast that the standard gives', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
});

test.each(inBoth(TEXT))('%s: %s on %s can be read', (theme, front, back) => {
  expect(contrast(themes[theme][front], themes[theme][back])).toBeGreaterThanOrEqual(4.5);
});

test.each(inBoth(CONTROLS))('%s: %s on %s can be seen', (theme, front, back) => {
  expect(contrast(themes[theme][front], themes[theme][back])).toBeGreaterThanOrEqual(3);
});
