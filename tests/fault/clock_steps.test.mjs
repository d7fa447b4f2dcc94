// ctest: LABEL fault  TIMEOUT 180
// Clocks that step while people sign in. Redis' clock decides what a record says (DESIGN 2: "Time inside scripts is Redis
// TIME"); a worker's own clock is only asked what has ended, with 60 s of tolerance (DESIGN 5); waiting is by clocks that
// do not step.

import assert from "node:assert/strict";
import { after, before, beforeEach } from "node:test";
import { post_json } from "../support/client.mjs";
import { steppable_clock } from "../support/clock.mjs";
import { startRedis } from "../support/redis.mjs";
import { acl_of, redis_passwords, startSystem } from "../support/system.mjs";
import { count_of, undisturbed } from "./load.mjs";
import { Flows } from "./flows.mjs";
import { Raw } from "./raw.mjs";
import { Record } from "./record.mjs";

const kinds = ["edge", "registry", "broker", "signer"];
const clocks = Object.fromEntries([...kinds, "redis"].map((kind) => [kind, steppable_clock()]));
const tolerated_s = 50, hour_s = 3600;

let system, flows, redis;
const record = new Record(import.meta.url, () => system);
before(async () => {
  const passwords = redis_passwords();
  redis = await startRedis({ acl: `${acl_of(passwords)}\nuser tests on >${passwords.operator} ~* &* +@all`, environment: clocks.redis.environment });
  redis.passwords = passwords;
  system = await startSystem({ redis, env: Object.fromEntries(kinds.map((kind) => [kind, clocks[kind].environment])) });
  flows = new Flows(system);
});
after(async () => {
  await system?.stop();
  await redis?.stop();
});

beforeEach(() => { for (const clock of Object.values(clocks)) clock.step(0); });

async function steps(clock, offsets_s, flow = () => flows.sign_in_and_refresh()) {
  await undisturbed(async () => {
    for (const offset_s of [...offsets_s, 0]) {
      clock.step(offset_s);
      await count_of(8);
    }
  }, flow, { workers: 4 });
  return { times: offsets_s.length + 1 };
}

for (const kind of ["registry", "broker"])
  record.test(`a ${kind}'s clock steps by ${tolerated_s} s and by an hour, forth and back`, "nothing noticed",
    () => steps(clocks[kind], [tolerated_s, -tolerated_s, hour_s, -hour_s]));

record.test("an edge's clock steps by an hour, forth and back, while heads and bodies are on their way", "nothing noticed", async () => {
  const health = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
  const validate = `POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"token":"x"}`;
  const kept = Array.from({ length: 30 }, () => new Raw(system.edges[0].port));
  for (const raw of kept) { await raw.connected; assert.equal(await raw.ask(health), 200); }
  let times = 0;
  await undisturbed(async () => {
    for (const offset_s of [hour_s, -hour_s, 0]) {
      for (const [index, { socket }] of kept.entries()) if (index % 3) socket.write(validate.slice(0, index % 3 === 1 ? 20 : -5));
      await count_of(2);
      clocks.edge.step(offset_s);
      times += 1;
      await count_of(4); // the edge has looked at all connections since
      const rest = (index) => [health, validate.slice(20), validate.slice(-5)][index % 3];
      const statuses = await Promise.all(kept.map((raw, index) => raw.ask(rest(index))));
      assert.deepEqual(statuses, kept.map((_, index) => (index % 3 ? 400 : 200)));
    }
  }, () => flows.sign_in_and_refresh(), { workers: 2 });
  for (const { socket } of kept) socket.destroy();
  return { times };
});

record.test(`a signer's clock steps by ${tolerated_s} s, forth and back`, "nothing noticed", () => steps(clocks.signer, [tolerated_s, -tolerated_s]));

// What is issued has Redis' times, so others accept it; only its own look at an access token is wrong as long as its clock is.
record.test("a signer's clock steps by an hour: it issues as before, takes access tokens for ended or not yet begun, and revokes nothing", "nothing noticed", async () => {
  const validity = async ({ access_token }) => (await post_json(`${system.base}/validate`, { token: access_token })).status;
  const client = await flows.register();
  const first = await flows.exchange(client, await flows.code(client));
  let tokens = first;
  for (const offset_s of [hour_s + 70, -hour_s]) {
    clocks.signer.step(offset_s);
    assert.equal(await validity(tokens), 400, `${offset_s} s: not good at this clock`);
    tokens = await flows.refresh(client, tokens.refresh_token);
    await flows.exchange(client, await flows.code(client));
    clocks.signer.step(0);
    assert.equal(await validity(tokens), 200, "what it issued meanwhile is good, as for any other signer");
    assert.equal(await validity(first), 200, "and what there was");
  }
  await flows.refresh(client, tokens.refresh_token);
  return { times: 2 };
});

record.test(`Redis' clock steps by ${tolerated_s} s, forth and back`, "nothing noticed", () => steps(clocks.redis, [tolerated_s, -tolerated_s]));

record.check();
