// ctest: LABEL flow  TIMEOUT 120
// POST /validate: the three ways to send a token, the claims of DESIGN 5, and what is not a living access token of ours.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, before, test } from "node:test";
import { SignJWT, decodeProtectedHeader } from "jose";
import { claims_of, default_scope, post_form, post_json, refresh, request, signIn } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";

let system, client, tokens;

before(async () => {
  system = await startSystem({ env: { signer: { ACCESS_TOKEN_TTL_S: "600" } } });
  ({ client, tokens } = await signIn(system, { scope: `${default_scope} email` }));
});
after(() => system?.stop());

const validate = (value, options) => post_json(`${system.base}/validate`, value, options);
const bearer = (token) => request(`${system.base}/validate`, { method: "POST", headers: { Authorization: `Bearer ${token}` } });

function assert_invalid(response) {
  assert.equal(response.status, 400, response.text);
  assert.equal(response.body.valid, false);
  assert.equal(typeof response.body.error, "string");
  assert.equal(response.body.payload, undefined);
}

test("header, token and access_token are all read, and the claims come back", async () => {
  for (const response of [await bearer(tokens.access_token), await validate({ token: tokens.access_token }),
    await validate({ access_token: tokens.access_token })]) {
    assert.equal(response.status, 200, response.text);
    assert.equal(response.body.valid, true);
    assert.deepEqual(response.body.payload, claims_of(tokens.access_token));
  }
  const payload = claims_of(tokens.access_token);
  assert.equal(payload.iss, system.base);
  assert.equal(payload.aud, default_scope);
  assert.equal(payload.token_type, "access");
  assert.equal(payload.exp - payload.iat, 600);
});

test("no token at all is refused", async () => {
  assert_invalid(await request(`${system.base}/validate`, { method: "POST" }));
  assert_invalid(await validate({}));
  assert_invalid(await validate({ token: "" }));
});

test("a refresh token is no access token", async () => {
  assert_invalid(await validate({ token: tokens.refresh_token }));
});

test("another key's signature is refused, also under our kid (RFC 8725 3.8)", async () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const header = decodeProtectedHeader(tokens.access_token);
  assert_invalid(await validate({ token: await new SignJWT(claims_of(tokens.access_token)).setProtectedHeader(header).sign(privateKey) }));
});

test("alg none and HS256 with the public key are refused (RFC 8725 2.1)", async () => {
  const header = decodeProtectedHeader(tokens.access_token);
  const payload = tokens.access_token.split(".")[1];
  const none = Buffer.from(JSON.stringify({ ...header, alg: "none" })).toString("base64url");
  assert_invalid(await validate({ token: `${none}.${payload}.` }));
  const keys = await (await fetch(`${system.base}/.well-known/jwks.json`)).text();
  const forged = await new SignJWT(claims_of(tokens.access_token)).setProtectedHeader({ ...header, alg: "HS256" }).sign(Buffer.from(keys));
  assert_invalid(await validate({ token: forged }));
});

test("changed claims are refused (RFC 7515 5.2)", async () => {
  const [header, , signature] = tokens.access_token.split(".");
  const changed = Buffer.from(JSON.stringify({ ...claims_of(tokens.access_token), sub: "1" })).toString("base64url");
  assert_invalid(await validate({ token: `${header}.${changed}.${signature}` }));
});

for (const [what, token] of [["nonsense", "nonsense"], ["three dots", "..."], ["long", "a".repeat(9000)]])
  test(`a token that is ${what} is refused`, async () => assert_invalid(await validate({ token })));

test("a body that is no JSON is no token", async () => {
  assert_invalid(await validate("{ broken"));
  assert_invalid(await post_form(`${system.base}/validate`, { token: tokens.access_token }));
});

test("a revoked grant, token or user is seen at once (RFC 7009 2)", async () => {
  const { tokens: own } = await signIn(system, { client });
  const { body: next } = await refresh(system.base, client, own.refresh_token);
  const { jti, sub, iat } = claims_of(next.access_token);
  const [g, m] = jti.split(".");
  for (const [key, value] of [[`mcp:revoked:{${g}}:${m}`, "1"], [`mcp:revoked:{${g}}`, "1"], [`mcp:revoked:{${sub}}`, `${iat + 1}`]]) {
    assert.equal((await bearer(next.access_token)).status, 200);
    await system.redis.set(key, value, "EX", 60);
    assert_invalid(await bearer(next.access_token));
    await system.redis.set(key, "0", "PX", 1);
    while (await system.redis.exists(key)) await system.redis.ping();
  }
});

test("a store that is away is 503 and no verdict", async () => {
  system.redis_server.pause();
  let response;
  try {
    response = await bearer(tokens.access_token);
  } finally {
    system.redis_server.resume();
  }
  assert.equal(response.status, 503, response.text);
  assert.notEqual(response.body.valid, true);
  await system.ready();
  assert.equal((await bearer(tokens.access_token)).status, 200);
});
