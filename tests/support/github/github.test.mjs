// The stand-in answers as GitHub does: each test names the behaviour that a client of GitHub depends on.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { get } from "node:http";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { default_client, startGithub } from "./github.mjs";

const redirect_uri = "http://localhost:8787/auth/github/callback";
const code_verifier = "v".repeat(64);
const code_challenge = createHash("sha256").update(code_verifier).digest("base64url");

async function started(t, options) {
  const github = await startGithub(options);
  t.after(() => github.close());
  return github;
}

const authorize_url = (github, more = {}) => `${github.url}/login/oauth/authorize?${new URLSearchParams({
  client_id: default_client.client_id, redirect_uri, state: "s t&", scope: "read:user user:email", code_challenge,
  code_challenge_method: "S256", prompt: "select_account", ...more })}`;

async function code_for(github, login, more) {
  github.control({ auto_user: login });
  const response = await fetch(authorize_url(github, more), { redirect: "manual" });
  assert.equal(response.status, 302);
  return new URL(response.headers.get("location")).searchParams.get("code");
}

const redeem = async (github, code, more = {}) => {
  const response = await fetch(`${github.url}/login/oauth/access_token`, { method: "POST", headers: { Accept: "application/json" },
    body: new URLSearchParams({ ...default_client, code, redirect_uri, code_verifier, ...more }) });
  return { status: response.status, body: await response.json() };
};

const token_for = async (github, login, more) => (await redeem(github, await code_for(github, login, more))).body.access_token;

const api = (github, path, token, headers = {}) =>
  fetch(github.url + path, { headers: { "User-Agent": "test", ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers } });

test("the page offers every user and a denial, and a click leads back with code and state", async (t) => {
  const github = await started(t);
  const page = await (await fetch(authorize_url(github, { login: "hubot" }))).text();
  for (const login of ["octocat", "monalisa", "hubot", "outsider", "joiner"]) assert.match(page, new RegExp(`name="user" value="${login}"`));
  assert.match(page, /name="deny"/);
  assert.match(page, /name="state" value="s t&amp;"/, "what the page repeats is escaped");
  assert.ok(page.indexOf('value="hubot"') < page.indexOf('value="octocat"'), "the hinted login comes first");
  assert.doesNotMatch(page, /<script/);
  const fields = Object.fromEntries(new URL(authorize_url(github)).searchParams);
  const response = await fetch(`${github.url}/login/oauth/authorize`, { method: "POST", redirect: "manual",
    body: new URLSearchParams({ ...fields, user: "octocat" }) });
  assert.equal(response.status, 302);
  const target = new URL(response.headers.get("location"));
  assert.equal(target.origin + target.pathname, redirect_uri);
  assert.equal(target.searchParams.get("state"), "s t&");
  assert.equal((await redeem(github, target.searchParams.get("code"))).body.token_type, "bearer");
});

test("a denial leads back with access_denied and the state", async (t) => {
  const github = await started(t);
  const fields = Object.fromEntries(new URL(authorize_url(github)).searchParams);
  const response = await fetch(`${github.url}/login/oauth/authorize`, { method: "POST", redirect: "manual",
    body: new URLSearchParams({ ...fields, deny: "1" }) });
  const { searchParams } = new URL(response.headers.get("location"));
  assert.equal(searchParams.get("error"), "access_denied");
  assert.equal(searchParams.get("error_description"), "The user has denied your application access.");
  assert.equal(searchParams.get("state"), "s t&");
  assert.equal(searchParams.get("code"), null);
});

test("an unknown app is a 404 page and never a redirect", async (t) => {
  const github = await started(t);
  const response = await fetch(authorize_url(github, { client_id: "<b>nobody" }), { redirect: "manual" });
  assert.equal(response.status, 404);
  assert.doesNotMatch(await response.text(), /<b>nobody/);
});

test("a registered callback refuses a foreign one and accepts another loopback port and a path below", async (t) => {
  const github = await started(t, { clients: [{ ...default_client, redirect_uri }] });
  github.control({ auto_user: "octocat" });
  const to = async (wanted) => new URL((await fetch(authorize_url(github, { redirect_uri: wanted }), { redirect: "manual" })).headers.get("location"));
  const refused = await to("https://evil.example/callback");
  assert.equal(refused.host, "localhost:8787");
  assert.equal(refused.searchParams.get("error"), "redirect_uri_mismatch");
  assert.ok((await to("http://localhost:9999/auth/github/callback")).searchParams.get("code"));
  assert.ok((await to(`${redirect_uri}/below`)).searchParams.get("code"));
});

test("_user chooses only in auto mode", async (t) => {
  const github = await started(t);
  assert.equal((await fetch(authorize_url(github, { _user: "octocat" }), { redirect: "manual" })).status, 200);
  const token = await token_for(github, "octocat", { _user: "monalisa" });
  assert.equal((await (await api(github, "/user", token)).json()).login, "monalisa");
});

test("a code is redeemed only once", async (t) => {
  const github = await started(t);
  const code = await code_for(github, "octocat");
  const first = await redeem(github, code);
  assert.match(first.body.access_token, /^gho_[A-Za-z0-9]{36}$/);
  assert.equal(first.body.scope, "read:user,user:email");
  const second = await redeem(github, code);
  assert.equal(second.status, 200, "GitHub answers OAuth errors with 200");
  assert.equal(second.body.error, "bad_verification_code");
});

test("a code dies after ten minutes", async (t) => {
  let now = Date.now();
  const github = await started(t, { now_ms: () => now });
  const [young, old] = [await code_for(github, "octocat"), await code_for(github, "octocat")];
  now += 599_000;
  assert.ok((await redeem(github, young)).body.access_token);
  now += 1_000;
  assert.equal((await redeem(github, old)).body.error, "bad_verification_code");
});

test("a code is bound to the verifier, the redirect_uri, the app and its secret", async (t) => {
  const github = await started(t);
  github.control({ client: { client_id: "other", client_secret: "other-secret" } });
  const code = await code_for(github, "octocat");
  const error = async (more) => (await redeem(github, code, more)).body.error;
  assert.equal(await error({ code_verifier: "w".repeat(64) }), "bad_verification_code");
  assert.equal(await error({ redirect_uri: "http://localhost:1/" }), "redirect_uri_mismatch");
  assert.equal(await error({ client_id: "other", client_secret: "other-secret" }), "bad_verification_code");
  assert.equal(await error({ client_secret: "guess" }), "incorrect_client_credentials");
  assert.ok((await redeem(github, code)).body.access_token, "none of them consumed it");
  const unknown = await redeem(github, code, { client_id: "nobody" });
  assert.deepEqual([unknown.status, unknown.body.error], [404, "Not Found"]);
});

test("without Accept the token comes as a form", async (t) => {
  const github = await started(t);
  const code = await code_for(github, "octocat");
  const response = await fetch(`${github.url}/login/oauth/access_token`, { method: "POST", body: new URLSearchParams({ ...default_client, code, code_verifier }) });
  assert.match(response.headers.get("content-type"), /x-www-form-urlencoded/);
  assert.match(new URLSearchParams(await response.text()).get("access_token"), /^gho_/);
});

test("/user tells who it is, with scopes and rate limits in the headers", async (t) => {
  const github = await started(t);
  const response = await api(github, "/user", await token_for(github, "octocat"));
  const user = await response.json();
  assert.deepEqual([user.id, user.login, user.email], [583231, "octocat", null]);
  assert.equal(response.headers.get("x-oauth-scopes"), "read:user, user:email");
  assert.equal(response.headers.get("x-ratelimit-limit"), "5000");
  assert.ok(Number(response.headers.get("x-ratelimit-reset")) > Date.now() / 1000);
});

test("a request without User-Agent is forbidden", async (t) => {
  const github = await started(t);
  const token = await token_for(github, "octocat");
  const request = get(`${github.url}/user`, { headers: { Authorization: `Bearer ${token}` } });
  const [response] = await once(request, "response");
  response.resume();
  assert.equal(response.statusCode, 403);
});

test("a missing or foreign token is 401", async (t) => {
  const github = await started(t);
  assert.equal((await api(github, "/user")).status, 401);
  const response = await api(github, "/user", "gho_nobody");
  assert.deepEqual([response.status, (await response.json()).message], [401, "Bad credentials"]);
});

test("emails, organisations and teams want their scopes", async (t) => {
  const github = await started(t);
  const poor = await token_for(github, "octocat", { scope: "read:user" });
  for (const [path, status] of [["/user/emails", 404], ["/user/orgs", 403], ["/user/teams", 404], ["/user/memberships/orgs/my-org", 403]])
    assert.equal((await api(github, path, poor)).status, status, path);
  const rich = await token_for(github, "octocat", { scope: "read:user user:email read:org" });
  const [email] = await (await api(github, "/user/emails", rich)).json();
  assert.deepEqual(email, { email: "octocat@example.com", primary: true, verified: true, visibility: "private" });
  assert.deepEqual((await (await api(github, "/user/orgs", rich)).json()).map(({ login }) => login), ["github", "my-org"]);
  const [team] = await (await api(github, "/user/teams", rich)).json();
  assert.deepEqual([team.slug, team.organization.login], ["platform", "my-org"]);
});

test("outsider has no verified email", async (t) => {
  const github = await started(t);
  const emails = await (await api(github, "/user/emails", await token_for(github, "outsider"))).json();
  assert.deepEqual(emails.map(({ verified }) => verified), [false]);
});

test("memberships tell pending from active and hide what the organisation restricts", async (t) => {
  const github = await started(t);
  const token = await token_for(github, "monalisa", { scope: "read:org" });
  const read = async (path) => { const response = await api(github, path, token); return [response.status, await response.json()]; };
  assert.equal((await read("/user/memberships/orgs/MY-ORG"))[1].state, "active");
  assert.equal((await read("/user/memberships/orgs/invited-org"))[1].state, "pending");
  assert.match((await read("/user/memberships/orgs/closed-org"))[1].message, /OAuth App access restrictions/);
  assert.equal((await read("/user/memberships/orgs/elsewhere"))[0], 404);
  assert.deepEqual((await read("/user/orgs"))[1].map(({ login }) => login), ["my-org"]);
  assert.deepEqual((await read("/user/memberships/orgs?state=active"))[1].map((row) => row.organization.login), ["my-org"]);
  assert.deepEqual((await read("/user/teams"))[1].map(({ slug }) => slug), ["design"]);
  assert.deepEqual((await read("/user/memberships/orgs?state=pending"))[1].map((row) => row.organization.login), ["invited-org"]);
});

test("who has no single sign-on session is told so: a header on lists, a refusal of the one organisation", async (t) => {
  const github = await started(t);
  const token = await token_for(github, "monalisa", { scope: "read:org" });
  for (const path of ["/user/orgs", "/user/teams", "/user/memberships/orgs"])
    assert.match((await api(github, path, token)).headers.get("x-github-sso"), /^partial-results; organizations=\d+$/);
  const one = await api(github, "/user/memberships/orgs/sso-org", token);
  assert.equal(one.status, 403);
  const [, url] = /^required; url=(.*)$/.exec(one.headers.get("x-github-sso"));
  assert.equal((await fetch(url)).status, 200);
  const octocat = await token_for(github, "octocat", { scope: "read:org" });
  assert.equal((await api(github, "/user/orgs", octocat)).headers.get("x-github-sso"), null);
});

test("a list of 120 is paged by the Link header, 30 a page unless asked, never more than 100", async (t) => {
  const github = await started(t);
  const token = await token_for(github, "joiner", { scope: "read:org" });
  const seen = [];
  let pages = 0;
  for (let path = "/user/orgs?per_page=50"; path; pages += 1) {
    const response = await api(github, path, token);
    seen.push(...(await response.json()).map(({ login }) => login));
    const next = /<([^>]+)>; rel="next"/.exec(response.headers.get("link"))?.[1];
    path = next?.slice(github.url.length);
  }
  assert.equal(pages, 3);
  assert.equal(new Set(seen).size, 120);
  assert.equal((await (await api(github, "/user/orgs", token)).json()).length, 30);
  const wide = await api(github, "/user/teams?per_page=1000&page=2", token);
  assert.equal((await wide.json()).length, 20);
  assert.match(wide.headers.get("link"), /page=1>; rel="prev", <[^>]*page=1>; rel="first"$/);
});

test("the API answers under GitHub Enterprise's path too", async (t) => {
  const github = await started(t);
  const token = await token_for(github, "joiner", { scope: "read:org" });
  const response = await api(github, "/api/v3/user/orgs?per_page=100", token);
  assert.ok(response.headers.get("link").includes(`<${github.url}/api/v3/user/orgs?per_page=100&page=2>; rel="next"`));
});

test("each failure fails as it says, as often as it was told", async (t) => {
  const github = await started(t);
  const token = await token_for(github, "octocat");
  const once_failed = (failure, more) => { github.control({ endpoint: "user", failure, times: 1, ...more }); return api(github, "/user", token); };
  assert.equal((await once_failed("500")).status, 500);
  assert.equal((await api(github, "/user", token)).status, 200, "only once");
  const limited = await once_failed("rate_limited");
  assert.deepEqual([limited.status, limited.headers.get("x-ratelimit-remaining")], [403, "0"]);
  const secondary = await once_failed("secondary_rate_limit");
  assert.deepEqual([secondary.status, secondary.headers.get("retry-after")], [403, "60"]);
  assert.equal((await once_failed("denied")).status, 401);
  const wrong = await once_failed("wrong_json");
  assert.equal(wrong.status, 200);
  await assert.rejects(wrong.json(), SyntaxError);
  assert.equal(typeof (await (await once_failed("wrong_types")).json()).id, "string");
  await assert.rejects(once_failed("reset"), TypeError);
  const before = performance.now();
  assert.equal((await once_failed("slow", { delay_ms: 80 })).status, 200);
  assert.ok(performance.now() - before >= 75);
  const huge = await once_failed("huge");
  assert.ok((await huge.arrayBuffer()).byteLength > 60_000_000);
  github.control({ endpoint: "access_token", failure: "denied", times: 1 });
  assert.equal((await redeem(github, await code_for(github, "octocat"))).body.error, "bad_verification_code");
  github.control({ endpoint: "authorize", failure: "denied", times: 1 });
  const denied = await fetch(authorize_url(github), { redirect: "manual" });
  assert.match(denied.headers.get("location"), /error=access_denied/);
});

test("a hanging endpoint answers nobody and does not keep close() waiting", async () => {
  const github = await startGithub();
  github.control({ endpoint: "user", failure: "hang" });
  const asked = api(github, "/user", "x");
  const gone = assert.rejects(asked);
  await github.close();
  await gone;
});

test("what hangs ends when it is released", async (t) => {
  const github = await started(t);
  github.control({ endpoint: "user", failure: "hang" });
  const asked = api(github, "/user", "x");
  while (github.report().hanging === 0) await new Promise(setImmediate);
  github.control({ release: true });
  assert.equal((await asked).status, 502);
  assert.equal(github.report().hanging, 0);
});

test("the control endpoint steers, counts and refuses nonsense", async (t) => {
  const github = await started(t);
  const control = async (command) => {
    const response = await fetch(`${github.url}/_control`, { method: "POST", body: JSON.stringify(command) });
    return [response.status, await response.json()];
  };
  await control({ rename: { from: "octocat", to: "octo-renamed" }, user: { login: "newcomer", id: 42 } });
  await control({ auto_user: "octo-renamed" });
  const response = await fetch(authorize_url(github), { redirect: "manual" });
  const code = new URL(response.headers.get("location")).searchParams.get("code");
  const user = await (await api(github, "/user", (await redeem(github, code)).body.access_token)).json();
  assert.deepEqual([user.id, user.login], [583231, "octo-renamed"]);
  const report = await (await fetch(`${github.url}/_control`)).json();
  assert.deepEqual(report.requests, { authorize: 1, access_token: 1, user: 1, emails: 0, orgs: 0, teams: 0, memberships: 0, pages: 0 });
  assert.ok(report.users.some(({ login, id }) => login === "newcomer" && id === 42));
  assert.equal(report.last.authorize.parameters.prompt, "select_account");
  assert.equal(report.last.access_token.parameters.client_secret, "***");
  for (const nonsense of [{ endpoint: "nowhere", failure: "500" }, { endpoint: "user", failure: "odd" }, { auto_user: "nobody" }, { what: 1 }])
    assert.equal((await control(nonsense))[0], 400, JSON.stringify(nonsense));
  assert.equal((await control({ remove: "newcomer" }))[1].users.length, 5);
  assert.equal((await control({ reset: true }))[1].requests.user, 0);
});

test("the sample client's callback shows what came, escaped", async (t) => {
  const github = await started(t);
  const page = await (await fetch(`${github.url}/_client/callback?code=abc&state=%3Cb%3E`)).text();
  assert.match(page, /<code>abc<\/code>/);
  assert.match(page, /<code>&lt;b&gt;<\/code>/);
});

test("the program prints where it listens and ends on SIGTERM", async () => {
  const program = spawn(process.execPath, [fileURLToPath(new URL("main.mjs", import.meta.url)), "--listen", "127.0.0.1:0", "--auto-user", "octocat"],
    { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: program.stdout }), "line");
  const { listening } = JSON.parse(line);
  assert.equal((await (await fetch(`${listening}/_control`)).json()).auto_user, "octocat");
  program.kill("SIGTERM");
  assert.deepEqual(await once(program, "exit"), [0, null]);
});
