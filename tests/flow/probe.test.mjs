// ctest: LABEL flow
// --probe: the health check of an image that holds nothing but the program.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { free_port } from "../support/process.mjs";
import { kinds, program, startSystem } from "../support/system.mjs";

const listen = {};
let system;
before(async () => {
  for (const kind of kinds) listen[kind] = `127.0.0.1:${await free_port()}`;
  system = await startSystem({ env: Object.fromEntries(kinds.map((kind) => [kind, { ADMIN_LISTEN: listen[kind] }])) });
});
after(() => system?.stop());

// A probe needs no secret, and no link.
const probe = (kind, address = listen[kind]) => spawnSync(program(`mcp-oauth-${kind}`), ["--probe"],
  { env: { ...process.env, BASE_URL: system.base, ADMIN_LISTEN: address }, encoding: "utf8" });

for (const kind of kinds)
  test(`a ${kind} that is ready`, () => {
    const { status, stdout, stderr } = probe(kind);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "", stderr: "" });
  });

test("nobody listens", async () => assert.equal(probe("edge", `127.0.0.1:${await free_port()}`).status, 1));

test("a process that is not ready: its Redis is away", async () => {
  await system.redis_server.halt();
  await system.seen("signer", ({ event }) => event === "store.lost");
  assert.equal(probe("signer").status, 1);
  await system.redis_server.restart();
  await system.ready();
  assert.equal(probe("signer").status, 0);
});

test("no address at all is told", () => {
  const { status, stderr, stdout } = probe("edge", "");
  assert.notEqual(status, 0);
  assert.match(stdout + stderr, /ADMIN_LISTEN/);
});
