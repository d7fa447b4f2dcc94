// ctest: LABEL flow  TIMEOUT 180
// private_key_jwt (RFC 7523 2.2, 3; OpenID Connect Core 9): a client proves itself by a JWT of its own key, wherever that
// key is: in its registration, at its jwks_uri, in its metadata document. And document clients that prove nothing.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { SignJWT, UnsecuredJWT, exportJWK, exportSPKI, generateKeyPair } from "jose";
import { authorizeUntilConsent, default_redirect_uri, default_scope, post_form, post_json, register, request, submitConsent } from "../support/client.mjs";
import { startDocuments } from "../support/documents.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
let system, site, client, keys;

async function key_of(alg, kid) {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  return { alg, kid, privateKey, publicKey, jwk: { ...await exportJWK(publicKey), alg, kid, use: "sig" } };
}

before(async () => {
  site = await startDocuments(["app.localhost"]);
  system = await startSystem({ signers: 2, env: { registry: { DOCUMENT_CA_FILE: site.ca_file, DOCUMENT_PRIVATE_HOSTS: site.private_hosts } } });
  keys = Object.fromEntries(await Promise.all(["RS256", "ES256", "EdDSA"].map(async (alg) => [alg, await key_of(alg, `key-${alg}`)])));
  client = await register(system.base, { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: Object.values(keys).map(({ jwk }) => jwk) } });
});
after(async () => {
  await system?.stop();
  await site?.close();
});

const now = () => Math.floor(Date.now() / 1000);
const claims_of = ({ client_id }, more) => Object.fromEntries(Object.entries({ iss: client_id, sub: client_id, aud: system.base, jti: randomUUID(),
  iat: now(), exp: now() + 60, ...more }).filter(([, value]) => value !== undefined));
const assertion = (of, { key = keys.ES256, header = {}, claims } = {}) => new SignJWT(claims_of(of, claims))
  .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: "JWT", ...header }).sign(key.privateKey);
const proof = async (of, options) => ({ client_assertion_type: type, client_assertion: await assertion(of, options) });

async function code_for(of) {
  const asked = await authorizeUntilConsent(system, of);
  const given = asked.page.location ? Object.fromEntries(new URL(asked.page.location).searchParams) : await submitConsent(asked);
  return { grant_type: "authorization_code", code: given.code, code_verifier: asked.code_verifier };
}
const post_token = (fields) => post_form(`${system.base}/token`, fields);
async function tokens_of(of, options) {
  const { status, body, text } = await post_token({ ...await code_for(of), ...await proof(of, options) });
  assert.equal(status, 200, text);
  return body;
}
const refreshed = async (of, { refresh_token }, options) => post_token({ grant_type: "refresh_token", refresh_token, ...await proof(of, options) });

function assert_refused({ status, body, headers, text }, expected = 401, error = "invalid_client") {
  assert.equal(status, expected, text);
  assert.equal(body.error, error, text);
  if (expected === 401) assert.ok(headers["www-authenticate"]);
}

// A refusal of the client leaves the code as it was.
async function refuses(fields_of, expected, error) {
  const grant = await code_for(client);
  assert_refused(await post_token({ ...grant, ...await fields_of() }), expected, error);
  const { status, text } = await post_token({ ...grant, ...await proof(client) });
  assert.equal(status, 200, text);
}

// ---- what proves a client

for (const alg of ["RS256", "ES256", "EdDSA"])
  test(`an assertion signed with ${alg} by a registered key is the client (RFC 7523 2.2)`, async () => {
    const tokens = await tokens_of(client, { key: keys[alg] });
    const next = await refreshed(client, tokens, { key: keys[alg] });
    assert.equal(next.status, 200, next.text);
  });

test("aud may be the issuer or the token endpoint, alone or in a list (RFC 7523 3, item 3)", async () => {
  for (const aud of [system.base, `${system.base}/token`, [system.base, "https://elsewhere.example"]]) await tokens_of(client, { claims: { aud } });
});

test("client_id may stand beside it, and then it is the same (RFC 7521 4.2)", async () => {
  const { status } = await post_token({ ...await code_for(client), client_id: client.client_id, ...await proof(client) });
  assert.equal(status, 200);
  await refuses(async () => ({ client_id: "somebody-else", ...await proof(client) }), 400, "invalid_request");
});

test("typ may be missing or client-authentication+jwt, and no other kind of token", async () => {
  for (const typ of [undefined, "client-authentication+jwt"]) await tokens_of(client, { header: { typ } });
  for (const typ of ["at+jwt", "dpop+jwt"]) await refuses(() => proof(client, { header: { typ } }));
});

test("without kid the only key of the algorithm is meant (RFC 7515 4.1.4)", async () => {
  await tokens_of(client, { header: { kid: undefined } });
});

test("revocation and introspection authenticate the same way (RFC 7009 2.1, RFC 7662 2.1)", async () => {
  const { access_token } = await tokens_of(client);
  const active = await post_form(`${system.base}/introspect`, { token: access_token, ...await proof(client) });
  assert.equal(active.body.active, true, active.text);
  assert_refused(await post_form(`${system.base}/revoke`, { token: access_token, client_id: client.client_id }));
  assert.equal((await post_form(`${system.base}/revoke`, { token: access_token, ...await proof(client) })).status, 200);
  assert.equal((await post_json(`${system.base}/validate`, { token: access_token })).body.valid, false);
});

// ---- what does not

test("an assertion is good once, at whatever signer and endpoint (RFC 7523 3, item 7)", async () => {
  const used = await proof(client);
  assert.equal((await post_token({ ...await code_for(client), ...used })).status, 200);
  for (let i = 0; i < 4; i += 1) await refuses(() => used);
  assert_refused(await post_form(`${system.base}/introspect`, { token: "x", ...used }));
});

test("of eight requests with one assertion one succeeds (RFC 7523 3, item 7)", async () => {
  const { refresh_token } = await tokens_of(client);
  const used = await proof(client);
  const answers = await Promise.all(Array.from({ length: 8 }, () => post_token({ grant_type: "refresh_token", refresh_token, ...used })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401, 401, 401, 401, 401, 401]);
});

const wrong_claims = { "another issuer (item 1)": { iss: "somebody" }, "another subject (item 2)": { sub: "mcp_example.com_1" },
  "another audience (item 3)": { aud: "https://elsewhere.example" }, "no audience (item 3)": { aud: undefined },
  "an end that has passed (item 4)": { exp: 1700000000 }, "no end (item 4)": { exp: undefined },
  "an end in a distant future (item 4)": { exp: 4102444800 }, "a beginning in the future (item 5)": { nbf: 4102444800 },
  "an issue in the future (item 6)": { iat: 4102444800 }, "no jti": { jti: undefined }, "an empty jti": { jti: "" } };
for (const [what, claims] of Object.entries(wrong_claims))
  test(`an assertion with ${what} is refused (RFC 7523 3)`, () => refuses(async () => ({ client_id: client.client_id, ...await proof(client, { claims }) }),
    claims.sub ? 400 : 401, claims.sub ? "invalid_request" : "invalid_client"));

test("another key, also under the right kid, is refused (RFC 7523 3, item 9)", async () => {
  const stranger = await key_of("ES256", "key-ES256");
  await refuses(() => proof(client, { key: stranger }));
  await refuses(() => proof(client, { key: { ...stranger, kid: "unknown" } }));
});

test("alg none and HS256 with the public key are refused (RFC 8725 2.1, 3.1)", async () => {
  const secret = new TextEncoder().encode(await exportSPKI(keys.RS256.publicKey));
  await refuses(async () => ({ client_assertion_type: type, client_assertion: new UnsecuredJWT(claims_of(client)).encode() }));
  await refuses(async () => ({ client_assertion_type: type, client_assertion: await new SignJWT(claims_of(client))
    .setProtectedHeader({ alg: "HS256", kid: keys.RS256.kid }).sign(secret) }));
});

test("another type of assertion, none at all, or nonsense is refused (RFC 7521 4.2.1)", async () => {
  const { client_assertion } = await proof(client);
  await refuses(() => ({ client_id: client.client_id, client_assertion }), 400, "invalid_request");
  await refuses(() => ({ client_id: client.client_id, client_assertion, client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:saml2-bearer" }), 400, "invalid_request");
  for (const nonsense of ["x", "a.b.c", `${client_assertion}x`]) await refuses(() => ({ client_id: client.client_id, client_assertion: nonsense, client_assertion_type: type }));
});

test("beside a secret it is two ways of authentication (RFC 6749 2.3)", async () => {
  await refuses(async () => ({ client_secret: "secret", client_id: client.client_id, ...await proof(client) }), 400, "invalid_request");
});

test("a client with keys cannot do without, nor with a secret; a client without keys cannot use one (RFC 6749 2.3)", async () => {
  await refuses(() => ({ client_id: client.client_id }));
  await refuses(() => ({ client_id: client.client_id, client_secret: "secret" }));
  const open = await register(system.base);
  const grant = await code_for(open);
  assert_refused(await post_token({ ...grant, ...await proof(open) }));
  assert.equal((await post_token({ ...grant, client_id: open.client_id })).status, 200);
});

test("a store that is away is 503, and the code stays good", async () => {
  const grant = await code_for(client);
  await system.redis_server.halt();
  assert_refused(await post_token({ ...grant, ...await proof(client) }), 503, "temporarily_unavailable");
  await system.redis_server.restart();
  await eventually(async () => (await request(`${system.base}/ready`)).status === 200, { what: "Redis is back" });
});

// ---- keys and documents that are fetched

const key_in_redis = (url) => `mcp:document:{${createHash("sha256").update(url).digest("hex")}}`;
const serve_keys = (path, ...of) => site.put(path, { keys: of.map(({ jwk }) => jwk) });
// The keys were fetched some time ago.
const grow_old = (url) => system.admin.hset(key_in_redis(url), "fetched_at", now() - 60);

test("keys at jwks_uri are fetched when they are first needed, and kept (RFC 7591 2)", async () => {
  const jwks_uri = serve_keys("/jwks-first.json", keys.ES256);
  const of = await register(system.base, { token_endpoint_auth_method: "private_key_jwt", jwks_uri });
  const tokens = await tokens_of(of);
  assert.equal(site.requests_of("/jwks-first.json"), 1);
  assert.equal((await refreshed(of, tokens)).status, 200);
  assert.equal(site.requests_of("/jwks-first.json"), 1);
});

test("a key that the client has published since is found, by one more fetch (RFC 7517 4.5)", async () => {
  const jwks_uri = serve_keys("/jwks-rotated.json", keys.ES256);
  const of = await register(system.base, { token_endpoint_auth_method: "private_key_jwt", jwks_uri });
  const tokens = await tokens_of(of);
  const next = await key_of("ES256", "next");
  serve_keys("/jwks-rotated.json", next);
  await grow_old(jwks_uri);
  const { status, text } = await refreshed(of, tokens, { key: next });
  assert.equal(status, 200, text);
  assert.equal(site.requests_of("/jwks-rotated.json"), 2);
});

test("a kid that is nowhere is invalid_client, and costs the client's site one fetch in ten seconds", async () => {
  const jwks_uri = serve_keys("/jwks-stranger.json", keys.ES256);
  const of = await register(system.base, { token_endpoint_auth_method: "private_key_jwt", jwks_uri });
  const tokens = await tokens_of(of);
  const stranger = await key_of("ES256", "stranger");
  await grow_old(jwks_uri);
  for (let i = 0; i < 5; i += 1) assert_refused(await refreshed(of, tokens, { key: stranger }));
  assert.equal(site.requests_of("/jwks-stranger.json"), 2);
});

test("keys that cannot be fetched are 503 and never invalid_client, and the grant goes on afterwards (DESIGN 6)", async () => {
  const jwks_uri = serve_keys("/jwks-away.json", keys.ES256);
  const of = await register(system.base, { token_endpoint_auth_method: "private_key_jwt", jwks_uri });
  const tokens = await tokens_of(of);
  await system.admin.del(key_in_redis(jwks_uri));
  site.put("/jwks-away.json", "gone", { status: 500 });
  assert_refused(await refreshed(of, tokens), 503, "temporarily_unavailable");
  await system.admin.del(key_in_redis(jwks_uri));
  serve_keys("/jwks-away.json", keys.ES256);
  const { status, text } = await refreshed(of, tokens);
  assert.equal(status, 200, text);
});

const document = (more = {}) => (client_id) => ({ client_id, client_name: "Documented", redirect_uris: [default_redirect_uri], ...more });

test("a client that is a document, with nothing to prove, goes the whole way (draft-ietf-oauth-client-id-metadata-document 4)", async () => {
  const client_id = site.put("/open.json", document());
  const of = { client_id, redirect_uris: [default_redirect_uri] };
  const { status, body, text } = await post_token({ ...await code_for(of), client_id });
  assert.equal(status, 200, text);
  assert.equal(body.scope, default_scope);
  const next = await post_token({ grant_type: "refresh_token", refresh_token: body.refresh_token, client_id });
  assert.equal(next.status, 200, next.text);
  assert.equal(site.requests_of("/open.json"), 1);
  assert.deepEqual(await system.admin.keys("mcp:client:*app.localhost*"), [], "it is not registered by being used");
});

test("a document client with keys proves itself by them, in the document or at its jwks_uri (draft 6.2)", async () => {
  const jwks_uri = serve_keys("/document-jwks.json", keys.EdDSA);
  for (const [path, where, key] of [["/inline.json", { jwks: { keys: [keys.ES256.jwk] } }, keys.ES256], ["/linked.json", { jwks_uri }, keys.EdDSA]]) {
    const client_id = site.put(path, document({ token_endpoint_auth_method: "private_key_jwt", ...where }));
    const of = { client_id, redirect_uris: [default_redirect_uri] };
    const tokens = await tokens_of(of, { key });
    assert_refused(await post_token({ grant_type: "refresh_token", refresh_token: tokens.refresh_token, client_id }));
    assert.equal((await refreshed(of, tokens, { key })).status, 200);
  }
});

test("a document that has left the cache is fetched at the token endpoint; one that is gone is 503 and loses nothing (DESIGN 6)", async () => {
  const client_id = site.put("/leaves.json", document());
  const { body: tokens } = await post_token({ ...await code_for({ client_id, redirect_uris: [default_redirect_uri] }), client_id });
  const refresh = () => post_token({ grant_type: "refresh_token", refresh_token: tokens.refresh_token, client_id });
  await system.admin.del(key_in_redis(client_id));
  site.put("/leaves.json", "", { status: 404 });
  assert_refused(await refresh(), 503, "temporarily_unavailable");
  await system.admin.del(key_in_redis(client_id));
  site.put("/leaves.json", document());
  const { status, text } = await refresh();
  assert.equal(status, 200, text);
});
