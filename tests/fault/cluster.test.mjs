// ctest: LABEL flow  TIMEOUT 300  SERIAL
// Redis Cluster: every flow works with its keys spread over three masters, slots move under load without a lost answer
// (MOVED, ASK, TRYAGAIN), and a master that dies is followed by its replica (DESIGN 4 and 8).

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before } from "node:test";
import { claims_of, post_form, post_json, refresh, register, request, signIn } from "../support/client.mjs";
import { ctl, ctl_start } from "../support/ctl.mjs";
import { eventually } from "../support/process.mjs";
import { startCluster } from "../support/redis_cluster.mjs";
import { acl_of, redis_passwords, startSystem } from "../support/system.mjs";
import { count_of, during } from "./load.mjs";
import { People, g_of } from "./people.mjs";
import { Record } from "./record.mjs";

let redis, system;
const record = new Record(import.meta.url, () => system);
before(async () => {
  const passwords = { ...redis_passwords(), replica: randomBytes(24).toString("hex") };
  redis = await startCluster({ passwords, acl: `${acl_of(passwords)}\nuser tests on >${passwords.operator} ~* &* +@all`,
    admin: { username: "tests", password: passwords.operator }, masters: 3, replicas: 3 });
  // Counters that do not limit, so that their keys and scripts are used too.
  system = await startSystem({ redis, signers: 2, env: {
    registry: { RATE_REGISTER_PER_HOUR: "1000000", RATE_REGISTER_PER_DAY_ALL: "1000000", RATE_AUTHORIZE_PER_MINUTE: "1000000" },
    broker: { RATE_SIGN_IN_PER_MINUTE: "1000000" },
    signer: { RATE_TOKEN_FAILURES_PER_MINUTE: "1000000", RATE_VALIDATE_PER_MINUTE: "1000000" } } });
});
after(async () => {
  await system?.stop();
  await redis?.stop();
});

const refusals = () => ["registry", "broker", "signer"].flatMap((kind) => system.logs(kind)).filter(({ event }) => event === "store.refused");

record.test("a cluster of three masters: every flow, and no script meets keys of two slots", "nothing noticed", async () => {
  const server_errors = () => ["registry", "broker", "signer"].flatMap((kind) => system.logs(kind)).filter(({ failure }) => failure === "server_error");
  for (let i = 0; i < 6; i += 1) { // enough for keys on every master
    const { client, tokens } = await signIn(system, { registration: { token_endpoint_auth_method: i % 2 ? "client_secret_post" : "none",
      scope: "mcp:example.com:github-tools openid profile email" }, scope: "mcp:example.com:github-tools openid profile" });
    const next = await refresh(system.base, client, tokens.refresh_token);
    assert.equal(next.status, 200, next.text);
    const bearer = { Authorization: `Bearer ${next.body.access_token}` };
    assert.equal((await request(`${system.base}/userinfo`, { headers: bearer })).body.sub, claims_of(tokens.access_token).sub);
    assert.equal((await request(`${system.base}/verify?server=example.com/github-tools`, { headers: bearer })).status, 200);
    assert.equal((await post_json(`${system.base}/validate`, { token: next.body.access_token })).body.valid, true);
    const ours = { client_id: client.client_id, client_secret: client.client_secret };
    assert.equal((await post_form(`${system.base}/revoke`, { ...ours, token: tokens.access_token })).status, 200);
    assert.equal((await post_json(`${system.base}/validate`, { token: tokens.access_token })).body.valid, false, "one access token revoked");
    assert.equal((await post_form(`${system.base}/revoke`, { ...ours, token: next.body.refresh_token })).status, 200);
    assert.equal((await post_json(`${system.base}/validate`, { token: next.body.access_token })).body.valid, false, "the grant revoked");
    assert.equal((await refresh(system.base, client, next.body.refresh_token)).body.error, "invalid_grant");
    const registration = { headers: { Authorization: `Bearer ${client.registration_access_token}`, "Content-Type": "application/json" } };
    const changed = await request(`${system.base}/client/${client.client_id}`, { ...registration, method: "PUT",
      body: JSON.stringify({ client_id: client.client_id, redirect_uris: client.redirect_uris }) });
    assert.equal(changed.status, 200, changed.text);
    assert.equal((await request(`${system.base}/client/${client.client_id}`, { ...registration, method: "DELETE" })).status, 204);
  }
  assert.equal((await system.reader.xrevrange("mcp:audit", "+", "-", "COUNT", 100)).filter(([, fields]) => fields.includes("issue")).length, 6);
  for (const server of redis.servers.slice(0, 3)) assert.ok(await server.admin.dbsize() > 0, "each master has keys");
  assert.deepEqual(server_errors(), []);
  assert.deepEqual(refusals(), [], "Redis refused nothing");
});

record.test("mcp-oauth sees, counts and revokes on every master of a cluster", "nothing noticed", async () => {
  const { client, tokens } = await signIn(system);
  const { json } = await ctl(system, ["keys", "--json"]);
  const sizes = await Promise.all(redis.servers.slice(0, 3).map(({ admin }) => admin.dbsize()));
  assert.ok(sizes.every((size) => size > 0));
  assert.ok(json().keys > Math.max(...sizes), "not of one of them only");
  const { out } = await ctl(system, ["doctor"]);
  assert.equal(out.match(/maxmemory-policy is noeviction/g).length, 3);
  const watch = ctl_start(system, ["watch", "--json", "--last", "0"]);
  watch.expected = true;
  await watch.seen(({ event, masters }) => event === "listening" && masters === "3");
  const { code, err } = await ctl(system, ["revoke", "grant", g_of(tokens)]);
  assert.equal(code, 0, err);
  await watch.seen(({ source, event, g }) => source === "audit" && event === "revocation" && g === g_of(tokens));
  for (const { admin } of redis.servers.slice(0, 3)) await admin.config("SET", "notify-keyspace-events", "Eg");
  const registered = await register(system.base);
  await system.admin.del(`mcp:client:{${registered.client_id}}`);
  await watch.seen(({ source, event, key }) => source === "key" && event === "del" && key === `mcp:client:{${registered.client_id}}`);
  watch.signal("SIGINT");
  assert.equal((await watch.exited).code, 0);
  assert.equal((await refresh(system.base, client, tokens.refresh_token)).body.error, "invalid_grant");
});

// How often the servers have said this.
async function errors_of(word) {
  const counts = await Promise.all(redis.servers.map(async ({ admin }) =>
    Number(new RegExp(`errorstat_${word}:count=(\\d+)`).exec(await admin.info("errorstats"))?.[1] ?? 0)));
  return counts.reduce((sum, count) => sum + count, 0);
}

record.test("slots of a cluster move under load, one after another", "nothing noticed", async () => {
  const people = await People.sign_in(system, 6);
  const refused = refusals().length;
  const met = { MOVED: await errors_of("MOVED"), ASK: await errors_of("ASK"), TRYAGAIN: await errors_of("TRYAGAIN") };
  const { done, errors } = await during(async () => {
    await count_of(12);
    for (const key of [...people.idle.map(({ tokens }) => `mcp:refresh:{${g_of(tokens)}}`), "mcp:audit", "mcp:rate:{validate}:x"]) {
      const slot = await redis.slot_of(key);
      const from = await redis.master_of_slot(slot);
      const to = redis.servers[(redis.servers.indexOf(from) + 1) % 3];
      await redis.move_slot(slot, from, to, () => count_of(4));
      await count_of(4);
    }
  }, () => people.refresh_one(), { workers: 4 });
  assert.deepEqual(errors, []);
  assert.ok(done > 0);
  await people.refresh_all();
  assert.equal(people.lost, 0);
  assert.equal(people.tally.unavailable, 0, "nobody was sent away");
  for (const [word, before] of Object.entries(met)) assert.ok(await errors_of(word) > before, `the load met ${word}`);
  assert.equal(refusals().length, refused, "whatever Redis refused was sent where it belongs");
  return { times: people.idle.length + 2 };
});

record.test("each master of a cluster is failed over by hand, as for an upgrade", "nothing noticed", async () => {
  const people = await People.sign_in(system, 6);
  const { errors } = await during(async () => {
    await count_of(12);
    for (const master of redis.servers.slice(0, 3)) {
      const replica = await redis.replica_of(master);
      await replica.admin.cluster("FAILOVER");
      await eventually(async () => (await master.admin.role())[0] === "slave", { what: "the change of roles", timeout_ms: 30_000 });
      await count_of(12);
      await redis.settled();
    }
  }, () => people.refresh_one(), { workers: 4 });
  assert.deepEqual(errors, []);
  await people.refresh_all();
  assert.equal(people.lost, 0);
  return { times: 3 };
});

record.test("a master of a cluster is killed (SIGKILL), and its replica follows it", "last instants", async () => {
  const unready = [];
  const people = await People.sign_in(system, 6);
  const { done, errors } = await during(async () => {
    for (let round = 0; round < 2; round += 1) {
      await count_of(12);
      const master = await redis.master_of(`mcp:refresh:{${g_of(people.idle[0].tokens)}}`);
      await master.kill();
      let is_settled = false;
      const settled = redis.settled().finally(() => { is_settled = true; });
      await eventually(async () => {
        const { status, text } = await request(`${system.base}/ready`);
        if (status !== 200) unready.push(text);
        return is_settled;
      }, { what: "the succession", timeout_ms: 60_000 });
      await settled;
      await count_of(12);
      await master.restart();
      await eventually(async () => /master_link_status:up/.test(await master.admin.info("replication")), { what: "the old master's return", timeout_ms: 30_000 });
    }
  }, () => people.refresh_one(), { workers: 4 });
  assert.deepEqual(errors, []);
  assert.ok(done > 0 && people.tally.unavailable > 0, "the load met the failover");
  assert.deepEqual(unready, [], "the workers were ready for all other slots");
  const lost_under_load = people.lost;
  await people.refresh_all();
  assert.equal(people.lost, lost_under_load, "nothing is lost once it is over");
  return { times: 2, lost: people.lost };
});

record.test("every node of a cluster is killed (SIGKILL) and started again", "last instants", async () => {
  const people = await People.sign_in(system, 6);
  const { errors } = await during(async () => {
    await count_of(12);
    await Promise.all(redis.servers.map((server) => server.kill()));
    await people.sent_away();
    await Promise.all(redis.servers.map((server) => server.restart()));
    await redis.settled();
    await system.ready({ timeout_ms: 60_000 });
    await count_of(12);
  }, () => people.refresh_one(), { workers: 4 });
  assert.deepEqual(errors, []);
  await people.refresh_all();
  return { lost: people.lost };
});

record.test("a worker starts while a master of the cluster hangs (SIGSTOP), and its replica follows it", "last instants", async () => {
  const master = await redis.master_of("mcp:audit");
  const other = redis.servers.find((server) => server !== master);
  master.pause();
  try {
    const started = system.add("signer");
    await eventually(async () => !(await other.admin.cluster("SLOTS")).some(([, , [, port]]) => port === master.port),
      { what: "the succession", timeout_ms: 30_000 });
    await started;
    await system.ready({ timeout_ms: 60_000 });
    await eventually(() => register(system.base), { what: "a registration" });
  } finally {
    master.resume();
  }
  await redis.settled();
});

record.check();
