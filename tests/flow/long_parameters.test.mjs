// ctest: LABEL flow  TIMEOUT 120
// A parameter longer than we accept is the asker's mistake: 400 invalid_request that says so (RFC 6749 4.1.2.1, 5.2),
// never a 500, and no half-written session.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, authorize_url, pkce, post_form, register, request } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";

let system, client;

before(async () => {
  system = await startSystem();
  client = await register(system.base);
});
after(() => system?.stop());

const long = "a".repeat(5000);
const too_long = /longer than this server accepts/;

for (const name of ["response_type", "client_id", "redirect_uri", "scope", "code_challenge", "code_challenge_method", "resource", "nonce", "prompt", "login_hint"]) {
  test(`/authorize refuses a ${name} of 5000 bytes`, async () => {
    const url = new URL(authorize_url(system.base, client, { ...pkce(), state: "x" }));
    url.searchParams.set(name, long);
    const answer = await new Browser().fetch(url.href);
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.text, too_long);
  });
}

test("the callback refuses a state or a code of 5000 bytes", async () => {
  const browser = new Browser();
  await browser.fetch(authorize_url(system.base, client, { ...pkce(), state: "x" }));
  for (const query of [`state=${long}&code=x`, `state=x.y&code=${long}`, `state=x.y&error=${long}`]) {
    const answer = await browser.fetch(`${system.base}/auth/github/callback?${query}`);
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.text, too_long);
  }
});

test("the consent form refuses fields of 5000 bytes", async () => {
  const browser = new Browser();
  await browser.fetch(authorize_url(system.base, client, { ...pkce(), state: "x" }));
  const fields = { session: "0".repeat(64), csrf_token: "x", decision: "approve" };
  for (const name of Object.keys(fields)) {
    const answer = await browser.fetch(`${system.base}/authorize`, { method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: new URLSearchParams({ ...fields, [name]: long }).toString() });
    assert.equal(answer.status, 400, `${name}: ${answer.text}`);
    assert.match(answer.text, too_long);
  }
});

test("/token refuses parameters that are too long (RFC 6749 5.2)", async () => {
  const longer = "a".repeat(9000);
  for (const fields of [
    { grant_type: "authorization_code", code: "x", client_id: long },
    { grant_type: "authorization_code", code: longer, client_id: "x" },
    { grant_type: "authorization_code", code: "x", client_id: "x", code_verifier: longer },
    { grant_type: "refresh_token", refresh_token: longer, client_id: "x" },
    { grant_type: "refresh_token", refresh_token: "x", client_id: "x", scope: long },
  ]) {
    const { status, body } = await post_form(`${system.base}/token`, fields);
    assert.equal(status, 400, JSON.stringify(body));
    assert.equal(body.error, "invalid_request");
    assert.match(body.error_description, too_long);
  }
});

test("a redirect URI that only its port makes too long is not a half-written session", async () => {
  const path = "b".repeat(2048 - "http://localhost/".length);
  const local = await register(system.base, { redirect_uris: [`http://localhost/${path}`] });
  const asked = { ...local, redirect_uris: [`http://localhost:65535/${path}`] };
  const answer = await new Browser().fetch(authorize_url(system.base, asked, { ...pkce(), state: "x" }));
  assert.equal(answer.status, 400, answer.text);
});

test("a client id of 5000 bytes is not found", async () => {
  assert.equal((await request(`${system.base}/client/${long}`)).status, 404);
});
