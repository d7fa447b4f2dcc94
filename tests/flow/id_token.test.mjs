// ctest: LABEL flow  TIMEOUT 120
// The ID token (OpenID Connect Core 2): who signed in, for the client that asked with the scope openid.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { claims_of, default_scope, post_json, refresh, request, signIn } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";

let system;

before(async () => { system = await startSystem(); });
after(() => system?.stop());

const sign_in = (words, more) => signIn(system, { scope: `${default_scope} ${words}`, more });
const verified = (id_token, client) => jwtVerify(id_token, createRemoteJWKSet(new URL(`${system.base}/.well-known/jwks.json`)),
  { issuer: system.base, audience: client.client_id });

test("with openid it names the person to the client, signed by the published key (OpenID Connect Core 2, 3.1.3.7)", async () => {
  const { client, tokens } = await sign_in("openid", { nonce: "n-0S6_WzA2Mj" });
  const { payload, protectedHeader } = await verified(tokens.id_token, client);
  assert.equal(protectedHeader.typ, "JWT");
  assert.deepEqual(Object.keys(payload).sort(), ["at_hash", "aud", "exp", "iat", "iss", "nonce", "sub"]);
  assert.equal(payload.sub, "583231");
  assert.equal(payload.nonce, "n-0S6_WzA2Mj");
  assert.equal(payload.exp - payload.iat, tokens.expires_in);
  assert.equal(payload.sub, claims_of(tokens.access_token).sub);
});

test("at_hash is the left half of the access token's hash (OpenID Connect Core 3.1.3.6)", async () => {
  const { tokens } = await sign_in("openid");
  const digest = createHash("sha256").update(tokens.access_token).digest();
  assert.equal(claims_of(tokens.id_token).at_hash, digest.subarray(0, 16).toString("base64url"));
});

test("profile and email add what was granted, and nothing else (OpenID Connect Core 5.4)", async () => {
  const plain = claims_of((await sign_in("openid")).tokens.id_token);
  assert.equal(plain.preferred_username, undefined);
  assert.equal(plain.email, undefined);
  const full = claims_of((await sign_in("openid profile email")).tokens.id_token);
  assert.equal(full.preferred_username, "octocat");
  assert.match(full.email, /@/);
  assert.equal(full.email_verified, true);
  assert.equal(full.auth_time, undefined);
});

test("without nonce in the request there is none in the token (OpenID Connect Core 2)", async () => {
  assert.equal(claims_of((await sign_in("openid")).tokens.id_token).nonce, undefined);
});

test("without openid there is none (OpenID Connect Core 3.1.2.1)", async () => {
  const { tokens } = await sign_in("profile email");
  assert.equal(tokens.id_token, undefined);
});

test("a refresh gives none: the sign-in was long ago (OpenID Connect Core 12.2)", async () => {
  const { client, tokens } = await sign_in("openid");
  const { status, body } = await refresh(system.base, client, tokens.refresh_token);
  assert.equal(status, 200);
  assert.equal(body.id_token, undefined);
  assert.ok(body.scope.split(" ").includes("openid"));
});

test("it is no access token anywhere (RFC 8725 3.11)", async () => {
  const { tokens } = await sign_in("openid");
  assert.equal((await post_json(`${system.base}/validate`, { token: tokens.id_token })).body.valid, false);
  for (const path of ["/userinfo", "/verify?server=example.com/github-tools"]) {
    const { status, headers } = await request(`${system.base}${path}`, { headers: { Authorization: `Bearer ${tokens.id_token}` } });
    assert.equal(status, 401, path);
    assert.match(headers["www-authenticate"], /error="invalid_token"/);
  }
});
