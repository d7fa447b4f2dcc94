// ctest: LABEL flow  TIMEOUT 120  SERIAL
// Redis stops: what needs it says so in the protocol's form and within its budget, the rest goes on, and it heals by itself
// (DESIGN 8; RFC 6749 4.1.2.1 temporarily_unavailable).

import assert from "node:assert/strict";
import { after, before, beforeEach } from "node:test";
import { Browser, authorize_url, pkce, post_json, post_token, refresh, register, request, signIn } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";
import { Record } from "./record.mjs";

let system, signed;
const record = new Record(import.meta.url, () => system);
before(async () => {
  system = await startSystem({ redis_options: { appendonly: "always" } });
  signed = await signIn(system);
});
after(async () => { await system?.stop(); });
beforeEach(async () => { await system.ready(); });

const budget_ms = 20_000; // above every budget of limits.h: it must be an answer, not this test's patience

function assert_away({ status, headers, body }) {
  assert.equal(status, 503);
  assert.equal(body.error, "temporarily_unavailable");
  assert.match(body.error_description, /Try again/);
  assert.match(headers["retry-after"], /^[0-9]+$/);
}

// At once, so that the budgets are waited for together.
async function everything_is_away() {
  const code = { grant_type: "authorization_code", code: `${"0".repeat(32)}.${"A".repeat(43)}`, code_verifier: "a".repeat(43),
    redirect_uri: signed.redirect_uri };
  const [validate, page, ...answers] = await Promise.all([
    post_json(`${system.base}/validate`, { token: signed.tokens.access_token }, { timeout_ms: budget_ms }),
    new Browser().fetch(authorize_url(system.base, signed.client, pkce())),
    post_token(system.base, signed.client, code, { timeout_ms: budget_ms }),
    refresh(system.base, signed.client, signed.tokens.refresh_token, {}, { timeout_ms: budget_ms }),
    post_json(`${system.base}/register`, { redirect_uris: ["https://example.com/callback"] }, { timeout_ms: budget_ms }),
    request(authorize_url(system.base, signed.client, pkce()), { headers: { Accept: "application/json" }, timeout_ms: budget_ms })]);
  answers.forEach(assert_away);
  assert.equal(validate.status, 503);
  assert.equal(validate.body.valid, false);
  assert.equal(page.status, 503);
  assert.match(page.headers["content-type"], /^text\/html/);
}

async function the_rest_goes_on() {
  assert.equal((await request(`${system.base}/health`)).status, 200);
  assert.equal((await request(`${system.base}/.well-known/oauth-authorization-server`)).status, 200);
  const keys = await request(`${system.base}/.well-known/jwks.json`);
  assert.equal(keys.status, 200);
  assert.ok(keys.body.keys.length > 0);
  const ready = await request(`${system.base}/ready`);
  assert.equal(ready.status, 503);
  assert.match(ready.text, /signer/, "/ready says what is missing");
}

async function it_heals() {
  await system.ready();
  const answer = await refresh(system.base, signed.client, signed.tokens.refresh_token);
  assert.equal(answer.status, 200, answer.text);
  signed.tokens = answer.body;
}

record.test("Redis ends and comes back", "come again", async () => {
  await system.redis_server.kill();
  await everything_is_away();
  await the_rest_goes_on();
  await system.redis_server.restart();
  await it_heals();
});

record.test("Redis stands still (SIGSTOP) and goes on (SIGCONT)", "come again", async () => {
  system.redis_server.pause();
  await everything_is_away();
  system.redis_server.resume();
  await it_heals();
});

record.test("Redis is full: nothing is written half, reading goes on", "come again", async () => {
  await system.admin.config("SET", "maxmemory", "1");
  try {
    assert_away(await post_json(`${system.base}/register`, { redirect_uris: ["https://example.com/callback"] }));
    assert_away(await refresh(system.base, signed.client, signed.tokens.refresh_token));
    assert.equal((await post_json(`${system.base}/validate`, { token: signed.tokens.access_token })).status, 200);
  } finally {
    await system.admin.config("SET", "maxmemory", "0");
  }
  await it_heals();
});

record.test("Redis has forgotten its scripts", "nothing noticed", async () => {
  await system.admin.script("FLUSH");
  await it_heals();
  await register(system.base);
});

record.check();
