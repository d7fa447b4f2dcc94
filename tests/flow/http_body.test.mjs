// ctest: LABEL flow  TIMEOUT 120
// Bodies: their limits and their types, with the answer that the protocol has for each.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { post_form, post_json, register, request } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";

let system;

before(async () => { system = await startSystem(); });
after(() => system?.stop());

const at = (path) => `${system.base}${path}`;

test("/token takes a form only (RFC 6749 3.2)", async () => {
  for (const type of ["application/json", "text/plain", "multipart/form-data; boundary=x", ""]) {
    const { status, body } = await request(at("/token"), { method: "POST", body: "grant_type=authorization_code",
      headers: type ? { "Content-Type": type } : {} });
    assert.equal(status, 400, type);
    assert.equal(body.error, "invalid_request", type);
    assert.match(body.error_description, /x-www-form-urlencoded/);
  }
  const { body } = await post_form(at("/token"), { grant_type: "password" }, {
    headers: { "Content-Type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8" } });
  assert.equal(body.error, "unsupported_grant_type", "letter case and parameters of the type do not matter");
});

test("/register takes JSON only (RFC 7591 3.1)", async () => {
  const form = await post_form(at("/register"), { client_name: "x" });
  assert.equal(form.status, 400);
  for (const text of ["", "{", "[]", "null", "\"x\"", "{\"a\":1}}", "{\"a\":\"\\ud800\"}"]) {
    const { status, body } = await post_json(at("/register"), text);
    assert.equal(status, 400, text);
    assert.equal(typeof body.error, "string", text);
  }
});

test("a malformed form is refused", async () => {
  for (const text of ["grant_type=%zz", "grant_type=%00", "a=%ff", "a=1&".repeat(100), "grant_type=authorization_code&grant_type=refresh_token"]) {
    const { status, body } = await post_form(at("/token"), text);
    assert.equal(status, 400, text.slice(0, 40));
    assert.equal(body.error, "invalid_request", text.slice(0, 40));
  }
});

test("a body over the limit is 413 and harms nobody else (RFC 9110 15.5.14)", async () => {
  for (const path of ["/token", "/revoke", "/register", "/validate", "/admin/revoke"]) {
    const response = await request(at(path), { method: "POST", body: "a".repeat(200 * 1024), own_connection: true,
      headers: { "Content-Type": ["/token", "/revoke"].includes(path) ? "application/x-www-form-urlencoded" : "application/json" } }).catch((error) => error);
    // the connection may end before the whole body is sent
    if (response instanceof Error) assert.match(String(response.code), /ECONNRESET|EPIPE/);
    else assert.equal(response.status, 413, path);
  }
  assert.equal((await request(at("/health"))).status, 200);
});

test("a chunked body is read as any other", async () => {
  const { status, body } = await request(at("/token"), { method: "POST", body: "grant_type=password", headers: ["Content-Type",
    "application/x-www-form-urlencoded", "Transfer-Encoding", "chunked"] });
  assert.equal(status, 400);
  assert.equal(body.error, "unsupported_grant_type");
});

test("a token of any length is an invalid token, never a crash", async () => {
  for (const token of ["a", "a.b.c", "a".repeat(9000), "a".repeat(20_000), "\u0000", "..", "mcp_refresh__1.", "mcp_refresh__"]) {
    const validated = await post_json(at("/validate"), { token });
    assert.equal(validated.status, 400, token.slice(0, 20));
    assert.equal(validated.body.valid, false);
    const revoked = await post_json(at("/admin/revoke"), { token });
    assert.equal(revoked.status, 400, token.slice(0, 20));
    assert.match(revoked.body.error, /^invalid_(token|request)$/);
  }
});

test("client authentication in two ways is refused (RFC 6749 2.3), an unreadable header too", async () => {
  const client = await register(system.base, { token_endpoint_auth_method: "client_secret_post" });
  const basic = `Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString("base64")}`;
  const fields = { grant_type: "authorization_code", code: "x", client_id: client.client_id, client_secret: client.client_secret };
  const double = await post_form(at("/token"), fields, { headers: { Authorization: basic } });
  assert.equal(double.status, 400);
  assert.equal(double.body.error, "invalid_request");
  for (const Authorization of ["Basic !!!", "Basic", "Digest x", "Bearer x"]) {
    const { status, body, headers } = await post_form(at("/token"), { grant_type: "authorization_code", code: "x" }, { headers: { Authorization } });
    assert.equal(status, 401, Authorization);
    assert.equal(body.error, "invalid_client", Authorization);
    assert.match(headers["www-authenticate"], /^Basic realm=/, "RFC 6749 5.2");
  }
});

test("a client is read with its registration token, in its public form without (RFC 7592 2.1)", async () => {
  const client = await register(system.base);
  const url = at(`/client/${encodeURIComponent(client.client_id)}`);
  const open = await request(url);
  assert.equal(open.status, 200);
  assert.equal(open.body.client_id, client.client_id);
  assert.equal(open.body.registration_access_token, undefined);
  const own = await request(url, { headers: { Authorization: `Bearer ${client.registration_access_token}` } });
  assert.equal(own.status, 200, own.text);
  assert.equal(own.body.client_secret, undefined);
  const foreign = await request(url, { headers: { Authorization: "Bearer nonsense" } });
  assert.equal(foreign.status, 401);
  assert.match(foreign.headers["www-authenticate"], /^Bearer/, "RFC 6750 3");
  assert.equal((await request(at("/client/mcp_any_unknown"))).status, 404);
  assert.equal((await request(at("/client/%zz"))).status, 404);
});
