import { useTranslation } from 'react-i18next';
import { Modal, Pressable, ScrollView, Text, View } from 'react-native';
import { useSafeAreaInsets } from 'react-native-safe-area-context';

import type { CallState } from '@/call/state';
import { stageOf, type Quality } from '@/call/participants';
import { summaryOf } from '@/call/response-gap';

import { CloseIcon } from './icons/icons';
import { RoundButton } from './round-button';

interface DetailsSheetProps {
  call: CallState;
  onClose: () => void;
}

const seconds = (milliseconds: number, language: string) =>
  new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(milliseconds / 1000);

/** How good the call is, in figures. */
export function DetailsSheet({ call, onClose }: DetailsSheetProps) {
  const { t, i18n } = useTranslation();
  const insets = useSafeAreaInsets();
  const stage = stageOf(call.participants);
  const gap = summaryOf(call.gaps);
  const quality = (value: Quality) => t(`details.${value}`);
  return (
    <Modal transparent animationType="fade" onRequestClose={onClose} supportedOrientations={['portrait', 'landscape']}>
      <View className="flex-1 items-center justify-end md:justify-center">
        <Pressable
          aria-hidden
          accessible={false}
          focusable={false}
          tabIndex={-1}
          onPress={onClose}
          className="absolute inset-0 bg-canvas opacity-80"
        />
        <View
          testID="details-sheet"
          role="dialog"
          aria-modal
          aria-label={t('details.title')}
          className="max-h-[88%] w-full max-w-[480px] rounded-t-3xl border border-line bg-surface md:rounded-3xl"
        >
          <View className="flex-row items-center justify-between gap-3 py-3 pl-6 pr-3">
            <Text role="heading" aria-level={2} className="min-w-0 flex-1 font-strong text-lg text-ink">
              {t('details.title')}
            </Text>
            <RoundButton
              testID="details-close"
              look="bare"
              label={t('call.close')}
              icon={CloseIcon}
              onPress={onClose}
            />
          </View>
          <ScrollView
            contentContainerClassName="gap-6 px-6 pt-1"
            contentContainerStyle={{ paddingBottom: insets.bottom + 28 }}
          >
            <View className="gap-1">
              <Text className="font-medium text-sm text-muted">{t('details.gap')}</Text>
              <Text
                testID="response-gap"
                className={gap === null ? 'font-body text-base text-ink' : 'font-strong text-title text-ink'}
              >
                {gap === null
                  ? t('details.gapNone')
                  : t('details.gapValue', { last: seconds(gap.last, i18n.language) })}
              </Text>
              {gap === null ? null : (
                <Text className="font-body text-sm text-muted">
                  {t('details.gapMedian', { median: seconds(gap.median, i18n.language), count: gap.count })}
                </Text>
              )}
              <Text className="font-body text-sm text-muted">{t('details.gapHint')}</Text>
            </View>
            <View className="gap-3">
              <Fact
                label={t('details.connection')}
                value={quality(stage.self?.quality ?? 'unknown')}
                testID="own-quality"
              />
              {stage.agent === null ? null : (
                <Fact
                  label={t('details.agentConnection', { name: stage.agent.name })}
                  value={quality(stage.agent.quality)}
                  testID="agent-quality"
                />
              )}
              <Fact label={t('details.room')} value={call.roomName} selectable />
              <Fact
                label={t('details.people')}
                value={call.participants
                  .filter((one) => one.onBehalfOf === null)
                  .map((one) => one.name)
                  .join(', ')}
              />
            </View>
          </ScrollView>
        </View>
      </View>
    </Modal>
  );
}

interface FactProps {
  label: string;
  value: string;
  testID?: string;
  selectable?: boolean;
}

function Fact({ label, value, testID, selectable = false }: FactProps) {
  return (
    <View className="flex-row flex-wrap justify-between gap-x-4 gap-y-0.5 border-t border-line pt-3">
      <Text className="max-w-full font-body text-base text-muted">{label}</Text>
      <Text
        testID={testID}
        selectable={selectable}
        className="ml-auto max-w-full text-right font-medium text-base text-ink"
      >
        {value}
      </Text>
    </View>
  );
}
