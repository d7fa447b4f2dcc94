// mcp-oauth, the command-line tool, against a system of system.mjs.
//
//   const { code, out, err } = await ctl(system, ["keys", "--json"]);      as reader or operator, whichever it needs
//   await ctl(system, ["keys"], { REDIS_PASSWORD_OPERATOR: undefined });   with another environment
//   const watch = ctl_start(system, ["watch", "--json"]);                  a Child, which the test ends
//   const environment = ctl_directory(system);                             edge.env ... as setup-secrets writes them

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child } from "./process.mjs";
import { bin, kinds } from "./system.mjs";

export const ctl_environment = (system, more = {}) => ({ REDIS_URL: system.redis_server.url,
  REDIS_PASSWORD_READER: system.passwords.reader, REDIS_PASSWORD_OPERATOR: system.passwords.operator, ...system.redis_server.environment, ...more });

export const ctl_start = (system, args, more, options) => new Child(`mcp-oauth ${args[0]}`, join(bin, "mcp-oauth"), args, ctl_environment(system, more), options);

// Runs it to its end. Complaints and results are told apart by their beginning: every complaint is one sentence.
export async function ctl(system, args, more) {
  const child = ctl_start(system, args, more);
  child.expected = true;
  const { code } = await child.exited;
  assert.equal(child.sanitizer_report, null);
  const err = child.text.filter((line) => line.startsWith("mcp-oauth: "));
  const out = child.text.filter((line) => !line.startsWith("mcp-oauth: "));
  return { code, err: err.join("\n"), out: out.join("\n"), json: () => JSON.parse(out.join("\n")) };
}

// A folder with what every process of the system is told; what has several lines lies in files of their own.
export function ctl_directory(system, name = "environment") {
  const folder = join(system.folder, name);
  mkdirSync(folder);
  for (const kind of kinds) {
    const lines = Object.entries(system.environment(kind, 0)).map(([option, value]) => {
      if (!value.includes("\n")) return `${option}='${value}'`;
      const file = join(folder, option.toLowerCase());
      writeFileSync(file, value, { mode: 0o600 });
      return `${option}_FILE='${file}'`;
    });
    writeFileSync(join(folder, `${kind}.env`), `${lines.join("\n")}\n`, { mode: 0o600 });
  }
  return folder;
}
