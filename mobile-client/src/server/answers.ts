import * as v from 'valibot';

import type {
  AvatarState,
  ErrorBody,
  InviteAvatarResponse,
  JoinRoomResponse,
  PersonasResponse,
} from '@/contract/generated';

/**
 * Checks of what the server answers. `satisfies` keeps them in step with the contract: a field that the generated type
 * has and a check has not is an error of the compiler.
 */
type Check<T> = v.GenericSchema<unknown, T>;

const text = v.pipe(v.string(), v.nonEmpty());

export const joinRoomResponse = v.object({
  token: text,
  room_name: text,
  identity: text,
  livekit_url: text,
  avatar_invited: v.boolean(),
  avatar_name: v.string(),
}) satisfies Check<JoinRoomResponse>;

const avatarState = v.picklist(['starting', 'running', 'none']) satisfies Check<AvatarState>;

export const inviteAvatarResponse = v.object({
  room_name: text,
  avatar_name: v.string(),
  avatar_invited: v.boolean(),
  state: avatarState,
}) satisfies Check<InviteAvatarResponse>;

export const personasResponse = v.object({
  personas: v.array(v.object({ name: text, greeting: v.string(), picture: v.optional(v.string()) })),
}) satisfies Check<PersonasResponse>;

/** Read more kindly than the contract: a later server may have codes that this app does not know. */
export const errorBody = v.object({
  error: v.object({ code: v.string(), message: v.string() }),
}) satisfies v.GenericSchema<unknown, { error: Record<keyof ErrorBody['error'], string> }>;
