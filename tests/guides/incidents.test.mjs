// ctest: LABEL flow  TIMEOUT 300
// "Incidents" of deploy/README.md: each with its commands, what they must achieve, and what they may cost.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { blocks_of } from "../support/blocks.mjs";
import { claims_of, post_form, post_json, refresh, register, request, signIn } from "../support/client.mjs";
import { guide_of, install } from "../support/guide.mjs";
import { people_of } from "../support/guide_load.mjs";
import { start_machine } from "../support/machine.mjs";
import { eventually } from "../support/process.mjs";

let machine;
before(async () => {
  machine = await start_machine();
  await install(machine);
});
after(() => machine?.stop());

// All commands under a heading, one block.
const followed = new Set();
async function follow(heading, options) {
  followed.add(heading);
  const guide = guide_of(heading, machine);
  const { out } = await guide.next(/./, options);
  guide.end();
  return out;
}

const person = (registration = { token_endpoint_auth_method: "client_secret_post" }) => signIn(machine, { registration });
const validate = async ({ tokens }) => (await post_json(`${machine.base}/validate`, { token: tokens.access_token })).status;
const introspect = async ({ client, tokens }) => (await post_form(`${machine.base}/introspect`,
  { token: tokens.access_token, client_id: client.client_id, client_secret: client.client_secret })).body.active;
const refreshed = ({ client, tokens }) => refresh(machine.base, client, tokens.refresh_token);
const doctor = () => machine.run("mcp-oauth doctor --directory /etc/mcp-oauth\n");

// Whatever happened, in the end a person can sign in and nothing is wrong.
afterEach(async () => {
  await eventually(async () => (await request(`${machine.base}/ready`)).status === 200, { what: "/ready" });
  assert.equal(await validate(await person()), 200);
  // The heartbeat of a worker that has ended is there for five more seconds.
  await eventually(async () => / 0 bad, 0 to improve, 0 not seen$/m.test((await doctor()).out), { what: "doctor finds nothing", timeout_ms: 20_000, every_ms: 500 });
});

test("a signing key has leaked: its tokens are refused, it is published no more, and nobody signs in again", async () => {
  const before_it = await person();
  const { kid } = JSON.parse(Buffer.from(before_it.tokens.access_token.split(".")[0], "base64url"));
  assert.equal(await introspect(before_it), true);
  await follow("A signing key has leaked");
  const { body } = await request(`${machine.base}/.well-known/jwks.json`);
  assert.equal(body.keys.length, 1);
  assert.notEqual(body.keys[0].kid, kid);
  assert.deepEqual([await introspect(before_it), await validate(before_it)], [false, 400]);
  const { status, body: tokens } = await refreshed(before_it);
  assert.equal(status, 200);
  assert.equal(await introspect({ ...before_it, tokens }), true);
});

test("a refresh key has leaked: what it sealed is refused, access tokens live on", async () => {
  const before_it = await person();
  await follow("A refresh key has leaked");
  await eventually(async () => (await refreshed(before_it)).body.error === "invalid_grant", { what: "every signer has the new key" });
  assert.equal(await validate(before_it), 200);
});

test("the GitHub client secret has leaked: the brokers have another one", async () => {
  const next = "fedcba9876543210-after-the-leak";
  machine.github.control({ client: { client_id: machine.github.client_id, client_secret: next } });
  const before_it = await person().catch(() => null);
  assert.equal(before_it, null, "the old secret is no good any more");
  await follow("The GitHub client secret has leaked", { environment: { GITHUB_CLIENT_SECRET: next } });
});

test("a password of Redis has leaked: it is refused at once, and clients are asked to come again at worst", async () => {
  const people = await people_of(machine, 2);
  const { out: password } = await machine.run('. /etc/mcp-oauth/broker.env; echo "$REDIS_PASSWORD"\n');
  await people.undisturbed(() => follow("A password of Redis has leaked"), { later: [503] });
  const { out } = await machine.run("redis-cli -e -s /run/redis/redis.sock --user broker PING\n", { environment: { REDISCLI_AUTH: password.trim() }, code: 1 });
  assert.match(out, /WRONGPASS/);
});

test("a key of the links has leaked: nobody else's is let in, and clients are asked to come again at worst", async () => {
  const people = await people_of(machine, 2);
  const keys = () => readFileSync(machine.path("etc/mcp-oauth/curve-allowed-keys"), "utf8").trim().split("\n");
  const old = keys();
  await people.undisturbed(() => follow("A key of the links (CURVE) has leaked"), { later: [503] });
  assert.equal(keys().length, 3);
  for (const key of old) assert.ok(!keys().includes(key));
});

test("somebody's account was taken over: everything of that person ends", async () => {
  const before_it = await person();
  await follow("Somebody's account was taken over");
  assert.equal(await validate(before_it), 400);
  assert.equal((await refreshed(before_it)).body.error, "invalid_grant");
  await eventually(async () => await validate(await person()) === 200, { what: "a sign-in of the next second is good" });
});

test("an app is malicious: its registration and its grants end, others' stay", async () => {
  const [bad, good] = [await person(), await person()];
  const out = await follow("An app is malicious, or was taken over", { environment: { CLIENT_ID: bad.client.client_id } });
  assert.ok(out.includes(bad.client.client_id));
  assert.equal((await refreshed(bad)).body.error, "invalid_client");
  assert.deepEqual([await validate(bad), await validate(good)], [400, 200]);
});

test("a token was found in a log: it ends, and the grant with a refresh token", async () => {
  const [one, other] = [await person(), await person()];
  for (const [token, { tokens, client }] of [["access_token", one], ["refresh_token", other]]) {
    writeFileSync(machine.path("checkout/token.txt"), `${tokens[token]}\n`, { mode: 0o600 });
    await follow("A token was found in a log");
    assert.equal(await validate({ tokens }), 400);
    assert.equal((await refresh(machine.base, client, tokens.refresh_token)).status, token === "access_token" ? 200 : 400);
  }
});

test("Redis is full: writes are 503 until it has more room, and nothing is lost", async () => {
  const before_it = await person();
  await machine.run("sed -i 's/^maxmemory .*/maxmemory 1mb/' /etc/redis/redis.conf\nsystemctl restart redis-server\n");
  const is_full = ({ event, ...line }) => event === "store.refused" && /OOM/.test(JSON.stringify(line));
  await eventually(async () => {
    const { status, headers } = await post_json(`${machine.base}/register`, { redirect_uris: ["https://example.com/callback"] });
    return status === 503 && /^\d+$/.test(headers["retry-after"]) && machine.unit("mcp-oauth-registry").log.some(is_full);
  }, { what: "Redis refuses writes" });
  assert.match(await follow("Redis is full"), /mcp:refresh/);
  await eventually(async () => (await refreshed(before_it)).status === 200, { what: "the workers have Redis again" });
  await register(machine.base);
});

test("GitHub is down: doctor says so, and who is signed in goes on", async () => {
  const people = await people_of(machine, 2);
  machine.github.control({ endpoint: "access_token", failure: "500" });
  try {
    await people.undisturbed(async () => assert.match(await follow("GitHub is down", { code: 1 }), /BAD +github/));
  } finally {
    machine.github.control({ endpoint: "access_token", failure: "none" });
  }
});

test("a process has died: nobody notices, and there may be more of it", async () => {
  const people = await people_of(machine, 2);
  await people.undisturbed(async () => {
    await machine.unit("mcp-oauth-signer@1").stop({ signal: "SIGKILL" });
    assert.match(await follow("A process or a machine has died"), /signer-2/);
    await machine.unit("mcp-oauth-signer@3").seen(({ event }) => event === "ready");
  });
  await machine.run("systemctl start mcp-oauth-signer@1\nsystemctl stop mcp-oauth-signer@3\n");
});

test("every command of the page belongs to a test", () => {
  const own = ["Production, from nothing", "Rotating keys", "Backup and restore", "Upgrade and roll back", ...followed];
  assert.deepEqual(blocks_of("deploy/README.md").filter(({ heading, kind }) => kind === "sh" && !own.includes(heading)), []);
});
