// ctest: LABEL flow  TIMEOUT 120
// How often one address, and all together, may register and begin to sign in (DESIGN 7; RFC 6585 4).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { authorize_url, default_redirect_uri, default_scope, pkce, post_json, request } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";

const per_hour = 5, per_day_all = 12, per_minute = 4;

let system;
before(async () => {
  system = await startSystem({ env: { edge: { TRUSTED_PROXIES: "127.0.0.1" }, registry: { RATE_REGISTER_PER_HOUR: String(per_hour),
    RATE_REGISTER_PER_DAY_ALL: String(per_day_all), RATE_AUTHORIZE_PER_MINUTE: String(per_minute) } } });
});
after(() => system?.stop());

const from = (address) => ({ "X-Forwarded-For": address });
const metadata = { redirect_uris: [default_redirect_uri], scope: default_scope };
const register_from = (address, more = {}) => post_json(`${system.base}/register`, { ...metadata, ...more }, { headers: from(address) });
const many = async (count, ask) => { const answers = []; for (let i = 0; i < count; i += 1) answers.push(await ask(i)); return answers; };
const statuses = (answers) => answers.map(({ status }) => status);
const clients = async () => (await system.admin.keys("mcp:client:*")).length;
const forget = async () => { for (const key of await system.admin.keys("mcp:rate:*")) await system.admin.del(key); };
// The only counter of a bucket.
const counter = async (bucket) => { const keys = await system.admin.keys(`mcp:rate:{${bucket}}:*`); assert.equal(keys.length, 1, bucket); return keys[0]; };

async function assert_limited({ status, headers, body, text }, key) {
  assert.equal(status, 429, text);
  assert.equal(body.error, "temporarily_unavailable");
  assert.ok(body.error_description.length > 10);
  assert.match(headers["cache-control"], /no-store/); // RFC 6585 4
  const left_s = await system.admin.pttl(key) / 1000;
  assert.ok(Math.abs(Number(headers["retry-after"]) - left_s) <= 2, `Retry-After ${headers["retry-after"]}, the window ends in ${left_s} s`);
}

test("over the limit of an address a registration is 429 with the true Retry-After, and leaves no client", async () => {
  await forget();
  const before_it = await clients();
  assert.deepEqual(statuses(await many(per_hour, () => register_from("192.0.2.1"))), Array(per_hour).fill(201));
  const key = await counter("register");
  await system.admin.expire(key, 1234);
  for (const answer of await many(3, () => register_from("192.0.2.1"))) await assert_limited(answer, key);
  assert.equal(await clients(), before_it + per_hour);
  assert.equal((await register_from("192.0.2.1")).headers["access-control-expose-headers"], "WWW-Authenticate, Retry-After");
  assert.equal((await register_from("192.0.2.2")).status, 201, "another address");
  assert.ok(!key.includes("192.0.2"), "no address in a key's name");
});

test("when the window ends the address may register again", async () => {
  await forget();
  await many(per_hour + 1, () => register_from("192.0.2.3"));
  const key = await counter("register");
  assert.equal((await register_from("192.0.2.3")).status, 429);
  assert.ok(await system.admin.ttl(key) <= 3600);
  await system.admin.pexpire(key, 1);
  while (await system.admin.exists(key));
  assert.equal((await register_from("192.0.2.3")).status, 201);
});

test("an IPv6 /64 is one address, the next one another", async () => {
  await forget();
  assert.deepEqual(statuses(await many(per_hour, (i) => register_from(`2001:db8:1:2:${i}::1`))), Array(per_hour).fill(201));
  assert.equal((await register_from("2001:db8:1:2:ffff:ffff:ffff:ffff")).status, 429);
  assert.equal((await register_from("2001:db8:1:3::1")).status, 201);
});

test("only a trusted proxy names the address, and only the last entry is believed", async () => {
  await forget();
  const chosen = (i) => register_from(`203.0.113.${i}, 192.0.2.4`); // the client wrote the first one itself
  assert.deepEqual(statuses(await many(per_hour + 1, chosen)), [...Array(per_hour).fill(201), 429]);
});

test("all together register no more than the daily cap; who is over its own limit does not use that up", async () => {
  await forget();
  await many(per_hour + 10, () => register_from("192.0.2.5")); // ten of them are refused by the first limit
  assert.equal(await system.admin.get(await counter("register_all")), String(per_hour));
  assert.deepEqual(statuses(await many(per_day_all - per_hour, (i) => register_from(`198.51.100.${i}`))), Array(per_day_all - per_hour).fill(201));
  const before_it = await clients();
  const key = await counter("register_all");
  await assert_limited(await register_from("198.51.100.200"), key);
  assert.ok(await system.admin.ttl(key) > 23 * 3600);
  assert.equal(await clients(), before_it);
});

test("a registration that is refused anyway is not counted", async () => {
  await forget();
  assert.deepEqual(statuses(await many(3, () => register_from("192.0.2.6", { redirect_uris: ["https://evil.example/cb"] }))), [400, 400, 400]);
  assert.deepEqual(await system.admin.keys("mcp:rate:*"), []);
});

test("of many registrations at once exactly the limit passes", async () => {
  await forget();
  const answers = await Promise.all(Array.from({ length: 3 * per_hour }, () => register_from("192.0.2.7")));
  assert.equal(answers.filter(({ status }) => status === 201).length, per_hour);
  assert.equal(answers.filter(({ status }) => status === 429).length, 2 * per_hour);
});

test("over the limit /authorize is 429: a page for a person, JSON else, never a redirect, and no session", async () => {
  await forget();
  const { body: client } = await register_from("192.0.2.8");
  const ask = (address, headers = {}) => request(authorize_url(system.base, client, { ...pkce(), state: "s" }), { headers: { ...from(address), ...headers } });
  assert.deepEqual(statuses(await many(per_minute, () => ask("192.0.2.8"))), Array(per_minute).fill(302));
  const key = await counter("authorize");
  const sessions = (await system.admin.keys("mcp:session:*")).length;
  await system.admin.expire(key, 33);
  await assert_limited(await ask("192.0.2.8"), key);
  const page = await ask("192.0.2.8", { Accept: "text/html" });
  assert.equal(page.status, 429);
  assert.match(page.headers["content-type"], /^text\/html/);
  assert.match(page.text, /Too many attempts/);
  assert.ok(Number(page.headers["retry-after"]) > 0 && Number(page.headers["retry-after"]) <= 33);
  assert.equal(page.headers.location, undefined);
  assert.equal(page.headers["set-cookie"], undefined);
  assert.equal((await system.admin.keys("mcp:session:*")).length, sessions);
  assert.equal((await ask("192.0.2.9")).status, 302, "another address");
  await system.admin.pexpire(key, 1);
  while (await system.admin.exists(key));
  assert.equal((await ask("192.0.2.8")).status, 302, "the window has ended");
});

test("GET, PUT and DELETE of a client are not limited", async () => {
  await forget();
  const [{ body: client }] = await many(per_hour + 1, () => register_from("192.0.2.10"));
  const { status } = await request(`${system.base}/client/${client.client_id}`, { method: "DELETE",
    headers: { ...from("192.0.2.10"), Authorization: `Bearer ${client.registration_access_token}` } });
  assert.equal(status, 204);
});
