// Packages that are published as modules, or as TypeScript: Jest has to translate them.
const TRANSFORMED = [
  '@expo',
  '@livekit',
  '@react-native',
  '@react-navigation',
  'expo',
  'i18next',
  'livekit-client',
  'nativewind',
  'react-i18next',
  'react-native',
  'standard-navigation',
  'valibot',
];

/** @type {import('jest').Config} */
module.exports = {
  preset: 'jest-expo',
  setupFiles: ['./jest.setup.ts'],
  setupFilesAfterEnv: ['./jest.patience.ts'],
  // Whole screens take their time on a busy machine.
  testTimeout: 60_000,
  moduleNameMapper: {
    '\\.css$': '<rootDir>/src/testing/no-styles.js',
    '^@/(.*)$': '<rootDir>/src/$1',
  },
  transformIgnorePatterns: [`/node_modules/(?!(${TRANSFORMED.join('|')}))`],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/android/', '/ios/'],
};
