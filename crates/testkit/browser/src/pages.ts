// Bundles the pages of `pages/` and serves them from an origin of their own.

import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";

/** The pages, by the name in their address. */
const PAGES = ["session", "video-conference"] as const;

export interface Site {
  origin: string;
  server: Server;
}

export async function servePages(root: string, scratch: string): Promise<Site> {
  await build({
    entryPoints: PAGES.map((name) => `${root}pages/${name}.tsx`),
    outdir: `${scratch}/pages`,
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    loader: { ".woff2": "dataurl", ".svg": "dataurl" },
    logLevel: "warning",
  });
  const files = new Map<string, { type: string; body: Buffer | string }>();
  for (const name of PAGES) {
    files.set(`/${name}.js`, { type: "text/javascript", body: await readFile(`${scratch}/pages/${name}.js`) });
    const style = await readFile(`${scratch}/pages/${name}.css`).catch(() => Buffer.alloc(0));
    files.set(`/${name}.css`, { type: "text/css", body: style });
    files.set(`/${name}`, { type: "text/html", body: html(name) });
  }
  const server = createServer((request, response) => {
    const file = files.get(new URL(request.url ?? "/", "http://localhost").pathname);
    if (file === undefined) {
      response.writeHead(404).end();
    } else {
      response.writeHead(200, { "content-type": `${file.type}; charset=utf-8` }).end(file.body);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

function html(name: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${name}</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/${name}.css"><body data-lk-theme="default" style="margin:0;height:100vh">
<div id="root" style="height:100%"></div><script type="module" src="/${name}.js"></script></body></html>`;
}
