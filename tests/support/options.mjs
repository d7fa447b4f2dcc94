// The options of a process, as its own --help says them.
//
//   options_of("edge")            [{name: "LISTEN", what: "..."}]
//   assert_options("edge", ["LISTEN", "LOG_LEVEL", "CURVE_SECRET_KEY_FILE"]);

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { program } from "./system.mjs";

export function options_of(kind) {
  const run = spawnSync(program(`mcp-oauth-${kind}`), ["--help"], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  const rows = [...run.stdout.matchAll(/^ {2}([A-Z][A-Z0-9_]*) +(.+)$/gm)].map(([, name, what]) => ({ name, what }));
  assert.ok(rows.length > 3, `options of ${kind}: ${run.stdout}`);
  return rows;
}

// Each is one, or names the file with its value.
export function assert_options(kind, names) {
  const known = new Set(options_of(kind).map(({ name }) => name));
  for (const name of names) assert.ok(known.has(name) || known.has(name.replace(/_FILE$/, "")), `${name} is no option of the ${kind}`);
}
