import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react';

import { useRtc } from '@/rtc/rtc-context';
import { MediaError, RoomConnectError, type CallRoom, type MediaAnswer, type Rtc } from '@/rtc/rtc.types';
import { useServerClient } from '@/server/use-server-client';

import { useDeadlines } from './deadlines';
import { tokenExpiry, type Failure, type MediaKind, type NoticeTopic } from './failures';
import type { CallIntent } from './intent';
import { callReducer, initialCall, type CallState } from './state';

export interface Call {
  state: CallState;
  room: CallRoom | null;
  /** The devices that this attempt asked for. */
  wanted: MediaKind[];
  /** The devices that are being opened. It takes a while when the network is lost. */
  opening: ReadonlySet<MediaKind>;
  leave(): void;
  /** Starts over, with only the devices that `media` names; when it is absent, with those that the user last had open. */
  retry(media?: MediaKind[]): void;
  toggle(media: MediaKind): Promise<void>;
  /** Opens a device that was taken away or did not open. */
  reopen(media: MediaKind): Promise<void>;
  invite(avatarName: string | null): Promise<void>;
  sendChat(text: string): Promise<void>;
  startAudio(): Promise<void>;
  dismiss(topic: NoticeTopic): void;
}

/** A device that is being opened, in the room that asked for it. */
interface Opening {
  room: CallRoom;
  media: MediaKind;
}

/** Which attempt runs: a new one makes everything anew. */
interface Attempt {
  number: number;
  media: MediaKind[];
}

const wantedMedia = (intent: CallIntent): MediaKind[] => [
  ...(intent.microphone ? (['microphone'] as const) : []),
  ...(intent.camera ? (['camera'] as const) : []),
];

/** Runs one call: permissions, token, room, and everything that may go wrong with them. */
export function useCall(intent: CallIntent): Call {
  const rtc = useRtc();
  const deadlines = useDeadlines();
  const server = useServerClient(intent.server, intent.accessKey);
  const [state, dispatch] = useReducer(callReducer, initialCall);
  const [room, setRoom] = useState<CallRoom | null>(null);
  const currentRoom = useRef<CallRoom | null>(null);
  const [attempt, setAttempt] = useState<Attempt>({ number: 0, media: wantedMedia(intent) });
  const sent = useRef(0);
  // What the user wants open now: rejoining must not open a microphone that was muted.
  const chosen = useRef<MediaKind[]>(attempt.media);
  const [openings, setOpenings] = useState<Opening[]>([]);

  const openDevice = useCallback(async (room: CallRoom, media: MediaKind) => {
    const opening = { room, media };
    setOpenings((all) => [...all, opening]);
    try {
      await room.setMedia(media, true);
    } finally {
      setOpenings((all) => all.filter((one) => one !== opening));
    }
  }, []);

  useEffect(() => {
    let current = true;
    chosen.current = attempt.media;
    const room = rtc.createRoom();
    const unsubscribe = room.subscribe((event) => dispatch({ type: 'room', event, now: Date.now() }));
    const fail = (failure: Failure) => {
      // A room that is still trying must not come to life behind the message.
      void room.close();
      if (current) dispatch({ type: 'failed', failure });
    };

    const run = async () => {
      dispatch({ type: 'started' });
      const refused = await settlePermissions(attempt.media, rtc.requestMedia);
      if (!current) return;
      if (refused !== null) return fail(refused);
      dispatch({ type: 'permissions-settled' });

      const answer = await server.joinRoom({
        room_name: intent.room,
        participant_name: intent.name,
        mic_enabled: attempt.media.includes('microphone'),
        camera_enabled: attempt.media.includes('camera'),
        invite_avatar: intent.inviteAvatar,
        ...(intent.inviteAvatar && intent.avatarName !== null ? { avatar_name: intent.avatarName } : {}),
      });
      if (!current) return;
      if (!answer.ok) return fail(answer.failure);
      const { token, room_name, avatar_name, avatar_invited, livekit_url } = answer.value;
      dispatch({ type: 'admitted', roomName: room_name, avatarName: avatar_name, tokenExpiry: tokenExpiry(token) });

      try {
        await withDeadline(room.connect(livekit_url, token), deadlines.roomConnected);
      } catch (error) {
        const refused = error instanceof RoomConnectError && error.refused;
        return fail({ kind: refused ? 'room-refused' : 'room-unreachable' });
      }
      if (!current) return;
      currentRoom.current = room;
      setRoom(room);
      dispatch({ type: 'connected', invited: avatar_invited, asked: intent.inviteAvatar, now: Date.now() });
      for (const media of attempt.media) {
        if (!current) return;
        // Who closed it while another one was opening wants it closed.
        if (!chosen.current.includes(media)) continue;
        await openDevice(room, media).catch((error: unknown) => {
          const denied = error instanceof MediaError && error.denied;
          if (current) dispatch({ type: 'notice', notice: { kind: 'media-failed', media, denied } });
        });
      }
    };
    void run();

    return () => {
      current = false;
      unsubscribe();
      currentRoom.current = null;
      setRoom(null);
      void room.close();
    };
    // A call is about the intent that it began with.
  }, [attempt, deadlines.roomConnected, intent, openDevice, rtc, server]);

  // Whatever ended the call, its room is closed: a half-dead one must not go on reconnecting behind the message.
  const over = state.phase === 'failed' || state.phase === 'left';
  useEffect(() => {
    if (over) void room?.close();
  }, [over, room]);

  useEffect(() => {
    if (!state.awaitingAgent) return;
    const timer = setTimeout(() => dispatch({ type: 'agent-overdue' }), deadlines.agentArrival);
    return () => clearTimeout(timer);
  }, [state.awaitingAgent, deadlines.agentArrival]);

  useEffect(() => {
    if (!state.reconnecting) return;
    const timer = setTimeout(
      () => dispatch({ type: 'room', event: { type: 'disconnected', cause: 'lost' }, now: Date.now() }),
      deadlines.reconnected,
    );
    return () => clearTimeout(timer);
  }, [state.reconnecting, deadlines.reconnected]);

  const leave = useCallback(() => dispatch({ type: 'left' }), []);

  const retry = useCallback(
    (media?: MediaKind[]) => setAttempt(({ number }) => ({ number: number + 1, media: media ?? chosen.current })),
    [],
  );

  const setMedia = useCallback(
    async (media: MediaKind, open: boolean) => {
      if (room === null) return;
      if (open) {
        const answer = (await rtc.requestMedia([media])).get(media);
        if (answer !== 'granted') {
          dispatch({ type: 'notice', notice: { kind: 'media-failed', media, denied: answer === 'denied' } });
          return;
        }
      }
      const others = chosen.current.filter((kind) => kind !== media);
      // Now rather than when it is done: the network may be lost meanwhile.
      chosen.current = open ? [...others, media] : others;
      if (!open) setOpenings((all) => all.filter((one) => one.media !== media));
      const failed = await (open ? openDevice(room, media) : room.setMedia(media, false)).then(
        () => null,
        (error: unknown) => ({ denied: error instanceof MediaError && error.denied }),
      );
      // What became of a device of an earlier call is nobody's concern.
      if (room !== currentRoom.current) return;
      if (failed === null) {
        dispatch({ type: 'room', event: { type: 'media-back', media }, now: Date.now() });
      } else {
        dispatch({ type: 'notice', notice: { kind: 'media-failed', media, denied: failed.denied } });
      }
    },
    [openDevice, room, rtc],
  );

  const opening = useMemo(
    () => new Set(openings.filter((one) => one.room === room).map((one) => one.media)),
    [openings, room],
  );
  // Who presses the button while it opens takes it back.
  const toggle = useCallback(
    (media: MediaKind) => setMedia(media, !state.media[media] && !opening.has(media)),
    [opening, setMedia, state.media],
  );

  const reopen = useCallback(
    async (media: MediaKind) => {
      // A dead track is still published: it is closed first, so that opening gets a new one.
      if (room !== null && state.media[media]) await room.setMedia(media, false).catch(() => undefined);
      await setMedia(media, true);
    },
    [room, setMedia, state.media],
  );

  const invite = useCallback(
    async (avatarName: string | null) => {
      const answer = await server.inviteAvatar({
        room_name: state.roomName,
        ...(avatarName === null ? {} : { avatar_name: avatarName }),
      });
      if (answer.ok) {
        dispatch({ type: 'invited', avatarName: answer.value.avatar_name, invited: answer.value.avatar_invited });
      } else {
        dispatch({ type: 'notice', notice: { kind: 'invite-failed', failure: answer.failure } });
      }
    },
    [server, state.roomName],
  );

  const sendChat = useCallback(
    async (text: string) => {
      try {
        if (room === null) throw new Error('no room');
        await room.sendChat(text);
        sent.current += 1;
        dispatch({ type: 'typed', id: `typed-${sent.current}`, text, now: Date.now() });
      } catch {
        dispatch({ type: 'notice', notice: { kind: 'chat-failed', text } });
      }
    },
    [room],
  );

  const startAudio = useCallback(async () => room?.startAudio(), [room]);
  const dismiss = useCallback((topic: NoticeTopic) => dispatch({ type: 'dismissed', topic }), []);

  return {
    state,
    room,
    wanted: attempt.media,
    opening,
    leave,
    retry,
    toggle,
    reopen,
    invite,
    sendChat,
    startAudio,
    dismiss,
  };
}

/** Asks for the devices. Null when all may be used. */
async function settlePermissions(media: MediaKind[], request: Rtc['requestMedia']): Promise<Failure | null> {
  const answers = media.length === 0 ? new Map<MediaKind, MediaAnswer>() : await request(media);
  const having = (wanted: MediaAnswer) => media.filter((kind) => answers.get(kind) === wanted);
  if (having('insecure').length > 0) return { kind: 'media-insecure' };
  if (having('denied').length > 0) return { kind: 'permission-denied', media: having('denied') };
  return having('missing').length > 0 ? { kind: 'media-missing', media: having('missing') } : null;
}

async function withDeadline<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RoomConnectError(false)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
