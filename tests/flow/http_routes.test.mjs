// ctest: LABEL flow  TIMEOUT 120
// Paths match exactly, methods are told, CORS stands where DESIGN 6 wants it, and no answer tells more than it must.

import assert from "node:assert/strict";
import { request as http_request } from "node:http";
import { after, before, test } from "node:test";
import { post_form, post_json, request } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";

let system;

before(async () => { system = await startSystem(); });
after(() => system?.stop());

const at = (path, options) => request(`${system.base}${path}`, options);
// client.mjs reads the JSON that a content type promises; HEAD promises it and sends none.
const head_of = (path) => new Promise((resolve, reject) => {
  http_request(`${system.base}${path}`, { method: "HEAD", agent: false }, (response) => {
    let text = "";
    response.on("data", (chunk) => { text += chunk; }).on("end", () => resolve({ status: response.statusCode, headers: response.headers, text }));
  }).on("error", reject).end();
});
const html = { Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

const open = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration", "/.well-known/openid_configuration",
  "/.well-known/jwks.json", "/register", "/token", "/revoke", "/validate"];

test("what is not there is 404 in the protocol's form, and a page for a person", async () => {
  for (const path of ["/nothing", "/token/", "/tokens", "/Token", "/client", "/client/", "/client/a/b", "/.well-known", "/authorize/x"]) {
    const { status, body } = await at(path);
    assert.equal(status, 404, path);
    assert.equal(body.error, "not_found", path);
    assert.equal(typeof body.error_description, "string", path);
  }
  const page = await at("/nothing", { headers: html });
  assert.equal(page.status, 404);
  assert.match(page.headers["content-type"], /^text\/html; charset=utf-8$/i);
});

test("an encoded path is another path (%74oken is not token)", async () => {
  assert.equal((await at("/%74oken", { method: "POST" })).status, 404);
});

test("a method that is not there is 405 with Allow (RFC 9110 15.5.6)", async () => {
  for (const [path, method, allowed] of [["/token", "GET", "POST"], ["/revoke", "GET", "POST"], ["/register", "GET", "POST"], ["/validate", "PUT", "POST"],
    ["/health", "POST", "GET"], ["/authorize", "DELETE", "GET"], ["/.well-known/jwks.json", "POST", "GET"], ["/", "PATCH", "GET"]]) {
    const response = await at(path, { method });
    assert.equal(response.status, 405, `${method} ${path}`);
    assert.ok(response.headers.allow.split(", ").includes(allowed), `${method} ${path}: ${response.headers.allow}`);
  }
  assert.equal((await at("/health", { method: "BREW" })).status, 405);
});

test("HEAD is GET without the body (RFC 9110 9.3.2)", async () => {
  for (const path of ["/.well-known/oauth-authorization-server", "/.well-known/jwks.json", "/"]) {
    const [get, head] = [await at(path), await head_of(path)];
    assert.equal(head.status, 200, path);
    assert.equal(head.text, "", path);
    assert.equal(head.headers["content-length"], get.headers["content-length"], path);
    assert.equal(head.headers["cache-control"], get.headers["cache-control"], path);
  }
});

test("a preflight is answered for any header, without credentials", async () => {
  for (const path of open) {
    const response = await at(path, { method: "OPTIONS", headers: { Origin: "https://inspector.example",
      "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type, mcp-protocol-version, x-any" } });
    assert.equal(response.status, 204, path);
    assert.equal(response.text, "", path);
    assert.equal(response.headers["access-control-allow-origin"], "*", path);
    for (const name of ["authorization", "mcp-protocol-version", "x-any"])
      assert.ok(response.headers["access-control-allow-headers"].toLowerCase().includes(name), `${path} ${name}`);
    assert.equal(response.headers["access-control-allow-credentials"], undefined, path);
  }
});

test("answers and refusals alike are readable from any origin", async () => {
  const answers = [await at("/.well-known/jwks.json"), await at("/.well-known/oauth-authorization-server"),
    await post_form(`${system.base}/token`, {}), await post_json(`${system.base}/register`, "{"), await post_json(`${system.base}/validate`, {}),
    await at("/token", { method: "GET" })];
  for (const { url, headers } of answers) {
    assert.equal(headers["access-control-allow-origin"], "*", url);
    assert.match(headers["access-control-expose-headers"], /WWW-Authenticate/i, url);
    assert.equal(headers["access-control-allow-credentials"], undefined, url);
  }
});

test("no other origin may read the sign-in", async () => {
  for (const [path, options] of [["/authorize", {}], ["/authorize", { method: "POST" }], ["/auth/github/callback", {}],
    ["/authorize", { method: "OPTIONS", headers: { Origin: "https://evil.example", "Access-Control-Request-Method": "POST" } }]])
    assert.equal((await at(path, options)).headers["access-control-allow-origin"], undefined, path);
});

test("every answer forbids sniffing, names no server and says how long it may be kept", async () => {
  for (const response of [await at("/"), await at("/health"), await at("/ready"), await at("/nothing"), await at("/authorize"),
    await at("/authorize", { headers: html }), await post_form(`${system.base}/token`, {}), await at("/.well-known/jwks.json")]) {
    assert.equal(response.headers["x-content-type-options"], "nosniff", response.url);
    assert.equal(response.headers.server, undefined, response.url);
    assert.ok(response.headers["cache-control"], response.url);
  }
});

test("GET / is the original's JSON, and a page for a browser", async () => {
  const { status, body } = await at("/");
  assert.equal(status, 200);
  assert.deepEqual(body.endpoints, { authorize: "/authorize", token: "/token", github_callback: "/auth/github/callback",
    jwks: "/.well-known/jwks.json", metadata: "/.well-known/oauth-authorization-server", openid_config: "/.well-known/openid_configuration",
    validate: "/validate", revoke: "/admin/revoke", register: "/register", client_info: "/client/{client_id}" });
  assert.equal(body.name, "MCP OAuth Authorization Server");
  const page = await at("/", { headers: html });
  assert.match(page.headers["content-type"], /^text\/html/);
  assert.match(page.headers.vary, /accept/i);
});

test("GET /health says ok and the time", async () => {
  const { status, body } = await at("/health");
  assert.equal(status, 200);
  assert.equal(body.status, "ok");
  assert.ok(Math.abs(Date.parse(body.timestamp) - Date.now()) < 60_000, body.timestamp);
});

test("GET /ready names every part of the system", async () => {
  const { status, text } = await at("/ready");
  assert.equal(status, 200, text);
  for (const kind of ["registry", "broker", "signer"]) assert.ok(text.includes(kind), text);
});
