// ctest: LABEL flow  TIMEOUT 120
// Metadata and keys (RFC 8414, RFC 7517): what clients discover, in every spelling of the address.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { request } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

let system;

before(async () => { system = await startSystem(); });
after(() => system?.stop());

const at = (path, options) => request(`${system.base}${path}`, options);
const oauth = "/.well-known/oauth-authorization-server";
const spellings = { oauth: [oauth, `${oauth}/some/path`],
  openid: ["/.well-known/openid-configuration", "/.well-known/openid_configuration", "/.well-known/openid-configuration/some/path"] };

const is_without_null = (value) => value !== null && (typeof value !== "object" || Object.values(value).every(is_without_null));

function assert_common(body) {
  const base = system.base;
  assert.equal(body.issuer, base);
  assert.equal(body.authorization_endpoint, `${base}/authorize`);
  assert.equal(body.token_endpoint, `${base}/token`);
  assert.equal(body.jwks_uri, `${base}/.well-known/jwks.json`);
  assert.equal(body.registration_endpoint, `${base}/register`);
  assert.deepEqual(body.response_types_supported, ["code"]);
  assert.deepEqual(body.response_modes_supported, ["query"]);
  assert.deepEqual([...body.grant_types_supported].sort(), ["authorization_code", "refresh_token"]);
  assert.deepEqual(body.code_challenge_methods_supported, ["S256"]);
  const with_keys_and_secrets = ["client_secret_post", "client_secret_basic", "private_key_jwt"];
  assert.deepEqual(body.token_endpoint_auth_methods_supported, ["none", ...with_keys_and_secrets]);
  assert.equal(body.revocation_endpoint, `${base}/revoke`);
  assert.deepEqual(body.revocation_endpoint_auth_methods_supported, ["none", ...with_keys_and_secrets]);
  assert.equal(body.introspection_endpoint, `${base}/introspect`);
  assert.deepEqual(body.introspection_endpoint_auth_methods_supported, with_keys_and_secrets);
  for (const endpoint of ["token", "revocation", "introspection"]) // RFC 8414 2: required with private_key_jwt, and never none
    assert.deepEqual(body[`${endpoint}_endpoint_auth_signing_alg_values_supported`], ["RS256", "ES256", "EdDSA"]);
  assert.equal(body.client_id_metadata_document_supported, true);
  for (const scope of ["mcp:*", "openid", "profile", "email", "offline_access"]) assert.ok(body.scopes_supported.includes(scope), scope);
  assert.equal(body.authorization_response_iss_parameter_supported, true);
  assert.ok(is_without_null(body), "every optional member is present or absent, never null");
}

for (const path of [...spellings.oauth, ...spellings.openid]) {
  test(`GET ${path} (RFC 8414 2)`, async () => {
    const { status, headers, body } = await at(path);
    assert.equal(status, 200);
    assert.match(headers["content-type"], /^application\/json/);
    assert.match(headers["cache-control"], /public, max-age=\d+/);
    assert_common(body);
    if (spellings.openid.includes(path)) {
      assert.deepEqual(body.subject_types_supported, ["public"]);
      assert.deepEqual(body.id_token_signing_alg_values_supported, ["RS256", "ES256", "EdDSA"]);
      assert.equal(body.userinfo_endpoint, `${system.base}/userinfo`);
      assert.ok(Array.isArray(body.claims_supported));
    }
  });
}

test("every spelling tells the same, and OpenID's document all that OAuth's does (RFC 8414 2)", async () => {
  for (const paths of Object.values(spellings)) {
    const [{ body: first }, ...others] = await Promise.all(paths.map((path) => at(path)));
    for (const { url, body } of others) assert.deepEqual(body, first, url);
  }
  const [{ body: common }, { body: openid }] = [await at(spellings.oauth[0]), await at(spellings.openid[0])];
  for (const [name, value] of Object.entries(common)) assert.deepEqual(openid[name], value, name);
});

test("what is advertised is there (RFC 8414 2)", async () => {
  const { body } = await at(spellings.openid[0]);
  const urls = Object.entries(body).filter(([name]) => /_endpoint$|_uri$/.test(name));
  assert.ok(urls.length >= 5, String(urls.length));
  for (const [name, url] of urls) assert.notEqual((await request(url)).status, 404, `${name}: ${url}`);
});

test("only these addresses are documents", async () => {
  for (const path of [`${oauth}x`, `${oauth}.json`, "/.well-known/openid-configurations", "/.well-known/oauth-authorization_server",
    "/.WELL-KNOWN/openid-configuration", "/.well-known", "/.well-known/"]) assert.equal((await at(path)).status, 404, path);
});

test("an issuer with a path: RFC 8414 3.1 puts the path behind, OpenID Discovery 4 in front; both are answered, exactly", async () => {
  const issuer = "https://auth.example.com/base";
  const based = await startSystem({ env: { all: { BASE_URL: issuer } } });
  try {
    for (const [document, names] of Object.entries({ oauth: ["oauth-authorization-server"], openid: ["openid-configuration", "openid_configuration"] })) {
      const answers = await Promise.all(names.flatMap((name) => [`/.well-known/${name}/base`, `/base/.well-known/${name}`, `/.well-known/${name}`,
        `/base/.well-known/${name}/base`]).map((path) => request(`${based.base}${path}`)));
      for (const { url, status, headers, body } of answers) {
        assert.equal(status, 200, url);
        assert.deepEqual(body, answers[0].body, url);
        assert.equal(headers["access-control-allow-origin"], "*", url);
      }
      const { body } = answers[0];
      assert.equal(body.issuer, issuer, document);
      for (const [name, value] of Object.entries(body))
        if (/_endpoint$|_uri$/.test(name)) assert.ok(value.startsWith(`${issuer}/`), `${name}: ${value}`);
      assert.ok(is_without_null(body));
    }
    const { body } = await request(`${based.base}/.well-known/openid-configuration/base`);
    for (const [name, value] of Object.entries(body)) // an ingress keeps the issuer's path, or cuts it
      if (/_endpoint$|_uri$/.test(name))
        for (const path of [new URL(value).pathname, new URL(value).pathname.replace("/base", "")])
          assert.notEqual((await request(`${based.base}${path}`)).status, 404, `${name}: ${path}`);
    assert.equal((await request(`${based.base}/bases/token`)).status, 404);
    assert.equal((await request(`${based.base}/base/base/token`)).status, 404);
  } finally {
    await based.stop();
  }
});

test("no header changes the issuer (RFC 8414 3.3)", async () => {
  const { body } = await at(oauth, { headers: { Host: "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https",
    Forwarded: "host=evil.example" } });
  assert_common(body);
});

test("the key set holds public keys only (RFC 7517 5), and may be kept for five minutes", async () => {
  const { status, headers, body } = await at("/.well-known/jwks.json");
  assert.equal(status, 200);
  assert.match(headers["cache-control"], /public, max-age=300/);
  assert.equal(body.keys.length, 1);
  for (const key of body.keys) {
    assert.equal(key.kty, "RSA");
    assert.equal(key.use, "sig");
    assert.ok(key.kid && key.n && key.e);
    for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"]) assert.equal(key[secret], undefined, secret);
  }
});

test("keys and metadata go on without a signer; an edge that never saw one answers 503", async () => {
  await system.kill("signer");
  const ready = await eventually(async () => {
    const response = await at("/ready");
    return response.status === 503 ? response : false;
  }, { what: "/ready misses the signer" });
  assert.match(ready.text, /signer/);
  assert.equal((await at("/.well-known/jwks.json")).body.keys.length, 1);
  assert.equal((await at(oauth)).status, 200);
  assert.equal((await at("/health")).status, 200);
  await system.kill("edge");
  const ready_again = system.restart("edge"); // not before it knows a key set (DESIGN 8), but it answers
  const empty = await eventually(() => at("/.well-known/jwks.json"), { what: "an answer of the new edge" });
  assert.equal(empty.status, 503, "never an empty set");
  assert.ok(empty.headers["retry-after"]);
  assert.equal(empty.body.error, "temporarily_unavailable");
  await system.restart("signer");
  await ready_again;
  await system.ready();
  assert.equal((await at("/.well-known/jwks.json")).status, 200);
});
