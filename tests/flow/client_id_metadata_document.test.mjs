// ctest: LABEL flow  TIMEOUT 180
// A client_id that is the URL of a metadata document (draft-ietf-oauth-client-id-metadata-document, MCP 2025-11-25): what is
// fetched, what is accepted, how long it is kept, and how often a host is asked. document_ssrf.test.mjs shows where it may not lead.

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";
import { authorizeUntilConsent, callback_of, default_redirect_uri, default_scope, form, pkce, request, submitConsent } from "../support/client.mjs";
import { startDocuments } from "../support/documents.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

const html = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
const key_of = (url) => `mcp:document:{${createHash("sha256").update(url).digest("hex")}}`;
const document = (more = {}) => (client_id) => ({ client_id, client_name: "Documented", redirect_uris: [default_redirect_uri], ...more });

let site, other, system;
before(async () => {
  site = await startDocuments(["app.localhost", "other.localhost"]);
  other = await startDocuments(["app.localhost"]); // under a certificate that nobody trusts here
  system = await startSystem({ env: { registry: { DOCUMENT_CA_FILE: site.ca_file,
    DOCUMENT_PRIVATE_HOSTS: `${site.private_hosts},app.localhost:${other.port},closed.localhost:1` } } });
});
after(async () => {
  await system?.stop();
  await Promise.all([site?.close(), other?.close()]);
});
beforeEach(async () => { for (const key of await system.admin.keys("mcp:rate:*document*")) await system.admin.del(key); });

const ask = (client_id, more = {}, headers = html) => request(`${system.base}/authorize?${form({ response_type: "code", client_id,
  redirect_uri: default_redirect_uri, scope: default_scope, state: "s", ...pkce(), ...more })}`, { headers });

async function assert_begins(client_id, more) {
  const response = await ask(client_id, more);
  assert.equal(response.status, 302, response.text);
  assert.ok(response.headers.location.startsWith(`${system.github.url}/`), response.headers.location);
}

// Refused on a page, and in JSON for those who want that; never by redirect.
async function assert_refused(client_id, status, error, what = client_id) {
  const page = await ask(client_id);
  assert.equal(page.status, status, `${what}: ${page.text}`);
  assert.match(page.headers["content-type"], /^text\/html/, what);
  assert.match(page.text, new RegExp(error), what);
  const { body } = await ask(client_id, {}, { Accept: "application/json" });
  assert.equal(body.error, error, what);
  assert.equal(page.headers.location, undefined, what);
}

// ---- what is accepted

test("a document is fetched once, plainly, and the sign-in begins (draft 4)", async () => {
  const url = site.put("/first.json", document());
  await assert_begins(url);
  const [{ method, headers }] = site.requests.filter((asked) => asked.url === "/first.json");
  assert.equal(method, "GET");
  assert.equal(headers.accept, "application/json");
  for (const name of ["cookie", "authorization", "referer", "x-forwarded-for", "traceparent"]) assert.ok(!(name in headers), name);
  const record = await system.admin.hgetall(key_of(url));
  assert.equal(record.url, url);
  assert.equal(JSON.parse(record.text).client_id, url);
  assert.equal(record.token_endpoint_auth_method, "none");
  assert.ok(Math.abs(Number(record.fetched_at) - Date.now() / 1000) < 10);
  assert.ok(!("failure" in record));
  await assert_begins(url);
  await assert_begins(url);
  assert.equal(site.requests_of("/first.json"), 1, "the second request is answered from what is kept");
});

test("the whole way to a code: the consent page shows who publishes the app beside its name (MCP 2025-11-25)", async () => {
  const client = { redirect_uris: ["http://localhost:33418/callback"] };
  client.client_id = site.put("/whole.json", document({ client_name: "Whole & sound", ...client }));
  const asked = await authorizeUntilConsent(system, client);
  assert.match(asked.page.text, /Whole &amp; sound/);
  assert.match(asked.page.text, new RegExp(`published at <strong>app\\.localhost:${site.port}</strong>`));
  assert.match(asked.page.text, /Any program on this computer/);
  const given = await submitConsent(asked);
  assert.ok(given.code, given.location);
  assert.equal(given.iss, system.base);
  const { page } = await authorizeUntilConsent(system, client, { browser: asked.browser });
  assert.ok(!page.location, "a loopback redirect is asked about each time (RFC 8252 8.6)");
});

test("a document may be of any JSON type, have members that nobody knows, and a query in its URL (draft 3, 4)", async () => {
  const types = ["application/json", "application/json; charset=utf-8", "application/cimd+json", "Application/JSON"];
  for (const [i, type] of types.entries()) await assert_begins(site.put(`/type-${i}.json`, document(), { type }));
  await assert_begins(site.put("/query?client=1", document()));
  await assert_begins(site.put("/unknown.json", document({ logo_uri: "x", contacts: [1], "client_name#de": "Nein", nested: { deep: [[1]] } })));
  await assert_begins(site.put("/keys.json", document({ token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" })] } })));
});

test("a document that a client needs once more is fetched from the host and path that its client_id says, and nowhere else", async () => {
  const url = site.put("/there.json", document(), { host: "other.localhost" });
  await assert_begins(url);
  const [{ headers }] = site.requests.filter((asked) => asked.url === "/there.json");
  assert.equal(headers.host, `other.localhost:${site.port}`);
});

test("the redirect URI must be one of the document's, and the server's policy holds as for every client (RFC 9700 2.1)", async () => {
  const url = site.put("/redirects.json", document({ redirect_uris: [default_redirect_uri, "https://elsewhere.example/callback", "custom:/callback"] }));
  await assert_begins(url);
  for (const [redirect_uri, error] of [["http://localhost/other", "invalid_request"], ["https://elsewhere.example/callback", "invalid_redirect_uri"],
    ["custom:/callback", "invalid_redirect_uri"]]) {
    const { status, text } = await ask(url, { redirect_uri });
    assert.equal(status, 400, redirect_uri);
    assert.match(text, new RegExp(error), redirect_uri);
  }
  const { headers } = await ask(url, { code_challenge_method: "plain" });
  assert.equal(callback_of(headers.location).error, "invalid_request", "other refusals are told to the client");
});

// ---- how long it is kept

test("a document is kept as its HTTP headers say, between 5 minutes and 24 hours (RFC 9111 4.2)", async () => {
  const day_s = 24 * 3600, now = Date.now();
  const date = (s) => new Date(now + s * 1000).toUTCString();
  const cases = [[{}, 300], [{ "Cache-Control": "max-age=3600" }, 3600], [{ "Cache-Control": "no-store" }, 300], [{ "Cache-Control": "max-age=1" }, 300],
    [{ "Cache-Control": "public, max-age=31536000" }, day_s], [{ "Cache-Control": "max-age=3600", Age: "600" }, 3000],
    [{ "Cache-Control": "s-maxage=7200" }, 300], [{ Expires: date(1800), Date: date(0) }, 1800], [{ Expires: "0" }, 300],
    [{ "Cache-Control": ["max-age=3600", "no-cache"] }, 300]];
  for (const [i, [headers, expected]] of cases.entries()) {
    const url = site.put(`/kept-${i}.json`, document(), { headers });
    await assert_begins(url);
    const ttl = await system.admin.ttl(key_of(url));
    assert.ok(ttl <= expected && ttl > expected - 10, `${JSON.stringify(headers)}: ${ttl}`);
  }
});

test("when what is kept has ended, the document is fetched anew and its new contents count", async () => {
  const url = site.put("/renewed.json", document());
  await assert_begins(url);
  site.put("/renewed.json", document({ redirect_uris: ["http://localhost/new"] }));
  await assert_begins(url);
  await system.admin.del(key_of(url));
  assert.equal((await ask(url)).status, 400);
  await assert_begins(url, { redirect_uri: "http://localhost/new" });
  assert.equal(site.requests_of("/renewed.json"), 2);
});

// ---- what is refused

const invalid = ["invalid_client_metadata", 400], unavailable = ["temporarily_unavailable", 503];
const padding = (bytes) => ({ padding: "x".repeat(bytes) });
const key_pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const broken = [
  ["another client_id", invalid, document({ client_id: "https://app.localhost/other.json" })],
  ["no client_id", invalid, document({ client_id: undefined })],
  ["a client_id of another type", invalid, (url) => ({ ...document()(url), client_id: [url] })],
  ["no client_name", invalid, document({ client_name: undefined })],
  ["a blank client_name", invalid, document({ client_name: " " })],
  ["no redirect_uris", invalid, document({ redirect_uris: undefined })],
  ["an impossible redirect URI", invalid, document({ redirect_uris: ["javascript:alert(1)"] })],
  ["a client_secret", invalid, document({ client_secret: "x" })],
  ["client_secret_expires_at", invalid, document({ client_secret_expires_at: 0 })],
  ["client_secret_post", invalid, document({ token_endpoint_auth_method: "client_secret_post" })],
  ["client_secret_basic", invalid, document({ token_endpoint_auth_method: "client_secret_basic" })],
  ["client_secret_jwt", invalid, document({ token_endpoint_auth_method: "client_secret_jwt" })],
  ["private_key_jwt without keys", invalid, document({ token_endpoint_auth_method: "private_key_jwt" })],
  ["a private key", invalid, document({ token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [key_pair.privateKey.export({ format: "jwk" })] } })],
  ["an empty body", invalid, ""],
  ["no JSON", invalid, "<html>"],
  ["a list", invalid, "[]"],
  ["a member twice", invalid, (url) => `{"client_id":"${url}","client_id":"${url}","client_name":"x","redirect_uris":["${default_redirect_uri}"]}`],
  ["more than 5 KB", invalid, document(padding(5 * 1024))],
  ["text/html", invalid, document(), { type: "text/html" }],
  ["text/plain", invalid, document(), { type: "text/plain" }],
  ["no type", invalid, document(), { type: "" }],
  ["404", unavailable, document(), { status: 404 }],
  ["500", unavailable, document(), { status: 500 }],
  ["201", unavailable, document(), { status: 201 }],
  ["401", unavailable, document(), { status: 401 }],
];

for (const [i, [what, [error, status], content, options]] of broken.entries())
  test(`a document with ${what} is ${error}, and is not asked for again for a minute (draft 4, 4.1)`, async () => {
    const path = `/broken-${i}.json`, url = site.put(path, content, options);
    await assert_refused(url, status, error, what);
    assert.equal(site.requests_of(path), 1, "the second request is answered without a fetch");
    const record = await system.admin.hgetall(key_of(url)), ttl = await system.admin.ttl(key_of(url));
    assert.equal(record.failure, error === "temporarily_unavailable" ? "document_unavailable" : "document_invalid");
    assert.ok(!("text" in record), "nothing of the response is kept");
    assert.ok(ttl > 50 && ttl <= 60, `${ttl}`);
    site.put(path, document());
    await system.admin.del(key_of(url));
    await assert_begins(url);
  });

test("no redirect is followed (draft 4)", async () => {
  const target = site.put("/target.json", document());
  for (const status of [301, 302, 303, 307, 308]) {
    const path = `/redirect-${status}.json`;
    site.serve(path, (asked, response) => response.writeHead(status, { Location: target, "Content-Type": "application/json" }).end("{}"));
    await assert_refused(site.url(path), 503, "temporarily_unavailable", `${status}`);
  }
  assert.equal(site.requests_of("/target.json"), 0);
});

// ---- who answers badly

const chunk = "x".repeat(1024);
const until_closed = (response, write) => { const timer = setInterval(write, 50); response.on("close", () => clearInterval(timer)); };
const hostile = {
  "a body without end": [400, (asked, response) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    until_closed(response, () => response.write(chunk));
  }],
  "a chunked body of 1 MB": [400, (asked, response) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    for (let i = 0; i < 1024; i += 1) response.write(chunk);
    response.end();
  }],
  "a body of 1 MB with its length": [400, (asked, response) => response.writeHead(200, { "Content-Type": "application/json", "Content-Length": 1 << 20 }).end(chunk)],
  "a head of 100 KB": [503, (asked, response) => response.writeHead(200, { "Content-Type": "application/json", ...Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [`x-${i}`, chunk])) }).end("{}")],
  "a dripped body": [503, (asked, response) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    until_closed(response, () => response.write(" "));
  }],
  "silence": [503, () => {}],
  "half a body": [503, (asked, response) => {
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": 100 });
    response.write("{", () => response.destroy());
  }],
  "a lost connection": [503, (asked) => asked.socket.destroy()],
};

for (const [what, [status, handler]] of Object.entries(hostile))
  test(`a site that answers with ${what} costs at most 2.5 s and the limits' bytes`, async () => {
    const path = `/${what.replaceAll(" ", "-")}.json`, started = performance.now();
    site.serve(path, handler);
    const answer = await ask(site.url(path));
    assert.equal(answer.status, status, answer.text);
    assert.ok(performance.now() - started < 4500, `${performance.now() - started} ms`);
  });

test("a certificate of an unknown authority, or of another name, and a closed port are unavailable", async () => {
  await assert_refused(other.put("/untrusted.json", document()), 503, "temporarily_unavailable");
  assert.equal(other.requests.length, 0);
  await assert_refused("https://closed.localhost:1/client.json", 503, "temporarily_unavailable");
});

// ---- how often and how many

test("requests for one document at the same time share one fetch", async () => {
  const held = [];
  site.serve("/shared.json", (asked, response) => held.push(response));
  const asking = Array.from({ length: 5 }, () => ask(site.url("/shared.json")));
  await eventually(() => held.length > 0, { what: "the fetch" });
  for (const response of held) response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(document()(site.url("/shared.json"))));
  for (const answer of await Promise.all(asking)) assert.equal(answer.status, 302, answer.text);
  assert.equal(site.requests_of("/shared.json"), 1);
});

test("two fetches of one host at once, and no third; other hosts go on", async () => {
  const held = [];
  for (const path of ["/held-1.json", "/held-2.json"]) site.serve(path, (asked, response) => held.push(response));
  const asking = ["/held-1.json", "/held-2.json"].map((path) => ask(site.url(path)));
  await eventually(() => held.length === 2, { what: "two fetches" });
  const third = await ask(site.put("/third.json", document()));
  assert.equal(third.status, 503);
  assert.match(third.headers["retry-after"], /^\d+$/);
  await assert_begins(site.put("/elsewhere.json", document(), { host: "other.localhost" }));
  for (const response of held) response.writeHead(500).end();
  for (const answer of await Promise.all(asking)) assert.equal(answer.status, 503);
  assert.equal(site.requests_of("/third.json"), 0);
  await assert_begins(site.url("/third.json")); // being busy is not remembered
});

test("a host is asked at most 30 times a minute, whatever the paths; what is kept goes on", async () => {
  const kept = site.put("/kept.json", document());
  await assert_begins(kept);
  const answers = [];
  for (let i = 0; i < 30; i += 1) answers.push((await ask(site.url(`/rate-${i}`))).status);
  assert.deepEqual(answers, [...Array(29).fill(503), 429]);
  assert.equal(site.requests_of("/rate-29"), 0);
  const limited = await ask(site.put("/limited.json", document()));
  assert.equal(limited.status, 429);
  assert.match(limited.headers["retry-after"], /^\d+$/);
  await assert_begins(kept);
  await assert_begins(site.put("/other-host.json", document(), { host: "other.localhost" }));
});

// ---- who is not asked

test("GET /client/{client_id} tells nothing of a document, and fetches none", async () => {
  const url = site.put("/shown.json", document());
  const { status } = await request(`${system.base}/client/${encodeURIComponent(url)}`);
  assert.equal(status, 404);
  assert.equal(site.requests_of("/shown.json"), 0);
});

test("DOCUMENT_TRUSTED_DOMAINS: another domain's client is told so, and its document is not asked for", async () => {
  const strict = await startSystem({ env: { registry: { DOCUMENT_CA_FILE: site.ca_file, DOCUMENT_PRIVATE_HOSTS: site.private_hosts,
    DOCUMENT_TRUSTED_DOMAINS: "example.com, other.localhost" } } });
  try {
    const get = (client_id, headers = html) => request(`${strict.base}/authorize?${form({ response_type: "code", client_id, redirect_uri: default_redirect_uri,
      scope: default_scope, ...pkce() })}`, { headers });
    assert.equal((await get(site.put("/trusted.json", document(), { host: "other.localhost" }))).status, 302);
    const page = await get(site.put("/untrusted.json", document()));
    assert.equal(page.status, 403);
    assert.match(page.text, /not accepted here/);
    assert.equal((await get(site.url("/untrusted.json"), {})).body.error, "unauthorized_client");
    assert.equal(site.requests_of("/untrusted.json"), 0);
    assert.deepEqual(await strict.admin.keys(key_of(site.url("/untrusted.json"))), []);
  } finally {
    await strict.stop();
  }
});

test("no log line holds anything of a document", () => {
  for (const kind of ["registry", "edge"]) for (const child of system.processes[kind])
    for (const line of child.text) assert.doesNotMatch(line, /Whole & sound|javascript:|"client_name"|redirect_uris"/);
});
