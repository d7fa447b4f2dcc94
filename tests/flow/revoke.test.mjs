// ctest: LABEL flow  TIMEOUT 120
// POST /admin/revoke: possession of a token is the right to end it (RFC 7009 2.1), with the original's answers.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { claims_of, post_json, refresh, register, request, signIn } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

let system, client;

before(async () => {
  system = await startSystem();
  client = await register(system.base);
});
after(() => system?.stop());

const revoke = (value) => post_json(`${system.base}/admin/revoke`, value);
const is_valid = async (token) => (await post_json(`${system.base}/validate`, { token })).body.valid;
const grant = async () => (await signIn(system, { client })).tokens;

function assert_revoked(response) {
  assert.equal(response.status, 200, response.text);
  assert.equal(typeof response.body.message, "string");
}
function assert_refused(response, error) {
  assert.equal(response.status, 400, response.text);
  assert.equal(response.body.error, error);
}

test("a refresh token ends with its whole grant, as token or as refresh_token", async () => {
  for (const name of ["token", "refresh_token"]) {
    const { access_token, refresh_token } = await grant();
    const { jti, sub } = claims_of(access_token);
    const [g] = jti.split(".");
    assert_revoked(await revoke({ [name]: refresh_token }));
    assert.equal(await is_valid(access_token), false);
    assert.equal((await refresh(system.base, client, refresh_token)).body.error, "invalid_grant");
    assert.equal(await system.redis.exists(`mcp:refresh:{${g}}`), 0);
    assert.ok(await system.redis.ttl(`mcp:revoked:{${g}}`) >= 3600, "for the rest of the tokens' lives");
    await eventually(async () => await system.redis.zscore(`mcp:grants:{${sub}}`, g) === null, { what: "the index" });
    await eventually(async () => (await system.reader.xrevrange("mcp:audit", "+", "-", "COUNT", 20))
      .some(([, fields]) => fields.includes("revocation") && fields.includes(g)), { what: "the audit entry" });
  }
});

test("an access token ends alone", async () => {
  const { access_token, refresh_token } = await grant();
  const [g, m] = claims_of(access_token).jti.split(".");
  assert_revoked(await revoke({ token: access_token }));
  assert.equal(await is_valid(access_token), false);
  assert.ok(await system.redis.ttl(`mcp:revoked:{${g}}:${m}`) >= 3600);
  const { status, body } = await refresh(system.base, client, refresh_token);
  assert.equal(status, 200);
  assert.equal(await is_valid(body.access_token), true);
});

test("revoking twice is success both times (RFC 7009 2.2)", async () => {
  const { access_token, refresh_token } = await grant();
  for (const token of [access_token, access_token, refresh_token, refresh_token]) assert_revoked(await revoke({ token }));
});

test("a token that is not ours is invalid_token", async () => {
  const { access_token } = await grant();
  for (const token of ["nonsense", "mcp_refresh__v1.AAAA", `${access_token.slice(0, -8)}AAAAAAAA`]) assert_refused(await revoke({ token }), "invalid_token");
  assert.equal(await is_valid(access_token), true);
});

test("no token is invalid_request", async () => {
  assert_refused(await revoke({}), "invalid_request");
  assert_refused(await revoke({ token: "" }), "invalid_request");
  assert_refused(await request(`${system.base}/admin/revoke`, { method: "POST" }), "invalid_request");
});

test("a store that is away is 503 and nothing is half revoked", async () => {
  const { access_token, refresh_token } = await grant();
  system.redis_server.pause();
  let response;
  try {
    response = await revoke({ token: refresh_token });
  } finally {
    system.redis_server.resume();
  }
  assert.equal(response.status, 503, response.text);
  await system.ready();
  assert_revoked(await revoke({ token: refresh_token }));
  assert.equal(await is_valid(access_token), false);
});
