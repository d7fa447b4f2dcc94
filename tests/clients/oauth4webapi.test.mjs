// ctest: LABEL client  TIMEOUT 180
// oauth4webapi, a client library that refuses what a specification does not allow: other status codes, content types,
// issuers, parameters and claims, and plain http. It is given the issuer's URL.

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before } from "node:test";
import * as oauth from "oauth4webapi";
import { request, trust } from "../support/client.mjs";
import { startGithub } from "../support/github/github.mjs";
import { startSystem } from "../support/system.mjs";
import { make_certificate } from "../support/tls.mjs";
import { agree, person_decides, scopes } from "./mcp.mjs";
import { Record } from "./record.mjs";

const record = new Record(import.meta.url), { test } = record;
const { dependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const name = `oauth4webapi ${dependencies.oauth4webapi}`;

// A fetch that believes the certificate of this test.
async function trusting_fetch(url, { method, headers, body }) {
  const answer = await request(url, { method, headers, body: body?.toString() });
  return new Response(answer.text, { status: answer.status, headers: answer.headers });
}
const options = { [oauth.customFetch]: trusting_fetch };
const tls = make_certificate(["localhost"]);
trust(tls.certificate);

const redirect_uri = "http://localhost:33418/callback";
const resource = "https://mcp.example.com/mcp";
const introspection_secret = "the secret of the resource server";
const servers = { redirect_hosts: ["localhost"], servers: { "example.com": { "github-tools": { name: "GitHub Tools", description: "",
  allowed_users: ["octocat"], resource, introspection_secret_sha256: createHash("sha256").update(introspection_secret).digest("hex") } } } };

const pem = { privateKeyEncoding: { type: "pkcs8", format: "pem" }, publicKeyEncoding: { type: "spki", format: "pem" } };
const signing_keys = {
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256", ...pem }).privateKey,
  EdDSA: () => generateKeyPairSync("ed25519", pem).privateKey,
};

let github, world;
const start = (more) => startSystem({ servers, github, tls, host: "localhost", ...more });
before(async () => {
  github = await startGithub();
  world = { system: await start() };
});
after(async () => {
  await world?.system.stop();
  await github?.close();
});

async function discover({ system }, algorithm = "oidc") {
  const issuer = new URL(system.base);
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm, ...options }));
}

const own_keys = await oauth.generateKeyPair("ES256", { extractable: true });
const jwks = { keys: [{ ...await crypto.subtle.exportKey("jwk", own_keys.publicKey), kid: "own", use: "sig" }] };

const register = async (as, more) => oauth.processDynamicClientRegistrationResponse(await oauth.dynamicClientRegistrationRequest(as,
  { client_name: "Strict client", redirect_uris: [redirect_uri], grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"], ...more }, options));

// How a client authenticates that registered for it.
const authentications = {
  none: () => oauth.None(),
  client_secret_basic: ({ client_secret }) => oauth.ClientSecretBasic(client_secret),
  client_secret_post: ({ client_secret }) => oauth.ClientSecretPost(client_secret),
  private_key_jwt: () => oauth.PrivateKeyJwt({ key: own_keys.privateKey, kid: "own" }),
};

// Sends a person through the browser; answers what the redirect carries, checked, and what belongs to it.
async function authorize(on, as, client, { scope = `${scopes.tools} openid profile email offline_access`, decide = agree } = {}) {
  const [code_verifier, state, nonce] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = new URL(as.authorization_endpoint);
  for (const [key, value] of Object.entries({ client_id: client.client_id, redirect_uri, response_type: "code", scope, state, nonce, resource,
    code_challenge: await oauth.calculatePKCECodeChallenge(code_verifier), code_challenge_method: "S256" })) url.searchParams.set(key, value);
  const { location } = await decide(on, url);
  return { location: new URL(location), code_verifier, state, nonce };
}

async function sign_in(on, as, client, authentication, more) {
  const { location, code_verifier, state, nonce } = await authorize(on, as, client, more);
  const parameters = oauth.validateAuthResponse(as, client, location, state);
  const response = await oauth.authorizationCodeGrantRequest(as, client, authentication, parameters, redirect_uri, code_verifier, options);
  assert.match(response.headers.get("cache-control"), /no-store/);
  return oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce: nonce, requireIdToken: true });
}

const refresh = async (as, client, authentication, token) => oauth.processRefreshTokenResponse(as, client,
  await oauth.refreshTokenGrantRequest(as, client, authentication, token, options));

const introspect = async (as, client, authentication, token) => oauth.processIntrospectionResponse(as, client,
  await oauth.introspectionRequest(as, client, authentication, token, options));

const revoke = async (as, client, authentication, token) => oauth.processRevocationResponse(
  await oauth.revocationRequest(as, client, authentication, token, options));

const accepted_by_resource = (as, access_token) => oauth.validateJwtAccessToken(as,
  new Request(resource, { headers: { Authorization: `Bearer ${access_token}` } }), resource, options);

test("discovery by both algorithms (RFC 8414 3, OpenID Connect Discovery 4): the issuer, the code, S256, no pushed requests", async () => {
  for (const algorithm of ["oauth2", "oidc"]) {
    const as = await discover(world, algorithm);
    assert.equal(as.issuer, world.system.base);
    assert.deepEqual(as.response_types_supported, ["code"]);
    assert.deepEqual(as.code_challenge_methods_supported, ["S256"]);
    assert.equal(as.authorization_response_iss_parameter_supported, true);
    assert.equal(as.pushed_authorization_request_endpoint, undefined);
    await assert.rejects(oauth.pushedAuthorizationRequest(as, { client_id: "x" }, oauth.None(), {}, options),
      { code: oauth.MISSING_SERVER_METADATA });
  }
});

for (const [method, authentication_of] of Object.entries(authentications))
  test(`${method}: registration, code, ID token, userinfo, access token, refresh, introspection, revocation`, async () => {
    const proved = (...what) => record.proved(`${name}, ${method}`, ...what);
    const as = await discover(world);
    const client = await register(as, { token_endpoint_auth_method: method, ...(method === "private_key_jwt" ? { jwks } : {}) });
    assert.equal(client.token_endpoint_auth_method, method);
    const authentication = authentication_of(client);
    proved("discovery", "registration");

    const tokens = await sign_in(world, as, client, authentication);
    assert.equal(tokens.token_type, "bearer");
    proved("sign-in");

    const id_token = oauth.getValidatedIdTokenClaims(tokens);
    const half = createHash("sha256").update(tokens.access_token).digest().subarray(0, 16).toString("base64url");
    assert.equal(id_token.at_hash, half, "OpenID Connect Core 3.1.3.6");
    const userinfo = await oauth.processUserInfoResponse(as, client, id_token.sub,
      await oauth.userInfoRequest(as, client, tokens.access_token, options));
    assert.equal(userinfo.sub, "583231");
    assert.equal(userinfo.email, "octocat@example.com");
    assert.equal(userinfo.preferred_username, "octocat");
    proved("id_token", "userinfo");

    const claims = await accepted_by_resource(as, tokens.access_token);
    assert.equal(claims.sub, id_token.sub);
    assert.equal(claims.client_id, client.client_id);
    proved("at+jwt");

    const renewed = await refresh(as, client, authentication, tokens.refresh_token);
    assert.notEqual(renewed.refresh_token, tokens.refresh_token);
    await accepted_by_resource(as, renewed.access_token);
    proved("refresh");

    if (method === "none") {
      await assert.rejects(introspect(as, client, authentication, renewed.access_token), { status: 401 }, "RFC 7662 2.1");
    } else {
      const told = await introspect(as, client, authentication, renewed.access_token);
      assert.equal(told.active, true);
      assert.equal(told.client_id, client.client_id);
      proved("introspection");
    }

    await revoke(as, client, authentication, renewed.access_token);
    assert.equal((await introspect_as_resource_server(as, renewed.access_token)).active, false);
    await revoke(as, client, authentication, renewed.refresh_token);
    await assert.rejects(refresh(as, client, authentication, renewed.refresh_token),
      { code: oauth.RESPONSE_BODY_ERROR, error: "invalid_grant", status: 400 });
    await revoke(as, client, authentication, "no token at all"); // RFC 7009 2.2: 200 as well
    proved("revocation");
  });

const introspect_as_resource_server = (as, token) => introspect(as, { client_id: "example.com/github-tools" },
  oauth.ClientSecretBasic(introspection_secret), token);

test("a resource server introspects a token for it (RFC 7662 2.2)", async () => {
  const as = await discover(world);
  const client = await register(as);
  const { access_token } = await sign_in(world, as, client, oauth.None());
  const told = await introspect_as_resource_server(as, access_token);
  assert.equal(told.active, true);
  assert.equal(told.username, "octocat");
  assert.equal(told.iss, as.issuer);
  record.proved(`${name}, resource server`, "introspection");
});

test("a person who says no: access_denied comes with state and issuer (RFC 6749 4.1.2.1, RFC 9207 2)", async () => {
  const as = await discover(world);
  const client = await register(as);
  const { location, state } = await authorize(world, as, client, { decide: (on, url) => person_decides(on, url, "deny") });
  assert.throws(() => oauth.validateAuthResponse(as, client, location, state),
    (error) => error.code === oauth.AUTHORIZATION_RESPONSE_ERROR && error.error === "access_denied");
  assert.equal(location.searchParams.get("iss"), as.issuer);
});

test("a response without issuer, or with another, is none of ours (RFC 9207 2.4)", async () => {
  const as = await discover(world);
  const client = await register(as);
  const { location, state } = await authorize(world, as, client);
  for (const iss of [null, "https://other.example.com"]) {
    const forged = new URL(location);
    if (iss) forged.searchParams.set("iss", iss); else forged.searchParams.delete("iss");
    assert.throws(() => oauth.validateAuthResponse(as, client, forged, state), { code: oauth.INVALID_RESPONSE });
  }
  oauth.validateAuthResponse(as, client, location, state);
});

for (const [method, authentication_of] of [["client_secret_basic", oauth.ClientSecretBasic], ["client_secret_post", oauth.ClientSecretPost]])
  test(`${method}: a wrong secret is 401 with a challenge (RFC 6749 5.2)`, async () => {
    const as = await discover(world);
    const client = await register(as, { token_endpoint_auth_method: method });
    await assert.rejects(refresh(as, client, authentication_of("wrong"), "whatever"), (error) =>
      error.code === oauth.WWW_AUTHENTICATE_CHALLENGE && error.status === 401 && error.cause[0].scheme === "basic");
  });

for (const [alg, new_key] of Object.entries(signing_keys))
  test(`${alg}: ID token and access token are checked against the published key`, async () => {
    const system = await start({ env: { signer: { JWT_PRIVATE_KEY: new_key() } } });
    try {
      const as = await discover({ system });
      const client = await register(as);
      const tokens = await sign_in({ system }, as, client, oauth.None());
      assert.equal(JSON.parse(Buffer.from(tokens.access_token.split(".")[0], "base64url")).alg, alg);
      assert.equal(oauth.getValidatedIdTokenClaims(tokens).sub, "583231");
      await accepted_by_resource(as, tokens.access_token);
      record.proved(`${name}, ${alg}`, "discovery", "registration", "sign-in", "id_token", "at+jwt");
    } finally {
      await system.stop();
    }
  });

record.check();
