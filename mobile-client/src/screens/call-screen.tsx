import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  ActivityIndicator,
  BackHandler,
  KeyboardAvoidingView,
  Platform,
  ScrollView,
  Text,
  useWindowDimensions,
  View,
} from 'react-native';
import { useSafeAreaInsets } from 'react-native-safe-area-context';

import type { CallIntent } from '@/call/intent';
import { stageOf } from '@/call/participants';
import type { CallState } from '@/call/state';
import { useCall } from '@/call/use-call';
import { AgentStatePill, type ShownAgentState } from '@/components/agent-state-pill';
import { CallControls } from '@/components/call-controls';
import { Conversation } from '@/components/conversation';
import { DetailsSheet } from '@/components/details-sheet';
import { FailurePanel } from '@/components/failure-panel';
import { CloseIcon, DetailsIcon } from '@/components/icons/icons';
import { Notices } from '@/components/notices';
import { RoundButton } from '@/components/round-button';
import { Stage } from '@/components/stage';
import { DEFAULT_AVATAR_NAME } from '@/contract/generated';
import { useRtc } from '@/rtc/rtc-context';
import { textScale } from '@/theme/text-scale';
import { useColors } from '@/theme/theme';

interface CallScreenProps {
  intent: CallIntent;
  /** The call is over. */
  onLeft: () => void;
  /** There was no call, or it failed. */
  onBack: () => void;
}

/** From here on the pictures and the conversation stand side by side. */
const WIDE = 720;
/** Above the pictures, and between them and the conversation, in pixels. */
const GAPS = 16;

export function CallScreen({ intent, onLeft, onBack }: CallScreenProps) {
  const { RoomAudio } = useRtc();
  const call = useCall(intent);
  const { state } = call;
  const insets = useSafeAreaInsets();

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
        <InCall call={call} intent={intent} />
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

function InCall({ call, intent }: { call: ReturnType<typeof useCall>; intent: CallIntent }) {
  const { t } = useTranslation();
  const { width } = useWindowDimensions();
  const [detailsOpen, setDetailsOpen] = useState(false);
  // The height that pictures and conversation share. With large text or notices they need more, and scroll.
  const [room, setRoom] = useState(0);
  const { state } = call;
  const { agent } = stageOf(state.participants);
  // Before the agent is there, it is whoever would be invited.
  const name = agent?.name ?? intent.avatarName ?? (state.avatarName || DEFAULT_AVATAR_NAME);
  const shown: ShownAgentState =
    agent === null ? (state.awaitingAgent ? 'coming' : 'absent') : (state.agentState ?? 'initializing');
  const invite = () => void call.invite(intent.avatarName);
  const wide = width >= WIDE;

  const controls = (
    <CallControls call={call} invitee={agent === null && !state.awaitingAgent ? name : null} onInvite={invite} />
  );
  const notices = <Notices call={call} name={name} onInvite={invite} />;
  const conversation = (
    <Conversation captions={state.captions} agentName={name} onSend={(text) => void call.sendChat(text)} />
  );
  return (
    <View className="flex-1">
      <View className="flex-row items-center gap-3 px-4 py-2">
        <View className="min-w-0 flex-1 flex-row flex-wrap items-center gap-x-3 gap-y-1">
          <Text role="heading" aria-level={1} numberOfLines={2} className="max-w-full font-strong text-lg text-ink">
            {name}
          </Text>
          <AgentStatePill name={name} state={shown} />
        </View>
        <RoundButton
          testID="details-button"
          look="bare"
          label={t('call.details')}
          icon={DetailsIcon}
          onPress={() => setDetailsOpen(true)}
        />
      </View>
      {wide ? <View className="px-4">{notices}</View> : null}
      {wide ? (
        <View className="flex-1 flex-row gap-6 px-4 pb-4 pt-2">
          <View className="flex-[3] gap-4">
            <Stage call={state} name={name} />
            {controls}
          </View>
          <View className="min-w-[280px] max-w-[440px] flex-[2]">{conversation}</View>
        </View>
      ) : (
        <>
          <ScrollView
            onLayout={({ nativeEvent }) => setRoom(nativeEvent.layout.height)}
            className="flex-1"
            contentContainerClassName="min-h-full gap-2 px-4 pt-2"
            keyboardShouldPersistTaps="handled"
          >
            {notices}
            <View style={{ height: Math.max(240, room * 0.58) }}>
              <Stage call={state} name={name} />
            </View>
            <View style={{ height: Math.max(170 * textScale(), room * 0.42 - GAPS) }}>{conversation}</View>
          </ScrollView>
          <View className="px-4 pb-3 pt-3">{controls}</View>
        </>
      )}
      {detailsOpen ? <DetailsSheet call={state} onClose={() => setDetailsOpen(false)} /> : null}
    </View>
  );
}
