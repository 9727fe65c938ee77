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
  transformIgnorePatterns: [
    '/node_modules/(?!(.pnpm|react-native|@react-native|@react-native-community|expo|@expo|@expo-google-fonts|react-navigation|@react-navigation|native-base|nativewind|react-native-css-interop|react-native-svg|standard-navigation|i18next|react-i18next|valibot|@livekit|livekit-client))',
  ],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/android/', '/ios/'],
};
