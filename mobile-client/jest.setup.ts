import mockStorage from '@react-native-async-storage/async-storage/jest/async-storage-mock';

jest.mock('@react-native-async-storage/async-storage', () => mockStorage);

// The real one needs the native module of WebRTC. Screens get a room from `testing/fake-rtc.tsx`.
jest.mock('@/rtc/rtc', () => ({ rtc: undefined }));

jest.mock('expo-localization', () => ({ getLocales: () => [{ languageCode: 'en', languageTag: 'en-GB' }] }));

jest.mock('expo-font', () => ({ ...jest.requireActual('expo-font'), useFonts: () => [true, null] }));
