import { Platform } from 'react-native';

/** `data-` attributes on the web, where tests and style sheets read them; nothing on phones. */
export function webData(values: Record<string, string>): object {
  return Platform.OS === 'web' ? { dataSet: values } : {};
}
