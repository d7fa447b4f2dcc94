// ctest: LABEL bench  TIMEOUT 180
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

test("the memory of a grant is measured on records as a sign-in leaves them", () => {
  const { status, stdout, stderr } = bench("--grants", "5000");
  assert.equal(status, 0, stderr);
  const [, bytes] = /the record \| (\d+)/.exec(stdout);
  assert.ok(bytes > 200 && bytes < 5000, stdout);
});

test("an unknown endpoint is told", () => {
  const { status, stderr } = bench("--only", "tokens");
  assert.notEqual(status, 0);
  assert.match(stderr, /tokens is no endpoint/);
});
