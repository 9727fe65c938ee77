import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ActivityIndicator, BackHandler, KeyboardAvoidingView, Platform, Text, View } from 'react-native';
import { useSafeAreaInsets } from 'react-native-safe-area-context';

import type { CallIntent } from '@/call/intent';
import type { CallState } from '@/call/state';
import { useCall } from '@/call/use-call';
import { FailurePanel } from '@/components/failure-panel';
import { CloseIcon } from '@/components/icons/icons';
import { RoundButton } from '@/components/round-button';
import { useRtc } from '@/rtc/rtc-context';
import { useColors } from '@/theme/theme';

import { InCall } from './in-call';

interface CallScreenProps {
  intent: CallIntent;
  /** The call is over. */
  onLeft: () => void;
  /** There was no call, or it failed. */
  onBack: () => void;
}

export function CallScreen({ intent, onLeft, onBack }: CallScreenProps) {
  const { RoomAudio } = useRtc();
  const call = useCall(intent);
  const { state } = call;
  const insets = useSafeAreaInsets();
  // Here, above every layout: what is half written survives a turn of the phone, and a call that is lost and rejoined.
  const [draft, setDraft] = useState('');

  const left = state.phase === 'left';
  const onLeftNow = useRef(onLeft);
  useEffect(() => {
    onLeftNow.current = onLeft;
  });
  useEffect(() => {
    if (left) onLeftNow.current();
  }, [left]);

  const { leave } = call;
  useEffect(() => {
    if (Platform.OS !== 'android') return;
    const subscription = BackHandler.addEventListener('hardwareBackPress', () => {
      leave();
      return true;
    });
    return () => subscription.remove();
  }, [leave]);

  return (
    <KeyboardAvoidingView
      testID="call-screen"
      behavior={Platform.OS === 'ios' ? 'padding' : undefined}
      className="flex-1 bg-canvas"
      style={{
        paddingTop: insets.top,
        paddingBottom: insets.bottom,
        paddingLeft: insets.left,
        paddingRight: insets.right,
      }}
    >
      {state.phase === 'failed' && state.failure !== null ? (
        <FailurePanel failure={state.failure} wanted={call.wanted} onRetry={call.retry} onBack={onBack} />
      ) : state.phase === 'in-call' ? (
        <InCall call={call} intent={intent} draft={draft} onDraft={setDraft} />
      ) : (
        <Preparing phase={state.phase} onLeave={leave} />
      )}
      {call.room === null || state.phase !== 'in-call' ? null : <RoomAudio room={call.room} />}
    </KeyboardAvoidingView>
  );
}

function Preparing({ phase, onLeave }: { phase: CallState['phase']; onLeave: () => void }) {
  const { t } = useTranslation();
  const colors = useColors();
  const text =
    phase === 'permissions' ? t('call.permissions') : phase === 'asking' ? t('call.asking') : t('call.connecting');
  return (
    <View className="flex-1 items-center justify-center gap-6 px-6">
      <ActivityIndicator size="large" color={colors.accent} aria-hidden />
      <Text testID="progress" role="status" aria-live="polite" className="text-center font-body text-base text-muted">
        {text}
      </Text>
      <RoundButton testID="leave-button" look="plain" label={t('call.leave')} icon={CloseIcon} onPress={onLeave} />
    </View>
  );
}
