// ctest: LABEL bench  TIMEOUT 300
// The bench works: every endpoint answers every request of the load generator as it should. What it costs is not judged.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { endpoints } from "./endpoints.mjs";

const bench = (...args) => spawnSync(process.execPath, [fileURLToPath(new URL("bench.mjs", import.meta.url)), "--quick", ...args], { encoding: "utf8" });

test("every endpoint, floor and target has its row", () => {
  const { status, stdout, stderr } = bench("--algorithms", "ES256");
  assert.equal(status, 0, stderr);
  for (const { what } of Object.values(endpoints)) assert.equal(stdout.split("\n").filter((line) => line.startsWith(`| ${what}`)).length, 2, what);
  for (const word of ["a signature, EdDSA", "a ZeroMQ round trip", "memory of the four processes", "from start to the first 200"]) assert.ok(stdout.includes(word), word);
});

test("a row that is judged is compared with floors of its own", () => {
  const { status, stdout, stderr } = bench("--only", "token_refresh", "--in-flight", "1,32", "--algorithms", "RS256,ES256");
  assert.equal(status, 0, stderr);
  const [, ratio] = /^\| `token_refresh`, RS256: CPU by bare signatures \| (\d+\.\d\d) x \|/m.exec(stdout) ?? [];
  assert.ok(Number(ratio) > 0.5, stdout);
  assert.match(stdout, /^\| `token_refresh`, ES256: CPU, 75 µs there \| \d+ µs \| \d+ µs \|/m);
});

test("the memory of each kind of record is measured on what real flows leave, and all are looked at", () => {
  const { status, stdout, stderr } = bench("--keyspace", "5000");
  assert.equal(status, 0, stderr);
  for (const [what, least] of [["a grant", 200], ["a registered client", 200], ["a remembered consent", 100], ["an entry of the audit stream", 40]]) {
    const [, bytes] = new RegExp(`\\| ${what} \\| (\\d+) \\|`).exec(stdout) ?? [];
    assert.ok(bytes > least && bytes < 5000, `${what}: ${stdout}`);
  }
  assert.match(stdout, /over 10000 keys/);
  assert.match(stdout, /SLOWLOG\) \| \d+ \|/);
  assert.match(stdout, /waits meanwhile, p50 \| \d+\.\d\d \|/);
});

test("the cost of events of keys is measured with the product's own setting", () => {
  const { status, stdout, stderr } = bench("--events");
  assert.equal(status, 0, stderr);
  assert.match(stdout, /notify-keyspace-events Eghx\$/);
  assert.match(stdout, /\| events, and `mcp-oauth watch` \| \d+ \| \d/);
});

test("an unknown endpoint is told", () => {
  const { status, stderr } = bench("--only", "tokens");
  assert.notEqual(status, 0);
  assert.match(stderr, /tokens is no endpoint/);
});
