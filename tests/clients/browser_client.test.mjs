// ctest: LABEL client  TIMEOUT 120
// A client that lives in a browser page, as MCP Inspector does: every request crosses origins, so Chromium asks before
// (preflights) and hides what CORS does not show. The page runs oauth4webapi as it is.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before } from "node:test";
import { claims_of } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";
import { make_certificate } from "../support/tls.mjs";
import { openChromium } from "./browser.mjs";
import { Record } from "./record.mjs";

const record = new Record(import.meta.url), { test } = record;
const library = readFileSync(new URL("../node_modules/oauth4webapi/build/index.js", import.meta.url), "utf8");
const systems = {};
let application, origin, chromium;

before(async () => {
  const tls = make_certificate(["localhost"]);
  application = createServer((request, response) => (request.url === "/oauth4webapi.js"
    ? response.writeHead(200, { "Content-Type": "text/javascript" }).end(library)
    : response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>Inspector</title>"))).listen(0, "127.0.0.1");
  await once(application, "listening");
  origin = `http://localhost:${application.address().port}`;
  [systems.http, systems.https, chromium] = await Promise.all([startSystem(), startSystem({ tls, host: "localhost" }), openChromium({ accepted: [tls.spki] })]);
});

after(async () => {
  await chromium?.close();
  application?.closeAllConnections();
  application?.close();
  await systems.http?.stop();
  await systems.https?.stop();
});

// ---- what the page does; these two run inside of it

async function begin({ issuer, redirect_uri, scope }) {
  const oauth = await import("/oauth4webapi.js");
  const options = { [oauth.allowInsecureRequests]: true, headers: new Headers({ "MCP-Protocol-Version": "2025-11-25" }) };
  const as = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), { algorithm: "oauth2", ...options }));
  const client = await oauth.processDynamicClientRegistrationResponse(await oauth.dynamicClientRegistrationRequest(as, {
    client_name: "MCP Inspector", redirect_uris: [redirect_uri], token_endpoint_auth_method: "none" }, options));
  const code_verifier = oauth.generateRandomCodeVerifier();
  sessionStorage.setItem("flow", JSON.stringify({ as, client, code_verifier }));
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({ response_type: "code", client_id: client.client_id, redirect_uri, scope, state: "xyz",
    code_challenge: await oauth.calculatePKCECodeChallenge(code_verifier), code_challenge_method: "S256" });
  return url.href;
}

async function finish({ redirect_uri }) {
  const oauth = await import("/oauth4webapi.js");
  const options = { [oauth.allowInsecureRequests]: true, headers: new Headers({ "MCP-Protocol-Version": "2025-11-25" }) };
  const { as, client, code_verifier } = JSON.parse(sessionStorage.getItem("flow"));
  const parameters = oauth.validateAuthResponse(as, client, new URL(location.href), "xyz");
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, await oauth.authorizationCodeGrantRequest(
    as, client, oauth.None(), parameters, redirect_uri, code_verifier, options));
  const renewed = await oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(
    as, client, oauth.None(), tokens.refresh_token, options));
  const keys = await (await fetch(as.jwks_uri)).json();
  const validated = await (await fetch(`${as.issuer}/validate`, { method: "POST", headers: { Authorization: `Bearer ${renewed.access_token}` } })).json();
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, oauth.None(), renewed.refresh_token, options));
  const refused = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), renewed.refresh_token, options);
  const basic = await fetch(as.token_endpoint, { method: "POST", headers: { Authorization: "Basic eDp5" },
    body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: "x" }) });
  return { tokens, renewed, keys: keys.keys.length, validated, refused: { status: refused.status, body: await refused.json() },
    challenge: basic.headers.get("WWW-Authenticate") };
}

for (const scheme of ["http", "https"])
  test(`over ${scheme}: a client in a page registers, exchanges, refreshes, validates and revokes across origins`, async (t) => {
    const { base } = systems[scheme];
    const redirect_uri = `${origin}/oauth/callback`;
    const context = await chromium.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(origin);
    await page.goto(await page.evaluate(begin, { issuer: base, redirect_uri, scope: "mcp:example.com:github-tools" }));
    await page.getByRole("button", { name: /octocat/ }).click();
    await page.locator("button[name=decision][value=approve]").click({ noWaitAfter: true });
    await page.waitForURL((url) => url.href.startsWith(`${redirect_uri}?`));
    const told = await page.evaluate(finish, { redirect_uri });

    assert.equal(claims_of(told.tokens.access_token).preferred_username, "octocat");
    assert.notEqual(told.renewed.refresh_token, told.tokens.refresh_token);
    assert.ok(told.keys > 0);
    assert.equal(told.validated.valid, true);
    assert.deepEqual([told.refused.status, told.refused.body.error], [400, "invalid_grant"], "an error can be read, too");
    assert.match(told.challenge, /^Basic /, "WWW-Authenticate is shown to the page (Fetch 3.2.6)");
    record.proved(`a page in Chromium, over ${scheme}`, "discovery", "registration", "sign-in", "refresh", "revocation", "loopback redirect");
  });

test("GET /authorize is a page for people, and no other origin's script may read it", async (t) => {
  const context = await chromium.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(origin);
  const outcome = await page.evaluate((url) => fetch(url).then(({ status }) => status, (error) => error.name), `${systems.http.base}/authorize?client_id=x`);
  assert.equal(outcome, "TypeError");
});

record.check();
