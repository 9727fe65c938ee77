const plugin = require('tailwindcss/plugin');

const palette = require('./src/theme/palette.json');

/** The colours of one theme as CSS variables, so that the stylesheet, the icons and the tests share one source. */
const variables = (theme) =>
  Object.fromEntries(Object.entries(palette[theme]).map(([name, value]) => [`--${name}`, value]));

const colors = Object.fromEntries(Object.keys(palette.light).map((name) => [name, `var(--${name})`]));

/** Spacing is in pixels: with larger text only the text grows, so that a narrow screen keeps room for it. */
const spacing = Object.fromEntries(
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64].map((step) => [step, `${step * 4}px`]),
);

/** @type {import('tailwindcss').Config} */
module.exports = {
  content: ['./src/**/*.{ts,tsx}'],
  presets: [require('nativewind/preset')],
  darkMode: 'media',
  theme: {
    spacing: { ...spacing, px: '1px', 0.5: '2px', 1.5: '6px', 2.5: '10px', 3.5: '14px' },
    colors: { ...colors, transparent: 'transparent' },
    fontFamily: {
      body: ['Figtree-Regular', 'system-ui', 'sans-serif'],
      medium: ['Figtree-Medium', 'system-ui', 'sans-serif'],
      strong: ['Figtree-SemiBold', 'system-ui', 'sans-serif'],
    },
    fontSize: {
      sm: ['0.875rem', '1.25rem'],
      base: ['1rem', '1.5rem'],
      lg: ['1.125rem', '1.625rem'],
      xl: ['1.375rem', '1.75rem'],
      title: ['2rem', '2.375rem'],
    },
    extend: {
      borderRadius: { xl: '14px', '2xl': '20px', '3xl': '28px' },
    },
  },
  plugins: [
    plugin(({ addBase }) => {
      addBase({
        ':root': variables('light'),
        '@media (prefers-color-scheme: dark)': { ':root': variables('dark') },
      });
    }),
  ],
};
