// ctest: LABEL full  TIMEOUT 300  SERIAL
// Redis with Sentinel: the master dies under load, a replica takes over, and everything goes on by itself. What was
// written in the last instants may be lost, and costs at most a new sign-in (DESIGN 4, 5 and 8).

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before } from "node:test";
import { refresh, signIn } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSentinels } from "../support/redis_sentinel.mjs";
import { acl_of, redis_passwords, startSystem } from "../support/system.mjs";
import { Tally, count_of, during } from "./load.mjs";
import { People, g_of } from "./people.mjs";
import { Record } from "./record.mjs";

let redis, system;
const record = new Record(import.meta.url, () => system);
before(async () => {
  const passwords = { ...redis_passwords(), replica: randomBytes(24).toString("hex"), sentinel: randomBytes(24).toString("hex") };
  redis = await startSentinels({ passwords, acl: `${acl_of(passwords)}\nuser tests on >${passwords.operator} ~* &* +@all` });
  system = await startSystem({ redis, signers: 2, env: { all: redis.environment } });
});
after(async () => {
  await system?.stop();
  await redis?.stop();
});

const everybody_is_back = () => system.ready({ timeout_ms: 60_000 });

record.test("a Redis master is killed (SIGKILL), and a replica follows it", "last instants", async () => {
  const people = await People.sign_in(system, 6);
  let killed = 0;
  const { done, errors } = await during(async () => {
    for (let round = 0; round < 2; round += 1) {
      await count_of(12);
      const master = await redis.master();
      await master.kill();
      killed += 1;
      await redis.failed_over(master);
      await everybody_is_back();
      await count_of(12);
      await master.restart();
      await redis.settled(1); // the old master has come back as a replica, or will
      await eventually(async () => (await admin_of(master).role())[0] === "slave", { what: "the old master's demotion", timeout_ms: 30_000 });
    }
  }, () => people.refresh_one(), { workers: 4 });
  assert.deepEqual(errors, []);
  assert.ok(done > 0 && people.tally.unavailable > 0, "the load met the failover");
  const lost_under_load = people.lost;
  await people.refresh_all();
  assert.equal(people.lost, lost_under_load, "nothing is lost once it is over");
  return { times: killed, lost: people.lost };
});

const admins = new Map();
function admin_of(server) {
  if (!admins.has(server)) admins.set(server, server.client({ username: "tests", password: redis.passwords.operator }));
  return admins.get(server);
}

record.test("a failover by hand, as for an upgrade, while the old master lives", "last instants", async () => {
  const people = await People.sign_in(system, 2);
  const from = await redis.master();
  const { errors } = await during(async () => {
    await count_of(4);
    await redis.fail_over();
    await redis.failed_over(from);
    await eventually(async () => (await admin_of(from).role())[0] === "slave", { what: "the old master's demotion", timeout_ms: 30_000 });
    await everybody_is_back();
    await count_of(4);
  }, () => people.refresh_one(), { workers: 2 });
  assert.deepEqual(errors, []);
  await people.refresh_all();
  return { lost: people.lost };
});

record.test("a Redis master stands still (SIGSTOP), is left, and goes on (SIGCONT)", "last instants", async () => {
  const people = await People.sign_in(system, 2);
  const from = await redis.master();
  const { errors } = await during(async () => {
    await count_of(4);
    from.pause();
    await redis.failed_over(from);
    await everybody_is_back();
    from.resume();
    await eventually(async () => (await admin_of(from).role())[0] === "slave", { what: "the old master's demotion", timeout_ms: 30_000 });
    await count_of(8);
  }, () => people.refresh_one(), { workers: 2 });
  assert.deepEqual(errors, []);
  await people.refresh_all();
  return { lost: people.lost };
});

// What the replicas have not heard is lost with the master: they are cut off before it is written.
record.test("a Redis master is lost with what its replicas had not heard (DESIGN 5)", "last instants", async () => {
  await redis.settled();
  const kept = await signIn(system);
  const from = await redis.master();
  await eventually(async () => /^2$/m.test((await admin_of(from).wait(2, 1000)).toString()), { what: "replicas that are up to date" });
  await admin_of(from).config("SET", "min-replicas-to-write", "0"); // which would refuse such a write
  await admin_of(from).acl("SETUSER", "replica", "off");
  await admin_of(from).client("KILL", "TYPE", "replica");
  const newer = await refresh(system.base, kept.client, kept.tokens.refresh_token);
  assert.equal(newer.status, 200, newer.text);
  const gone = await signIn(system, { client: kept.client });
  await from.kill();
  await redis.failed_over(from);
  await everybody_is_back();

  const g = g_of(newer.body);
  assert.equal(await system.reader.hget(`mcp:refresh:{${g}}`, "n"), "1", "the rotation was lost");
  // 503 until the new master has a replica again (min-replicas-to-write)
  const adopted = await new Tally().ask(() => refresh(system.base, kept.client, newer.body.refresh_token));
  assert.equal(adopted.status, 200, adopted.text);
  assert.equal(await system.reader.hget(`mcp:refresh:{${g}}`, "n"), "3");
  await eventually(async () => (await system.reader.xrevrange("mcp:audit", "+", "-", "COUNT", 50))
    .some(([, fields]) => fields.includes("failover") && fields.includes(g)), { what: "the audit of the adoption" });
  assert.equal((await refresh(system.base, kept.client, adopted.body.refresh_token)).status, 200, "and goes on from there");

  const missing = await refresh(system.base, gone.client, gone.tokens.refresh_token);
  assert.equal(missing.status, 400);
  assert.equal(missing.body.error, "invalid_grant");
  await signIn(system, { client: kept.client });
  await from.restart();
  return { lost: 1 };
});

record.check();
