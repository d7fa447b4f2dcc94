// ctest: LABEL flow  TIMEOUT 120
// /userinfo (OpenID Connect Core 5.3): who is behind an access token, as far as its scope goes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { default_scope, post_form, post_json, request, signIn } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";

let system, token;

before(async () => {
  system = await startSystem();
  token = await granted("openid profile email");
});
after(() => system?.stop());

const granted = async (words) => (await signIn(system, { scope: `${default_scope} ${words}` })).tokens.access_token;
const userinfo = (access_token, options) => request(`${system.base}/userinfo`,
  { ...options, headers: access_token === undefined ? {} : { Authorization: `Bearer ${access_token}` } });

function assert_refused({ status, headers, text }, expected_status, challenge) {
  assert.equal(status, expected_status, text);
  assert.match(headers["www-authenticate"], challenge);
}

test("GET and POST answer the claims of the scope (OpenID Connect Core 5.3.1, 5.3.2)", async () => {
  for (const method of ["GET", "POST"]) {
    const { status, headers, body } = await userinfo(token, { method });
    assert.equal(status, 200);
    assert.match(headers["content-type"], /^application\/json/);
    assert.match(headers["cache-control"], /no-store/);
    assert.equal(body.sub, "583231");
    assert.equal(body.preferred_username, "octocat");
    assert.match(body.email, /@/);
    assert.equal(body.email_verified, true);
  }
});

test("only openid gives only sub", async () => {
  assert.deepEqual((await userinfo(await granted("openid"))).body, { sub: "583231" });
});

test("a POST may carry the token in its form (RFC 6750 2.2)", async () => {
  const { status, body } = await post_form(`${system.base}/userinfo`, { access_token: token });
  assert.equal(status, 200);
  assert.equal(body.sub, "583231");
});

test("a token in the header and in the form at once is invalid_request (RFC 6750 2)", async () => {
  const { status, body, headers } = await post_form(`${system.base}/userinfo`, { access_token: token }, { headers: { Authorization: `Bearer ${token}` } });
  assert.equal(status, 400);
  assert.equal(body.error, "invalid_request");
  assert.equal(headers["www-authenticate"], undefined);
  assert.equal((await request(`${system.base}/userinfo`, { method: "POST", headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" }, body: "{}" })).status, 200);
});

test("without a token the challenge names no error (RFC 6750 3.1)", async () => {
  assert_refused(await userinfo(), 401, /^Bearer realm="mcp-oauth"$/);
});

test("a token that is none, or was revoked, is invalid_token (RFC 6750 3.1)", async () => {
  assert_refused(await userinfo("nonsense"), 401, /error="invalid_token"/);
  const ended = await granted("openid");
  await post_json(`${system.base}/admin/revoke`, { token: ended });
  assert_refused(await userinfo(ended), 401, /error="invalid_token"/);
});

test("a token without openid is insufficient_scope (RFC 6750 3.1)", async () => {
  assert_refused(await userinfo(await granted("profile")), 403, /error="insufficient_scope"/);
});

test("any origin may ask, and read the challenge (OpenID Connect Core 5.3)", async () => {
  const { headers } = await userinfo();
  assert.equal(headers["access-control-allow-origin"], "*");
  assert.match(headers["access-control-expose-headers"], /WWW-Authenticate/);
});

test("a store that is away is 503 and no verdict", async (t) => {
  t.after(() => system.redis_server.restart());
  await system.redis_server.halt();
  const { status, headers } = await userinfo(token);
  assert.equal(status, 503);
  assert.ok(Number(headers["retry-after"]) > 0);
});
