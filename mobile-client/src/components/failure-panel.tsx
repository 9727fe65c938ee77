import { useTranslation } from 'react-i18next';
import { ScrollView, Text, View } from 'react-native';

import type { Failure, MediaKind } from '@/call/failures';
import { useRtc } from '@/rtc/rtc-context';
import { useColors } from '@/theme/theme';

import { Button } from './button';
import { failureText } from './failure-text';
import { WarningIcon } from './icons/icons';
import { useAnnounce } from './use-announce';

interface FailurePanelProps {
  failure: Failure;
  /** The devices that this attempt wanted. */
  wanted: MediaKind[];
  onRetry: (media?: MediaKind[]) => void;
  onBack: () => void;
}

/** Failures of a call that was under way, after which one rejoins rather than tries again. */
const REJOIN = new Set<Failure['kind']>(['token-expired', 'connection-lost', 'joined-elsewhere', 'removed']);

/** Why there is no call, and every way on. */
export function FailurePanel({ failure, wanted, onRetry, onBack }: FailurePanelProps) {
  const { t } = useTranslation();
  const { openSettings } = useRtc();
  const colors = useColors();
  const text = failureText(t, failure);
  useAnnounce(`${text.title}. ${text.message}`);
  const without = withoutDevices(failure, wanted);
  const withoutLabel = {
    both: t('failure.withoutBoth'),
    microphone: t('failure.withoutMicrophone'),
    camera: t('failure.withoutCamera'),
  };
  return (
    <ScrollView className="flex-1" contentContainerClassName="min-h-full items-center justify-center px-6 py-5">
      <View className="w-full max-w-[420px] gap-6">
        <View className="gap-4">
          <View className="h-14 w-14 items-center justify-center rounded-full bg-danger-soft">
            <WarningIcon color={colors['on-danger-soft']} size={28} />
          </View>
          <View testID="error-message" role="alert" aria-live="assertive" className="gap-2">
            <Text role="heading" aria-level={1} className="font-strong text-xl text-ink">
              {text.title}
            </Text>
            <Text className="font-body text-base text-muted">{text.message}</Text>
            {text.quoted === null ? null : <Text className="font-body text-base text-muted">{text.quoted}</Text>}
          </View>
        </View>
        <View className="gap-3">
          {failure.kind === 'permission-denied' && openSettings !== null ? (
            <Button testID="settings-button" label={t('failure.settings')} onPress={() => void openSettings()} />
          ) : null}
          <Button
            testID="retry-button"
            label={REJOIN.has(failure.kind) ? t('failure.rejoin') : t('failure.retry')}
            look={failure.kind === 'permission-denied' && openSettings !== null ? 'quiet' : 'primary'}
            onPress={() => onRetry()}
          />
          {without === null ? null : (
            <Button
              testID="join-without-button"
              look="quiet"
              label={withoutLabel[without.label]}
              onPress={() => onRetry(without.media)}
            />
          )}
          <Button testID="back-button" look="quiet" label={t('failure.back')} onPress={onBack} />
        </View>
      </View>
    </ScrollView>
  );
}

/** The way on without the devices that failed, where there is one. */
function withoutDevices(
  failure: Failure,
  wanted: MediaKind[],
): { label: 'both' | MediaKind; media: MediaKind[] } | null {
  switch (failure.kind) {
    case 'permission-denied':
    case 'media-missing': {
      const first = failure.media[0];
      if (first === undefined) return null;
      return {
        label: failure.media.length > 1 ? 'both' : first,
        media: wanted.filter((kind) => !failure.media.includes(kind)),
      };
    }
    case 'media-insecure':
      return { label: 'both', media: [] };
    default:
      return null;
  }
}
