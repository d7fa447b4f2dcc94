// ctest: LABEL flow  TIMEOUT 120
// How often one address may be refused at /token, ask /validate, and return from GitHub (DESIGN 7; RFC 6585 4).
// Registration and /authorize: rate_registry.test.mjs.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { post_form, post_json, refresh, register, request, signIn } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";

const failures = 4, validations = 5, sign_ins = 3;
let system, client, tokens;

before(async () => {
  system = await startSystem({ env: { edge: { TRUSTED_PROXIES: "127.0.0.1" },
    signer: { RATE_TOKEN_FAILURES_PER_MINUTE: String(failures), RATE_VALIDATE_PER_MINUTE: String(validations) },
    broker: { RATE_SIGN_IN_PER_MINUTE: String(sign_ins) } } });
  ({ client, tokens } = await signIn(system));
});
after(() => system?.stop());
beforeEach(async () => { for (const key of await system.admin.keys("mcp:rate:*")) await system.admin.del(key); });

const from = (address) => ({ headers: { "X-Forwarded-For": address } });
const guess = (address, { client_id } = client) => post_form(`${system.base}/token`,
  { grant_type: "refresh_token", refresh_token: "mcp_refresh__v1.AAAA", client_id }, from(address));
const validate = (address, token = tokens.access_token) => post_json(`${system.base}/validate`, { token }, from(address));
const many = async (count, ask) => { const answers = []; for (let i = 0; i < count; i += 1) answers.push(await ask(i)); return answers; };
const statuses = (answers) => answers.map(({ status }) => status);

function assert_limited({ status, headers, text }) {
  assert.equal(status, 429, text);
  const retry_after_s = Number(headers["retry-after"]);
  assert.ok(retry_after_s >= 1 && retry_after_s <= 60, headers["retry-after"]);
}

test("a client that is refused too often at one address hears 429 with Retry-After, and no invalid_grant any more", async () => {
  assert.deepEqual(statuses(await many(failures, () => guess("192.0.2.1"))), Array(failures).fill(400));
  for (const answer of await many(3, () => guess("192.0.2.1"))) {
    assert_limited(answer);
    assert.equal(answer.body.error, "temporarily_unavailable");
  }
});

test("it is counted for client and address together: others of either go on (cloud clients share addresses)", async () => {
  await many(failures + 1, () => guess("192.0.2.2"));
  assert.equal((await guess("192.0.2.3")).status, 400);
  const other = await register(system.base);
  assert.equal((await guess("192.0.2.2", other)).status, 400);
});

test("an IPv6 address is its /64", async () => {
  await many(failures + 1, (i) => guess(`2001:db8:1:2::${i + 1}`));
  assert_limited(await guess("2001:db8:1:2:ffff::1"));
  assert.equal((await guess("2001:db8:1:3::1")).status, 400);
});

test("what succeeds is not counted, and succeeds over the limit too", async () => {
  const signed = await signIn(system);
  let { refresh_token } = signed.tokens;
  await many(failures + 1, () => guess("127.0.0.1", signed.client));
  for (let i = 0; i < 2 * failures; i += 1) {
    const { status, body, text } = await refresh(system.base, signed.client, refresh_token);
    assert.equal(status, 200, text);
    ({ refresh_token } = body);
  }
});

test("one address may ask /validate so often, whatever the token, and another one still may", async () => {
  assert.deepEqual(statuses(await many(validations, (i) => validate("192.0.2.4", i % 2 ? "nonsense" : undefined))), [200, 400, 200, 400, 200]);
  const answer = await validate("192.0.2.4");
  assert_limited(answer);
  assert.equal(answer.body.valid, false);
  assert.equal((await validate("192.0.2.5")).status, 200);
});

test("returning from GitHub too often is a page with 429", async () => {
  const back = (address) => request(`${system.base}/auth/github/callback?state=forged&code=x`,
    { headers: { ...from(address).headers, Accept: "text/html", Cookie: `mcp_browser=${"A".repeat(43)}` } });
  assert.ok(statuses(await many(sign_ins, () => back("192.0.2.6"))).every((status) => status !== 429));
  const limited = await back("192.0.2.6");
  assert_limited(limited);
  assert.match(limited.headers["content-type"], /^text\/html/);
  assert.notEqual((await back("192.0.2.7")).status, 429);
});
