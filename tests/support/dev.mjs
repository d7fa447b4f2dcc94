// deploy/dev in a folder and on a port of the test's own.
//
//   const at = await dev_place();
//   const dev = await dev_start(t, at, ["--signers", "3"]);      ended with the test
//   dev.text                                                     what it told

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, free_port, temporary_folder } from "./process.mjs";
import { bin } from "./system.mjs";

export const dev_script = fileURLToPath(new URL("../../deploy/dev", import.meta.url));

export async function dev_place(more = {}) {
  const folder = join(temporary_folder("dev"), "run");
  const port = await free_port();
  return { folder, port, base: `http://127.0.0.1:${port}`, environment: { MCP_OAUTH_BIN: bin, MCP_OAUTH_DEV_RUN: folder, ...more } };
}

export async function dev_start(t, at, args = []) {
  const dev = new Child("deploy/dev", dev_script, ["--port", String(at.port), ...args], at.environment);
  t.after(() => dev.stop());
  await dev.seen(({ text }) => text?.startsWith("Ctrl-C ends"), { timeout_ms: 60_000 });
  return dev;
}
