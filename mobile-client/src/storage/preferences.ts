import AsyncStorage from '@react-native-async-storage/async-storage';
import * as v from 'valibot';

const KEY = 'visavis.preferences';

const preferences = v.object({
  name: v.optional(v.string()),
  server: v.optional(v.string()),
  microphone: v.optional(v.boolean()),
  camera: v.optional(v.boolean()),
  inviteAvatar: v.optional(v.boolean()),
  avatarName: v.optional(v.nullable(v.string())),
});

/** What the join screen remembers from the last call. Never a key or a token. */
export type Preferences = v.InferOutput<typeof preferences>;

/** What was remembered; nothing when there is nothing, or nothing that can be read. */
export async function loadPreferences(): Promise<Preferences> {
  try {
    const read = v.safeParse(preferences, JSON.parse((await AsyncStorage.getItem(KEY)) ?? '{}'));
    return read.success ? read.output : {};
  } catch {
    return {};
  }
}

/** Remembers; a device that cannot is no reason to stop a call. */
export async function savePreferences(values: Preferences): Promise<void> {
  await AsyncStorage.setItem(KEY, JSON.stringify(values)).catch(() => undefined);
}
