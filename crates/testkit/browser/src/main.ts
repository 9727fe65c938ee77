// The remote control of a browser: commands in, answers out, a line each, one after the other. It ends with its input.

import { createInterface } from "node:readline";
import { Control } from "./control.ts";
import type { Command, Request } from "./protocol.ts";

export async function main(places: { root: string; scratch: string }): Promise<void> {
  const control = new Control(places);
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Command & Request;
    let answer: { id: number; ok?: unknown; error?: string };
    try {
      answer = { id: request.id, ok: (await control.run(request)) ?? null };
    } catch (error) {
      answer = { id: request.id, error: error instanceof Error ? error.message : String(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  await control.end();
  process.exit(0);
}
