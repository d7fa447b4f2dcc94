// ctest: LABEL flow  TIMEOUT 120
// The consent form (POST /authorize): who may send it, what each button does, and that nothing but the decision is
// believed. RFC 6749 10.12 and RFC 9700 4.7 (the flow is bound to its browser), RFC 6749 4.1.2, RFC 9207.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, authorizeUntilConsent, callback_of, claims_of, exchange, forms_of, post_form, register, signIn, submitConsent } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

let system, client;

before(async () => {
  system = await startSystem();
  client = await register(system.base);
});
after(() => system?.stop());

const audit = async (event) => (await system.reader.xrevrange("mcp:audit", "+", "-"))
  .map(([, pairs]) => Object.fromEntries(pairs.flatMap((text, i) => i % 2 ? [] : [[text, pairs[i + 1]]])))
  .filter((entry) => entry.event === event);
const codes = async () => (await system.reader.dbsize(), (await keys("mcp:code:*")).length);
async function keys(pattern) {
  const found = [];
  let cursor = "0";
  do {
    const [next, some] = await system.reader.scan(cursor, "MATCH", pattern, "COUNT", "1000");
    found.push(...some);
    cursor = next;
  } while (cursor !== "0");
  return found;
}

// A form sent to us that must be refused, without a code and without a redirect.
async function refused(fields, browser, status) {
  const before_it = await codes();
  const cookie = browser?.cookie_header(new URL(system.base));
  const answer = await post_form(`${system.base}/authorize`, fields, { headers: { Accept: "text/html", ...(cookie ? { Cookie: cookie } : {}) } });
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.location, undefined, "never a redirect");
  assert.equal(await codes(), before_it, "no code was made");
  return answer;
}

test("approve gives a code, the client's state and iss (RFC 6749 4.1.2, RFC 9207), and the code works", async () => {
  const asked = await authorizeUntilConsent(system, client);
  assert.match(asked.page.text, /octocat/);
  assert.match(asked.page.text, /GitHub Tools/);
  const given = await submitConsent(asked);
  assert.equal(given.status, 302);
  assert.equal(given.target, asked.redirect_uri);
  assert.equal(given.state, asked.state);
  assert.equal(given.iss, system.base);
  const { status, body } = await exchange(system.base, client, { ...asked, code: given.code });
  assert.equal(status, 200);
  assert.equal(claims_of(body.access_token).sub, "583231");
  assert.equal((await audit("consent"))[0].reason, "approve");
});

test("nothing secret of a sign-in lies in Redis: not the cookie, the CSRF token, the state or the code", async () => {
  const asked = await authorizeUntilConsent(system, client, { user: "octocat", more: { prompt: "consent" } });
  const [form] = forms_of(asked.page.text);
  const given = await submitConsent(asked);
  const secrets = [form.fields.csrf_token, given.code.split(".")[1], [...asked.browser.cookies.values()].find(({ name }) => name.includes("mcp_browser")).value];
  for (const key of [...await keys("mcp:session:*"), ...await keys("mcp:code:*"), ...await keys("mcp:approval:*")]) {
    const all = JSON.stringify([key, await system.reader.hgetall(key)]);
    for (const secret of secrets) assert.ok(!all.includes(secret), `${key} holds a secret`);
  }
});

test("sign-in, consent and what comes of it are in the audit stream, with address and grant (DESIGN 7)", async () => {
  const { tokens, client: signed } = await signIn(system);
  const g = claims_of(tokens.access_token).jti.split(".")[0];
  const of = async (event) => (await audit(event)).filter((entry) => entry.client_id === signed.client_id);
  await eventually(async () => (await of("issue")).length === 1, { what: "the issue is audited" });
  const by = Object.fromEntries(await Promise.all(["registration", "sign_in", "consent", "issue"].map(async (event) => [event, (await of(event))[0]])));
  for (const event of ["registration", "sign_in", "consent"]) assert.equal(by[event].address, "127.0.0.1", event);
  for (const event of ["consent", "issue"]) assert.equal(by[event].g, g, event);
  assert.equal(by.consent.reason, "approve");
  assert.equal(by.sign_in.user_id, "583231");
});

test("deny redirects with access_denied, state and iss (RFC 6749 4.1.2.1), and there is no code", async () => {
  const asked = await authorizeUntilConsent(system, client, { more: { prompt: "consent" } });
  const before_it = await codes();
  const given = await submitConsent(asked, "deny");
  assert.equal(given.error, "access_denied");
  assert.equal(given.state, asked.state);
  assert.equal(given.iss, system.base);
  assert.equal(given.code, undefined);
  assert.equal(await codes(), before_it);
  await eventually(async () => (await audit("consent"))[0].reason === "deny", { what: "the audit of the denial" });
});

test("a doubled click gets the same code again, and a page once it has been used", async () => {
  const asked = await authorizeUntilConsent(system, client, { more: { prompt: "consent" } });
  const [first, second] = await Promise.all([submitConsent(asked), submitConsent(asked)]);
  assert.ok(first.code);
  assert.equal(second.code, first.code);
  const { status } = await exchange(system.base, client, { ...asked, code: first.code });
  assert.equal(status, 200);
  const third = await submitConsent(asked);
  assert.equal(third.status, 200);
  assert.match(third.response.text, /You are connected/);
});

test("the first decision counts: approve after deny is still denied", async () => {
  const asked = await authorizeUntilConsent(system, client, { more: { prompt: "consent" } });
  assert.equal((await submitConsent(asked, "deny")).error, "access_denied");
  const given = await submitConsent(asked, "approve");
  assert.equal(given.code, undefined);
  assert.equal(given.error, "access_denied");
});

test("a code that was never fetched within its ten minutes is not made anew from an old form", async () => {
  const asked = await authorizeUntilConsent(system, client, { more: { prompt: "consent" } });
  const [form] = forms_of(asked.page.text);
  const { code } = await submitConsent(asked);
  const broker = system.redis_server.client({ username: "broker", password: system.passwords.broker });
  const key = `mcp:session:{${form.fields.session}}`;
  await broker.hset(key, "decided_at", String(Number(await broker.hget(key, "decided_at")) - 601));
  broker.disconnect();
  await system.redis.del(`mcp:code:{${code.split(".")[0]}}`);
  const given = await submitConsent(asked);
  assert.equal(given.code, undefined, "an old code would look like a replay to the signer and end the grant");
  assert.match(given.response.text, /You are connected/);
});

test("a forged CSRF token is refused (RFC 6749 10.12)", async () => {
  const asked = await authorizeUntilConsent(system, client, { more: { prompt: "consent" } });
  const [form] = forms_of(asked.page.text);
  const forged = form.fields.csrf_token.replace(/^./, (c) => (c === "A" ? "B" : "A"));
  for (const csrf_token of [forged, "x", form.fields.session])
    await refused({ ...form.fields, csrf_token, decision: "approve" }, asked.browser, 403);
  await refused({ ...form.fields, csrf_token: undefined, decision: "approve" }, asked.browser, 403);
});

test("another sign-in's CSRF token is refused, in the same browser too (RFC 6749 10.12)", async () => {
  const browser = new Browser();
  const one = await authorizeUntilConsent(system, client, { browser, more: { prompt: "consent" } });
  const other = await authorizeUntilConsent(system, client, { browser, more: { prompt: "consent" } });
  const [a] = forms_of(one.page.text), [b] = forms_of(other.page.text);
  await refused({ ...a.fields, csrf_token: b.fields.csrf_token, decision: "approve" }, browser, 403);
  assert.ok((await submitConsent(one)).code, "two tabs of one browser work");
  assert.ok((await submitConsent(other)).code);
});

test("the form from another browser, or from one without a cookie, is refused (RFC 9700 4.7)", async () => {
  const victim = await authorizeUntilConsent(system, client, { more: { prompt: "consent" } });
  const thief = await authorizeUntilConsent(system, client, { user: "monalisa", more: { prompt: "consent" } });
  const [form] = forms_of(victim.page.text);
  await refused({ ...form.fields, decision: "approve" }, thief.browser, 403);
  await refused({ ...form.fields, decision: "approve" }, new Browser(), 403);
  assert.ok((await submitConsent(victim)).code, "the victim goes on");
});

test("an unknown session is refused, whatever its shape", async () => {
  const asked = await authorizeUntilConsent(system, client, { more: { prompt: "consent" } });
  const [form] = forms_of(asked.page.text);
  for (const session of ["0".repeat(64), "x", "}mcp:client:{", "../..", "F".repeat(64)])
    await refused({ ...form.fields, session, decision: "approve" }, asked.browser, 400);
});

test("a decision that is none is refused and changes nothing", async () => {
  const asked = await authorizeUntilConsent(system, client, { more: { prompt: "consent" } });
  const [form] = forms_of(asked.page.text);
  await refused({ ...form.fields, decision: "maybe" }, asked.browser, 400);
  await refused({ ...form.fields }, asked.browser, 400);
  assert.ok((await submitConsent(asked)).code);
});

test("nothing but the decision comes from the form: other fields are ignored", async () => {
  const asked = await authorizeUntilConsent(system, client, { more: { prompt: "consent" } });
  const given = await submitConsent(asked, "approve", { overrides: { redirect_uri: "https://evil.example/", client_id: "evil", scope: "mcp:evil:evil", login: "root" } });
  assert.equal(given.target, asked.redirect_uri);
  const { body } = await exchange(system.base, client, { ...asked, code: given.code });
  assert.equal(claims_of(body.access_token).client_id, client.client_id);
});

test("switch asks GitHub for another account, and the old form no longer approves", async () => {
  const asked = await authorizeUntilConsent(system, client, { user: "octocat", more: { prompt: "consent" } });
  const [form] = forms_of(asked.page.text);
  const switched = await submitConsent(asked, "switch");
  const at_github = new URL(switched.location);
  assert.equal(at_github.origin, new URL(system.github.url).origin);
  assert.equal(at_github.searchParams.get("prompt"), "select_account");
  await refused({ ...form.fields, decision: "approve" }, asked.browser, 403);
  const again = await submitConsent(asked, "switch");
  assert.equal(again.location, switched.location, "a doubled click goes the same way");
  const github_page = await asked.browser.navigate(switched.location);
  const page = await asked.browser.submit(github_page, { within: [system.base, at_github.origin], button: { name: "user", value: "monalisa" } });
  assert.match(page.text, /monalisa/);
  const given = await submitConsent({ ...asked, page });
  const { body } = await exchange(system.base, client, { ...asked, code: given.code });
  assert.equal(claims_of(body.access_token).preferred_username, "monalisa");
});

test("the redirect URI's own query is kept (RFC 6749 3.1.2)", async () => {
  const own = await register(system.base, { redirect_uris: ["https://example.com/callback?tenant=7"] });
  const asked = await authorizeUntilConsent(system, own);
  const { location } = await submitConsent(asked);
  assert.equal(callback_of(location).tenant, "7");
  assert.ok(callback_of(location).code);
});
