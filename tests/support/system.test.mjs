// ctest: LABEL flow
// The rig itself: a system that does not start, or does not end well, must fail the test that uses it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { request } from "./client.mjs";
import { startSystem } from "./system.mjs";

test("a system of several edges and workers is ready when startSystem returns", async () => {
  const system = await startSystem({ edges: 2, signers: 2 });
  for (const { url } of system.edges) assert.equal((await request(`${url}/ready`, { own_connection: true })).status, 200);
  await system.add("signer");
  await system.kill("signer", 0);
  await system.restart("broker");
  await system.ready();
  assert.equal(await system.redis.ping(), "PONG");
  assert.ok(system.logs("edge").some(({ event }) => event === "ready"));
  await system.stop();
});

test("links with CURVE keys over tcp come up too", async () => {
  const system = await startSystem({ curve: true, transport: "tcp" });
  assert.equal((await request(`${system.base}/health`, { own_connection: true })).status, 200);
  await system.stop();
});

test("a process that ends without being asked fails the test", async () => {
  const system = await startSystem();
  const [signer] = system.processes.signer;
  process.kill(signer.pid, "SIGKILL"); // behind the rig's back
  await signer.exited;
  await assert.rejects(system.stop(), /signer-0 ended by itself \(SIGKILL\)/);
});

test("a process that cannot start is told with its last words", async () => {
  await assert.rejects(startSystem({ env: { broker: { REDIS_PASSWORD: undefined, REDIS_PASSWORD_FILE: "/nonexistent/password" } } }),
    /did not start: broker-0 ended .*\/nonexistent\/password/s);
});
