import type { AgentState } from '@/contract/generated';
import type { VideoHandle } from '@/rtc/rtc.types';

export type Quality = 'excellent' | 'good' | 'poor' | 'lost' | 'unknown';

/** A participant of the room, as far as the screen shows it. */
export interface ParticipantView {
  identity: string;
  name: string;
  isLocal: boolean;
  isAgent: boolean;
  /** Whose face and voice this participant is, if another's. */
  onBehalfOf: string | null;
  agentState: AgentState | null;
  video: VideoHandle | null;
  microphoneOn: boolean;
  speaking: boolean;
  quality: Quality;
}

/** Who is where on the screen. */
export interface Stage {
  agent: ParticipantView | null;
  /** The agent's face: its own camera, or that of the participant that acts for it. */
  agentVideo: VideoHandle | null;
  self: ParticipantView | null;
  others: ParticipantView[];
}

export function stageOf(participants: ParticipantView[]): Stage {
  const agent = participants.find((one) => one.isAgent && !one.isLocal && one.onBehalfOf === null) ?? null;
  const stand = agent === null ? null : participants.find((one) => one.onBehalfOf === agent.identity);
  return {
    agent,
    agentVideo: stand?.video ?? agent?.video ?? null,
    self: participants.find((one) => one.isLocal) ?? null,
    others: participants.filter((one) => !one.isLocal && !one.isAgent && one.onBehalfOf === null),
  };
}
