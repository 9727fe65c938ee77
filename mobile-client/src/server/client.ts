import * as v from 'valibot';

import type { Failure } from '@/call/failures';
import {
  INVITE_AVATAR_PATH,
  JOIN_ROOM_PATH,
  PERSONAS_PATH,
  type ErrorCode,
  type InviteAvatarRequest,
  type InviteAvatarResponse,
  type JoinRoomRequest,
  type JoinRoomResponse,
  type PersonasResponse,
} from '@/contract/generated';

import { errorBody, inviteAvatarResponse, joinRoomResponse, personasResponse } from './answers';
import type { Result } from './result';

/** The token server, as this app uses it. */
export interface ServerClient {
  joinRoom(request: JoinRoomRequest): Promise<Result<JoinRoomResponse>>;
  inviteAvatar(request: InviteAvatarRequest): Promise<Result<InviteAvatarResponse>>;
  personas(): Promise<Result<PersonasResponse>>;
}

export interface ServerOptions {
  /** Such as `http://10.0.2.2:3001`, without a slash at its end. */
  address: string;
  /** Sent as a bearer token when the server wants one. */
  accessKey: string;
  /** How long an answer may take, in milliseconds. */
  deadline: number;
  fetch?: typeof fetch;
}

export function createServerClient(options: ServerOptions): ServerClient {
  return {
    joinRoom: (request) => ask(options, JOIN_ROOM_PATH, joinRoomResponse, request),
    inviteAvatar: (request) => ask(options, INVITE_AVATAR_PATH, inviteAvatarResponse, request),
    personas: () => ask(options, PERSONAS_PATH, personasResponse),
  };
}

async function ask<T>(
  { address, accessKey, deadline, fetch: send = fetch }: ServerOptions,
  path: string,
  check: v.GenericSchema<unknown, T>,
  body?: object,
): Promise<Result<T>> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
  }
  if (accessKey !== '') {
    headers['Authorization'] = `Bearer ${accessKey}`;
  }
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), deadline);
  try {
    const response = await send(`${address}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: abort.signal,
    });
    const text = await response.text();
    if (!response.ok) {
      return { ok: false, failure: failureOfAnswer(response.status, text) };
    }
    const answer = v.safeParse(check, parseJson(text));
    return answer.success
      ? { ok: true, value: answer.output }
      : { ok: false, failure: { kind: 'wrong-answer', address } };
  } catch {
    return { ok: false, failure: { kind: abort.signal.aborted ? 'server-slow' : 'server-unreachable', address } };
  } finally {
    clearTimeout(timer);
  }
}

function failureOfAnswer(status: number, text: string): Failure {
  const body = v.safeParse(errorBody, parseJson(text));
  const message = body.success ? body.output.error.message : null;
  if (status >= 500) {
    return { kind: 'server-fault', status, message };
  }
  if (status === 401) {
    return { kind: 'unauthorized', message };
  }
  // The code is only shown and logged; an unknown one does no harm.
  const code = body.success ? (body.output.error.code as ErrorCode) : null;
  return { kind: 'refused', status, code, message };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
