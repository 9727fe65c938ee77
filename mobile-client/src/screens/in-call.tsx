import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ScrollView, Text, useWindowDimensions, View } from 'react-native';

import type { CallIntent } from '@/call/intent';
import { stageOf } from '@/call/participants';
import type { Call } from '@/call/use-call';
import { AgentStatePill, type ShownAgentState } from '@/components/agent-state-pill';
import { CallControls } from '@/components/call-controls';
import { Captions } from '@/components/captions';
import { ChatInput } from '@/components/chat-input';
import { DetailsSheet } from '@/components/details-sheet';
import { DetailsIcon } from '@/components/icons/icons';
import { Notices } from '@/components/notices';
import { RoundButton } from '@/components/round-button';
import { Stage } from '@/components/stage';
import { DEFAULT_AVATAR_NAME } from '@/contract/generated';
import { textScale } from '@/theme/text-scale';

interface InCallProps {
  call: Call;
  intent: CallIntent;
  draft: string;
  onDraft: (draft: string) => void;
}

/** Pictures and conversation stand side by side from the first width on, and from the second when a phone lies. */
const WIDE = 720;
const WIDE_LYING = 560;
/** Where they stand one above the other: the pictures' share, and what each gets at least, in pixels. */
const STAGE_SHARE = 0.64;
const LEAST_STAGE = 144;
/** What they get at least where they hold text, for each step of its size. */
const LEAST_STAGE_TEXT = 100;
const LEAST_CAPTIONS = 72;
/** Above the pictures, in pixels. */
const GAP = 8;

/** The call itself. The line to write in and the buttons are never scrolled away: pictures and captions give way. */
export function InCall({ call, intent, draft, onDraft }: InCallProps) {
  const { t } = useTranslation();
  const { width, height } = useWindowDimensions();
  const [detailsOpen, setDetailsOpen] = useState(false);
  const { state } = call;
  const { agent } = stageOf(state.participants);
  // Before the agent is there, it is whoever would be invited.
  const name = agent?.name ?? intent.avatarName ?? (state.avatarName || DEFAULT_AVATAR_NAME);
  const shown: ShownAgentState =
    agent === null ? (state.awaitingAgent ? 'coming' : 'absent') : (state.agentState ?? 'initializing');
  const invite = () => void call.invite(intent.avatarName);
  const wide = width >= WIDE || (width > height && width >= WIDE_LYING);

  const controls = (
    <CallControls call={call} invitee={agent === null && !state.awaitingAgent ? name : null} onInvite={invite} />
  );
  const notices = <Notices call={call} name={name} onInvite={invite} />;
  const stage = <Stage call={state} name={name} />;
  const captions = <Captions captions={state.captions} agentName={name} />;
  const input = <ChatInput draft={draft} onDraft={onDraft} onSend={(text) => void call.sendChat(text)} />;
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
      {wide ? (
        <>
          <ScrollView className="max-h-[40%] grow-0" contentContainerClassName="px-4">
            {notices}
          </ScrollView>
          <View className="min-h-0 flex-1 flex-row gap-6 px-4 pb-4 pt-2">
            <View className="flex-[3] gap-4">
              {stage}
              {controls}
            </View>
            <View className="min-w-[280px] max-w-[440px] flex-[2] gap-2">
              {captions}
              {input}
            </View>
          </View>
        </>
      ) : (
        <>
          <Column notices={notices} stage={stage} captions={captions} />
          <View className="gap-3 px-4 pb-3 pt-2">
            {input}
            {controls}
          </View>
        </>
      )}
      {detailsOpen ? <DetailsSheet call={state} onClose={() => setDetailsOpen(false)} /> : null}
    </View>
  );
}

type ColumnProps = Record<'notices' | 'stage' | 'captions', ReactNode>;

/** One above the other, in whatever height is left; where that is less than they need at least, the whole scrolls. */
function Column({ notices, stage, captions }: ColumnProps) {
  const [whole, setWhole] = useState(0);
  const [taken, setTaken] = useState(0);
  const scale = Math.max(1, textScale());
  const rest = whole - taken - GAP;
  const leastCaptions = LEAST_CAPTIONS * scale;
  const share = Math.min(rest * STAGE_SHARE, rest - leastCaptions);
  const stageHeight = Math.floor(Math.max(LEAST_STAGE, LEAST_STAGE_TEXT * scale, share));
  return (
    <ScrollView
      className="flex-1"
      contentContainerClassName="px-4"
      contentContainerStyle={{ paddingTop: GAP }}
      keyboardShouldPersistTaps="handled"
      onLayout={({ nativeEvent }) => setWhole(nativeEvent.layout.height)}
    >
      <View onLayout={({ nativeEvent }) => setTaken(nativeEvent.layout.height)}>{notices}</View>
      <View style={{ height: stageHeight }}>{stage}</View>
      <View className="pt-2" style={{ height: Math.floor(Math.max(leastCaptions, rest - stageHeight)) }}>
        {captions}
      </View>
    </ScrollView>
  );
}
