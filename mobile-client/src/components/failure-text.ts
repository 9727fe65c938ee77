import type { TFunction } from 'i18next';
import { Platform } from 'react-native';

import type { Failure } from '@/call/failures';

export interface FailureText {
  title: string;
  message: string;
  /** What the server said itself, in its own language. */
  quoted: string | null;
}

/** A failure in the user's words. */
export function failureText(t: TFunction, failure: Failure): FailureText {
  const quote = (message: string | null) => (message === null ? null : t('failure.serverSays', { message }));
  const text = (title: string, message: string, quoted: string | null = null): FailureText => ({
    title,
    message,
    quoted,
  });
  switch (failure.kind) {
    case 'server-unreachable':
      return text(t('failure.unreachableTitle'), t('failure.unreachable', { address: failure.address }));
    case 'server-slow':
      return text(t('failure.slowTitle'), t('failure.slow', { address: failure.address }));
    case 'server-fault':
      return text(t('failure.faultTitle'), t('failure.fault', { status: failure.status }), quote(failure.message));
    case 'wrong-answer':
      return text(t('failure.wrongAnswerTitle'), t('failure.wrongAnswer', { address: failure.address }));
    case 'refused':
      return text(t('failure.refusedTitle'), t('failure.refused', { status: failure.status }), quote(failure.message));
    case 'unauthorized':
      return text(t('failure.unauthorizedTitle'), t('failure.unauthorized'), quote(failure.message));
    case 'permission-denied':
      return text(
        failure.media.length > 1
          ? t('failure.bothDeniedTitle')
          : failure.media[0] === 'camera'
            ? t('failure.cameraDeniedTitle')
            : t('failure.microphoneDeniedTitle'),
        Platform.OS === 'web' ? t('failure.deniedWeb') : t('failure.deniedNative'),
      );
    case 'media-missing':
      return text(
        t('failure.missingTitle'),
        failure.media.length > 1
          ? t('failure.missingBoth')
          : failure.media[0] === 'camera'
            ? t('failure.missingCamera')
            : t('failure.missingMicrophone'),
      );
    case 'media-insecure':
      return text(t('failure.insecureTitle'), t('failure.insecure'));
    case 'room-unreachable':
      return text(t('failure.roomUnreachableTitle'), t('failure.roomUnreachable'));
    case 'room-refused':
      return text(t('failure.roomRefusedTitle'), t('failure.roomRefused'));
    case 'token-expired':
      return text(t('failure.tokenExpiredTitle'), t('failure.tokenExpired'));
    case 'connection-lost':
      return text(t('failure.connectionLostTitle'), t('failure.connectionLost'));
    case 'joined-elsewhere':
      return text(t('failure.joinedElsewhereTitle'), t('failure.joinedElsewhere'));
    case 'removed':
      return text(t('failure.removedTitle'), t('failure.removed'));
  }
}
