// Starts the remote control: Node cannot run TypeScript itself, so it is bundled first (some ten milliseconds).
import { mkdtemp, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL(".", import.meta.url));
const scratch = await mkdtemp(join(tmpdir(), "visavis-"));
// Below node_modules, so that what is not bundled is found from there; renamed, because others may start right now.
const control = join(root, "node_modules/.control.mjs");
const fresh = `${control}.${process.pid}`;
await build({
  entryPoints: [join(root, "src/main.ts")],
  outfile: fresh,
  bundle: true,
  platform: "node",
  format: "esm",
  packages: "external",
  sourcemap: "inline",
  logLevel: "warning",
});
await rename(fresh, control);
const { main } = await import(pathToFileURL(control).href);
await main({ root, scratch });
