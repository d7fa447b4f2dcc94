// ctest: LABEL flow  TIMEOUT 240
// GET /auth/github/callback: what GitHub sends back, who may bring it, how GitHub can fail, and what a broker that dies
// leaves behind. RFC 6749 10.12 (state), RFC 9700 4.7 (bound to the browser), RFC 7636 (PKCE towards GitHub).

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Browser, authorizeUntilCallback, authorizeUntilConsent, callback_of, register, request, submitConsent } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

let system, client, github;

before(async () => {
  system = await startSystem({ brokers: 2 });
  client = await register(system.base);
  github = new URL(system.github.url).origin;
});
after(() => system?.stop());
beforeEach(() => { for (const endpoint of ["authorize", "access_token", "user", "emails"]) system.github.control({ endpoint, failure: "none" }); });

const until_callback = (options) => authorizeUntilCallback(system, client, { state: "state-of-the-client", ...options });

const changed = (url, members) => {
  const target = new URL(url);
  for (const [name, value] of Object.entries(members))
    if (value === undefined) target.searchParams.delete(name); else target.searchParams.set(name, value);
  return target.href;
};

test("GitHub is asked with our callback, PKCE (S256) and the least scope", async () => {
  const { github_url } = await until_callback();
  const { searchParams } = new URL(github_url);
  assert.equal(searchParams.get("client_id"), system.github.client_id);
  assert.equal(searchParams.get("redirect_uri"), `${system.base}/auth/github/callback`);
  assert.equal(searchParams.get("scope"), "read:user");
  assert.equal(searchParams.get("code_challenge_method"), "S256");
  assert.match(searchParams.get("code_challenge"), /^[\w-]{43}$/);
  assert.equal(searchParams.get("prompt"), null);
  const email = await until_callback({ scope: "mcp:example.com:github-tools email" });
  assert.equal(new URL(email.github_url).searchParams.get("scope"), "read:user user:email");
  const hinted = await until_callback({ more: { prompt: "login", login_hint: "octocat" } });
  assert.equal(new URL(hinted.github_url).searchParams.get("prompt"), "select_account");
  assert.equal(new URL(hinted.github_url).searchParams.get("login"), "octocat");
});

test("a callback leads to the consent page, and a reload of it to the same page", async () => {
  const { browser, callback } = await until_callback();
  const page = await browser.fetch(callback);
  assert.equal(page.status, 200);
  const again = await browser.fetch(callback);
  assert.equal(again.text, page.text);
});

test("a doubled callback asks GitHub once and both get the page", async () => {
  const { browser, callback } = await until_callback();
  system.github.control({ endpoint: "user", failure: "slow", delay_ms: 600 });
  const pages = await Promise.all([browser.fetch(callback), browser.fetch(callback), browser.fetch(callback)]);
  for (const page of pages) assert.equal(page.status, 200, page.text);
  assert.equal(new Set(pages.map(({ text }) => text)).size, 1);
});

test("a forged state is refused (RFC 6749 10.12)", async () => {
  const { browser, callback } = await until_callback();
  const other = await until_callback({ browser });
  const state = new URL(callback).searchParams.get("state");
  const [s] = state.split("."), [, mac] = new URL(other.callback).searchParams.get("state").split(".");
  for (const forged of [`${s}.${mac}`, `${state}x`, state.slice(0, -1), `${s}.`]) {
    const answer = await browser.fetch(changed(callback, { state: forged }));
    assert.equal(answer.status, 403, `${forged}: ${answer.text}`);
    assert.equal(answer.location, undefined);
  }
  for (const shapeless of ["x", "}.x", "."]) assert.ok([400, 403].includes((await browser.fetch(changed(callback, { state: shapeless }))).status));
  const unknown = await browser.fetch(changed(callback, { state: `${"0".repeat(64)}.${mac}` }));
  assert.equal(unknown.status, 400);
  assert.equal((await browser.fetch(changed(callback, { state: undefined }))).status, 400);
  assert.equal((await browser.fetch(callback)).status, 200, "the real one still works");
});

test("a callback in another browser is refused and does not use up the code (RFC 9700 4.7)", async () => {
  const { browser, callback } = await until_callback();
  const thief = await until_callback({ user: "monalisa" });
  assert.equal((await thief.browser.fetch(callback)).status, 403);
  assert.equal((await new Browser().fetch(callback)).status, 403, "no cookie at all");
  assert.equal((await browser.fetch(callback)).status, 200);
});

test("GitHub's own access_denied goes to the client at once (RFC 6749 4.1.2.1)", async () => {
  const asked = await authorizeUntilConsent(system, client, { user: false });
  const told = callback_of(asked.page.location);
  assert.equal(told.target, asked.redirect_uri);
  assert.equal(told.error, "access_denied");
  assert.equal(told.state, asked.state);
  assert.equal(told.iss, system.base);
  assert.equal(told.code, undefined);
});

for (const [endpoint, failure, status] of [
  ["access_token", "500", 503], ["access_token", "wrong_json", 503], ["access_token", "not_json", 503], ["access_token", "wrong_types", 503],
  ["access_token", "reset", 503], ["access_token", "denied", 400], ["access_token", "huge", 503],
  ["user", "502", 503], ["user", "rate_limited", 503], ["user", "secondary_rate_limit", 503], ["user", "wrong_json", 503],
  ["user", "wrong_types", 503], ["user", "not_json", 503], ["user", "reset", 503], ["user", "denied", 503], ["user", "huge", 503],
]) {
  test(`GitHub's ${endpoint} fails with ${failure}: a page with ${status}, and the person can try again`, async () => {
    const { browser, callback } = await until_callback();
    system.github.control({ endpoint, failure });
    const failed = await browser.fetch(callback);
    assert.equal(failed.status, status, failed.text);
    assert.match(failed.headers["content-type"], /html/);
    if (failure.endsWith("rate_limited") || failure.startsWith("secondary")) assert.match(failed.text, /limits our requests/);
    system.github.control({ endpoint, failure: "none" });
    const again = await browser.fetch(callback);
    assert.equal(again.status, 302, `a reload goes through GitHub anew: ${again.text}`);
    assert.equal(new URL(again.location).origin, github);
    const at_github = await browser.navigate(again.location);
    const page = await browser.submit(at_github, { within: [system.base, github], button: { name: "user", value: "octocat" } });
    assert.equal(page.status, 200, page.text);
    assert.match(page.text, /octocat/);
  });
}

test("a GitHub that never answers: 503 within the budget, the other flows unaffected", async () => {
  const { browser, callback } = await until_callback();
  system.github.control({ endpoint: "user", failure: "hang" });
  const began = Date.now();
  const waiting = browser.fetch(callback);
  assert.equal((await request(`${system.base}/health`)).status, 200);
  assert.ok((await register(system.base)).client_id);
  const answer = await waiting;
  assert.equal(answer.status, 503);
  assert.ok(Date.now() - began < 15_500, "the budget of a callback");
});

const session_claimed = () => eventually(async () => {
  const [, keys] = await system.reader.scan("0", "MATCH", "mcp:session:*", "COUNT", "100000");
  for (const key of keys) if (await system.reader.hget(key, "claim_until")) return key;
  throw new Error("nobody asks GitHub");
}, { what: "a claim" });

test("a broker killed while it asks GitHub: no failure, the sign-in completes once more through GitHub", async () => {
  const { browser, callback, state } = await until_callback();
  system.github.control({ endpoint: "user", failure: "hang", times: 1 });
  const waiting = browser.fetch(callback);
  await session_claimed();
  for (const index of [0, 1]) { // one of the two asks GitHub, and the other one always lives
    await system.kill("broker", index);
    await system.restart("broker", index);
  }
  const answer = await waiting;
  assert.equal(answer.status, 302, answer.text);
  assert.equal(new URL(answer.location).origin, github, "GitHub is asked anew");
  assert.notEqual(new URL(answer.location).searchParams.get("state"), new URL(callback).searchParams.get("state"));
  const at_github = await browser.navigate(answer.location);
  const page = await browser.submit(at_github, { within: [system.base, github], button: { name: "user", value: "octocat" } });
  const given = await submitConsent({ browser, page });
  assert.ok(given.code);
  assert.equal(given.state, state);
});
