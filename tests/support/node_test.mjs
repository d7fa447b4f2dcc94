// Runs one test file and fails when it fails, or when no test of it passed: a file whose tests were never
// registered, or all skipped, must not look like success (node --test counts such a file as one passed test).
//
//   node tests/support/node_test.mjs tests/flow/token.test.mjs [NODE OPTIONS]

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [file, ...options] = process.argv.slice(2);
if (!file) {
  process.stderr.write("usage: node node_test.mjs FILE [NODE OPTIONS]\n");
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "mcp-oauth-test-"));
const tap = join(folder, "tap");
const child = spawn(process.execPath, ["--import", new URL("node18.mjs", import.meta.url).href, ...options,
  "--test-reporter=spec", "--test-reporter-destination=stdout", "--test-reporter=tap", `--test-reporter-destination=${tap}`, file],
{ stdio: "inherit" });
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => child.kill(signal));
const [code, signal] = await once(child, "exit");
let report = "";
try { report = readFileSync(tap, "utf8"); } catch { /* the file ended before node:test was loaded */ }
rmSync(folder, { recursive: true, force: true });
const passed = Number(/^# pass (\d+)$/m.exec(report)?.[1] ?? 0);
const failed = Number(/^# (?:fail|cancelled) ([1-9]\d*)$/m.exec(report)?.[1] ?? 0);
if (code === 0 && passed === 0) process.stderr.write(`no test of ${file} ran\n`);
process.exitCode = code === 0 && failed === 0 && passed > 0 ? 0 : code || 1;
if (signal) process.stderr.write(`${file} was ended by ${signal}\n`);
