import type { Participant, Room, TextStreamHandler } from 'livekit-client';

import type { CaptionUpdate, Speaker } from '@/call/captions';
import {
  ATTRIBUTE_PUBLISH_ON_BEHALF,
  ATTRIBUTE_SEGMENT_ID,
  ATTRIBUTE_TRANSCRIBED_TRACK_ID,
  ATTRIBUTE_TRANSCRIPTION_FINAL,
} from '@/contract/generated';

import { viewOf } from './livekit-views';

/**
 * Reads caption streams. The agent's come as one stream of pieces for each segment; a person's as a new stream of the
 * whole text for each update. Both are told as the whole text so far.
 */
export function captionsOf(room: Room, tell: (caption: CaptionUpdate) => void): TextStreamHandler {
  return async (reader, { identity }) => {
    const attributes = () => reader.info.attributes ?? {};
    const trackId = attributes()[ATTRIBUTE_TRANSCRIBED_TRACK_ID];
    const speaker = findSpeaker(room, trackId, identity);
    const base = {
      segmentId: attributes()[ATTRIBUTE_SEGMENT_ID] ?? reader.info.id,
      speaker: speaker === undefined ? ('other' as const) : roleOf(speaker),
      name: speaker === undefined ? identity : viewOf(speaker).name,
    };
    let text = '';
    try {
      for await (const piece of reader) {
        text += piece;
        tell({ ...base, text, final: false });
      }
    } catch {
      // The sender left in the middle of a segment. What was shown stays.
    }
    // An agent's segment is complete when its stream ends; a person's only when it says so.
    const final = base.speaker === 'agent' || attributes()[ATTRIBUTE_TRANSCRIPTION_FINAL] === 'true';
    tell({ ...base, text, final });
  };
}

/**
 * Whose words they are: the owner of the track that was transcribed, else the sender of the stream. Only an agent may say
 * what somebody else said: another person who does is shown as the one who says it.
 */
function findSpeaker(room: Room, trackId: string | undefined, identity: string): Participant | undefined {
  const everyone: Participant[] = [room.localParticipant, ...room.remoteParticipants.values()];
  const owner = everyone.find((one) => trackId !== undefined && one.trackPublications.has(trackId));
  const sender = everyone.find((one) => one.identity === identity);
  return sender !== undefined && roleOf(sender) === 'other' ? sender : (owner ?? sender);
}

function roleOf(participant: Participant): Speaker {
  if (participant.isLocal) return 'self';
  const isAgent = viewOf(participant).isAgent || participant.attributes[ATTRIBUTE_PUBLISH_ON_BEHALF] !== undefined;
  return isAgent ? 'agent' : 'other';
}
