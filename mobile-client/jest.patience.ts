import { configure } from '@testing-library/react-native';

// A busy machine is no failure: what a test waits for comes, or the test fails for a reason.
configure({ asyncUtilTimeout: 20_000 });
