import { useTranslation } from 'react-i18next';
import { Text, View } from 'react-native';

import type { AgentState } from '@/contract/generated';
import { webData } from '@/theme/web-attributes';

import { useAnnounce } from './use-announce';

/** `absent` and `coming` are ours: there is no agent yet that could tell. */
export type ShownAgentState = AgentState | 'absent' | 'coming';

const DOT: Record<ShownAgentState, string> = {
  absent: 'bg-control-line',
  coming: 'bg-control-line',
  initializing: 'bg-control-line',
  idle: 'bg-control-line',
  listening: 'bg-accent',
  thinking: 'bg-on-warning-soft',
  speaking: 'bg-accent',
};

const SURFACE: Record<ShownAgentState, string> = {
  absent: 'bg-raised',
  coming: 'bg-raised',
  initializing: 'bg-raised',
  idle: 'bg-raised',
  listening: 'bg-accent-soft',
  thinking: 'bg-warning-soft',
  speaking: 'bg-accent',
};

const INK: Record<ShownAgentState, string> = {
  absent: 'text-ink',
  coming: 'text-ink',
  initializing: 'text-ink',
  idle: 'text-ink',
  listening: 'text-on-accent-soft',
  thinking: 'text-on-warning-soft',
  speaking: 'text-on-accent',
};

/** What the agent is doing, for eyes and for screen readers. */
export function AgentStatePill({ name, state }: { name: string; state: ShownAgentState }) {
  const { t } = useTranslation();
  const word = t(`state.${state}`);
  const label = t('state.label', { name, state: word });
  useAnnounce(label);
  return (
    <View
      testID="agent-state"
      role="status"
      aria-live="polite"
      aria-label={label}
      accessible
      {...webData({ agentState: state })}
      className={`flex-row items-center gap-2 rounded-full px-3 py-1.5 ${SURFACE[state]}`}
    >
      <View className={`h-2 w-2 rounded-full ${state === 'speaking' ? 'bg-on-accent' : DOT[state]}`} />
      <Text className={`font-medium text-sm ${INK[state]}`}>{word}</Text>
    </View>
  );
}
