import { Platform } from 'react-native';
import BackgroundActions from 'react-native-background-actions';
import { check, PERMISSIONS, RESULTS } from 'react-native-permissions';

import { i18n } from '@/i18n';

let finish: (() => void) | null = null;

/**
 * Keeps the microphone of a call open when the app is not in front. Android wants a service with a notification for
 * that; on iOS the background mode `audio` does it.
 */
export async function holdBackground(): Promise<void> {
  if (Platform.OS !== 'android' || finish !== null) return;
  // A service of this type may not start without the permission: a call that only listens does without it.
  if ((await check(PERMISSIONS.ANDROID.RECORD_AUDIO)) !== RESULTS.GRANTED) return;
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  await BackgroundActions.start(() => over, {
    taskName: 'visavis-call',
    taskTitle: i18n.t('background.title'),
    taskDesc: i18n.t('background.text'),
    taskIcon: { name: 'ic_launcher', type: 'mipmap' },
    linkingURI: 'visavis://',
    foregroundServiceType: ['microphone'],
  });
}

export async function releaseBackground(): Promise<void> {
  if (finish === null) return;
  finish();
  finish = null;
  await BackgroundActions.stop();
}
