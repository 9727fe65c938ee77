import { INVITE_AVATAR_PATH, JOIN_ROOM_PATH, PERSONAS_PATH } from '@/contract/generated';

/** What the fake server does with a request. */
export type Reply = { status: number; body: unknown } | 'unreachable' | 'silent';

export interface SentRequest {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: unknown;
}

const ok = (body: unknown): Reply => ({ status: 200, body });

/** A token server behind `fetch`: replies can be changed at any time, requests are kept. */
export class FakeServer {
  requests: SentRequest[] = [];
  replies: Record<string, Reply> = {
    [JOIN_ROOM_PATH]: ok({
      token: 'header.payload.signature',
      room_name: 'quiet-room',
      identity: 'abel-1',
      livekit_url: 'ws://sfu.test',
      avatar_invited: true,
      avatar_name: 'AI Assistant',
    }),
    [INVITE_AVATAR_PATH]: ok({
      room_name: 'quiet-room',
      avatar_name: 'AI Assistant',
      avatar_invited: true,
      state: 'starting',
    }),
    [PERSONAS_PATH]: ok({
      personas: [
        { name: 'AI Assistant', greeting: 'Hello!', picture: '/personas/pictures/assistant.png' },
        { name: 'Rosa', greeting: '' },
      ],
    }),
  };

  /** What was sent to a path. */
  to(path: string): SentRequest[] {
    return this.requests.filter((request) => request.url.endsWith(path));
  }

  fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const url = String(input);
    this.requests.push({
      url,
      method: init.method ?? 'GET',
      headers: init.headers as Record<string, string>,
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
    });
    const reply = this.replies[new URL(url).pathname] ?? { status: 404, body: '' };
    if (reply === 'unreachable') throw new TypeError('Network request failed');
    if (reply === 'silent') {
      return new Promise((_, reject) => {
        init.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      });
    }
    const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
    return { ok: reply.status < 400, status: reply.status, text: async () => text } as Response;
  };
}

export const errorReply = (status: number, code: string, message: string): Reply => ({
  status,
  body: { error: { code, message } },
});
