import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { View } from 'react-native';

import { topicOf, type MediaKind, type Notice } from '@/call/failures';
import type { Call } from '@/call/use-call';
import { useRtc } from '@/rtc/rtc-context';

import { Banner, type BannerAction } from './banner';
import { failureText } from './failure-text';

interface NoticesProps {
  call: Call;
  name: string;
  onInvite: () => void;
}

/** What is wrong inside a call that goes on, each with its way on. */
export function Notices({ call, name, onInvite }: NoticesProps) {
  const { t } = useTranslation();
  const { openSettings } = useRtc();
  const { state } = call;
  if (!state.reconnecting && !state.interrupted && !state.audioBlocked && state.notices.length === 0) return null;
  return (
    <View className="gap-2 pb-2">
      {state.reconnecting || state.interrupted ? (
        <Banner testID="reconnecting-banner" look="warning" message={t('call.reconnecting')} />
      ) : null}
      {state.audioBlocked ? (
        <Banner
          look="calm"
          message={t('call.soundHeld')}
          action={{ label: t('call.tapToHear'), testID: 'start-audio', onPress: () => void call.startAudio() }}
        />
      ) : null}
      {state.notices.map((notice) => (
        <Banner
          key={topicOf(notice)}
          testID="error-message"
          look="danger"
          alert
          message={messageOf(t, notice, name)}
          action={actionOf(notice)}
          dismiss={{ label: t('join.dismiss'), onPress: () => call.dismiss(topicOf(notice)) }}
        />
      ))}
    </View>
  );

  function actionOf(notice: Notice): BannerAction {
    switch (notice.kind) {
      case 'agent-absent':
      case 'agent-left':
      case 'avatar-unavailable':
      case 'invite-failed':
        return { label: t('notice.inviteAgain'), testID: 'invite-again', onPress: onInvite };
      case 'media-lost':
        return turnOn(notice.media);
      case 'media-failed':
        return notice.denied && openSettings !== null
          ? { label: t('failure.settings'), testID: 'settings-button', onPress: () => void openSettings() }
          : turnOn(notice.media);
      case 'chat-failed':
        return {
          label: t('notice.sendAgain'),
          testID: 'send-again',
          onPress: () => void call.sendChat(notice.text),
        };
    }
  }

  function turnOn(media: MediaKind): BannerAction {
    return { label: t('notice.turnOn'), testID: `${media}-again`, onPress: () => void call.reopen(media) };
  }
}

function messageOf(t: TFunction, notice: Notice, name: string): string {
  switch (notice.kind) {
    case 'agent-absent':
      return t('notice.agentAbsent', { name });
    case 'agent-left':
      return t('notice.agentLeft', { name });
    case 'avatar-unavailable':
      return t('notice.unavailable', { name });
    case 'invite-failed': {
      const { message, quoted } = failureText(t, notice.failure);
      return [t('notice.inviteFailed'), quoted ?? message].join(' ');
    }
    case 'media-lost':
      return notice.media === 'camera' ? t('notice.cameraLost') : t('notice.microphoneLost');
    case 'media-failed':
      if (notice.denied) {
        return notice.media === 'camera' ? t('notice.cameraDenied') : t('notice.microphoneDenied');
      }
      return notice.media === 'camera' ? t('notice.cameraFailed') : t('notice.microphoneFailed');
    case 'chat-failed':
      return t('notice.chatFailed');
  }
}
