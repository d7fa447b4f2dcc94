// ctest: LABEL full  TIMEOUT 300
// Redis is slow, busy, full, read-only, restarted or cut off while people sign in and refresh. Whoever is told to come again
// does, and then goes on where they were: nothing is written half, no grant is lost (DESIGN 8). Where Redis itself refuses,
// nothing at all is lost, nor when a connection is; where no answer comes in a request's whole time, a step may have been
// done that nobody heard of: a refresh survives that by the grace, and a code that was just redeemed costs another sign-in.

import assert from "node:assert/strict";
import { after, before, beforeEach } from "node:test";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";
import { count_of, undisturbed } from "./load.mjs";
import { Flows } from "./flows.mjs";
import { Record } from "./record.mjs";

let system, second, flows, refreshing;
const record = new Record(import.meta.url, () => system);
const refreshers = 4;
before(async () => {
  system = await startSystem({ signers: 2, brokers: 2, registries: 2, redis_options: { appendonly: "always", config: { "busy-reply-threshold": "100" } } });
  second = system.redis_server.client({ username: "tests", password: system.passwords.operator });
});
after(() => system?.stop());
beforeEach(async () => {
  await system.ready();
  flows = new Flows(system, { patient: true, codes_may_be_lost: true });
  refreshing = await flows.refreshing(refreshers);
});

// People who sign in, and as many who refresh the same grants from before the trouble to after it.
let busy = 0;
async function either() {
  if (busy === refreshers) return flows.sign_in_and_refresh();
  busy += 1;
  return refreshing().finally(() => { busy -= 1; });
}
const workers = 2 * refreshers;
async function load(disturb, times = 1) {
  await undisturbed(async () => {
    await count_of(4);
    await disturb();
    await system.ready();
    await count_of(workers);
  }, either, { workers });
  assert.ok(flows.lost <= workers * times, `${flows.lost} codes were in flight`);
  return { times, lost: flows.lost };
}
const told_to_come_again = () => eventually(() => flows.later > 0, { what: "people who were told to come again", timeout_ms: 20_000 });
const redis = () => system.redis_server;
const command = (...words) => system.admin.call(...words);

record.test("Redis pauses all clients for moments (CLIENT PAUSE)", "nothing noticed", () => {
  const times = 6;
  return load(async () => {
    for (let i = 0; i < times; i += 1) {
      await command("CLIENT", "PAUSE", "200", "ALL");
      await count_of(2);
    }
  }, times);
});

for (const [what, promise, begin, end] of [
  ["Redis pauses all clients until they are told to come again (CLIENT PAUSE)", "in flight",
    () => command("CLIENT", "PAUSE", "5000", "ALL"), () => command("PING")], // not even UNPAUSE is heard
  ["Redis pauses all writes (CLIENT PAUSE WRITE)", "in flight",
    () => command("CLIENT", "PAUSE", "60000", "WRITE"), () => command("CLIENT", "UNPAUSE")],
  ["Redis stands still (SIGSTOP) and goes on (SIGCONT)", "in flight", () => redis().pause(), () => redis().resume()],
  ["Redis is killed (SIGKILL) and starts again", "in flight", () => redis().kill(), () => redis().restart()],
  ["Redis ends (SIGTERM) and starts again", "in flight", () => redis().halt(), () => redis().restart()],
  ["Redis is full (noeviction)", "come again",
    () => command("CONFIG", "SET", "maxmemory", "1"), () => command("CONFIG", "SET", "maxmemory", "0")],
  ["Redis is a replica, and read-only", "come again",
    () => command("REPLICAOF", "127.0.0.1", "1"), () => command("REPLICAOF", "NO", "ONE")],
  ["Redis writes to no disk (min-replicas-to-write)", "come again",
    () => command("CONFIG", "SET", "min-replicas-to-write", "1"), () => command("CONFIG", "SET", "min-replicas-to-write", "0")],
  ["Redis is busy with somebody's script (BUSY)", "come again",
    async () => { command("EVAL", "while true do end", "0").catch(() => {}); }, () => second.call("SCRIPT", "KILL")],
]) record.test(what, promise, () => load(async () => {
  await begin();
  await told_to_come_again();
  await end();
}));

record.test("Redis cuts every connection, again and again (CLIENT KILL)", "come again", () => {
  const times = 8;
  return load(async () => {
    for (let i = 0; i < times; i += 1) {
      await command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
      await count_of(2);
    }
  }, times);
});

record.check();
