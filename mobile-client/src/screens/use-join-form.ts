import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { freshRoomName, nameProblem, type CallIntent } from '@/call/intent';
import { MAX_NAME_CHARS } from '@/contract/generated';
import { parseAddress, shownAddress } from '@/server/address';
import { defaultAddress, serverIsFixed } from '@/server/default-address';
import { usePersonas } from '@/server/use-personas';
import { loadPreferences, savePreferences } from '@/storage/preferences';

/** What an address of the app may say beforehand. */
export interface JoinPrefill {
  name?: string;
  room?: string;
  accessKey?: string;
}

interface JoinFormOptions {
  prefill: JoinPrefill;
  onJoin: (intent: CallIntent) => void;
}

type Field = 'name' | 'room' | 'server';

const DEFAULT_NAME = 'abel';

export function useJoinForm({ prefill, onJoin }: JoinFormOptions) {
  const { t } = useTranslation();
  const [name, setName] = useState(prefill.name ?? DEFAULT_NAME);
  const [room, setRoom] = useState(() => prefill.room ?? freshRoomName());
  const [server, setServer] = useState(() => shownAddress(defaultAddress()));
  const [accessKey, setAccessKey] = useState(prefill.accessKey ?? '');
  const [microphone, setMicrophone] = useState(true);
  const [camera, setCamera] = useState(true);
  const [inviteAvatar, setInviteAvatar] = useState(true);
  const [avatarName, setAvatarName] = useState<string | null>(null);
  const [submitted, setSubmitted] = useState(false);
  const [touched, setTouched] = useState(false);

  // What was remembered comes a moment after the first picture; it never overwrites what somebody typed meanwhile.
  useEffect(() => {
    let current = true;
    void loadPreferences().then((remembered) => {
      if (!current || touched) return;
      if (prefill.name === undefined && remembered.name !== undefined) setName(remembered.name);
      if (!serverIsFixed && remembered.server !== undefined) setServer(remembered.server);
      if (remembered.microphone !== undefined) setMicrophone(remembered.microphone);
      if (remembered.camera !== undefined) setCamera(remembered.camera);
      if (remembered.inviteAvatar !== undefined) setInviteAvatar(remembered.inviteAvatar);
      if (remembered.avatarName !== undefined) setAvatarName(remembered.avatarName);
    });
    return () => {
      current = false;
    };
    // Once, when the screen opens.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  const typing =
    <T>(set: (value: T) => void) =>
    (value: T) => {
      setTouched(true);
      set(value);
    };

  const origin = serverIsFixed ? defaultAddress() : parseAddress(server);
  const [personas, retryPersonas] = usePersonas(origin, accessKey);
  const unauthorized = personas.state === 'failed' && personas.failure.kind === 'unauthorized';

  const nameMessage = (problem: ReturnType<typeof nameProblem>, empty: string) => {
    switch (problem) {
      case null:
        return null;
      case 'empty':
        return empty;
      case 'too-long':
        return t('problem.tooLong', { longest: MAX_NAME_CHARS });
      case 'control':
        return t('problem.control');
    }
  };
  const found: Record<Field, string | null> = {
    name: nameMessage(nameProblem(name, MAX_NAME_CHARS), t('problem.nameEmpty')),
    room: nameMessage(nameProblem(room, MAX_NAME_CHARS), t('problem.roomEmpty')),
    server: origin === null ? t('problem.server') : null,
  };
  const none: Record<Field, string | null> = { name: null, room: null, server: null };

  const submit = () => {
    setSubmitted(true);
    if (found.name !== null || found.room !== null || origin === null) return;
    void savePreferences({
      name: name.trim(),
      ...(serverIsFixed ? {} : { server: server.trim() }),
      microphone,
      camera,
      inviteAvatar,
      avatarName,
    });
    onJoin({
      name: name.trim(),
      room: room.trim(),
      microphone,
      camera,
      inviteAvatar,
      avatarName: isOffered(avatarName) ? avatarName : null,
      server: origin,
      accessKey: accessKey.trim(),
    });
  };

  /** A name remembered from another server, or from before a change, is not asked for. */
  const isOffered = (wanted: string | null) =>
    personas.state !== 'loaded' || personas.personas.some((one) => one.name === wanted);

  return {
    name,
    setName: typing(setName),
    room,
    setRoom: typing(setRoom),
    renewRoom: () => setRoom(freshRoomName()),
    server,
    setServer: typing((next: string) => {
      // A key is for one server: another address never sees it.
      if (parseAddress(next) !== origin) setAccessKey('');
      setServer(next);
    }),
    origin,
    accessKey,
    setAccessKey: typing(setAccessKey),
    needsKey: unauthorized || accessKey !== '',
    microphone,
    setMicrophone: typing(setMicrophone),
    camera,
    setCamera: typing(setCamera),
    inviteAvatar,
    setInviteAvatar: typing(setInviteAvatar),
    avatarName: isOffered(avatarName) ? avatarName : null,
    chooseAvatar: typing((wanted: string) => setAvatarName(wanted)),
    defaultAvatarName: personas.state === 'loaded' ? (personas.personas[0]?.name ?? null) : null,
    personas,
    retryPersonas,
    problems: submitted ? found : none,
    submit,
  };
}
