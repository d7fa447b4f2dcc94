// ctest: LABEL flow  TIMEOUT 180
// What a person sees and what the browser keeps: headers of pages, the cookie, where failures of /authorize are told
// (RFC 6749 4.1.2.1), forged forms and foreign cookies.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { Browser, authorizeUntilConsent, authorize_url, callback_of, form, forms_of, pkce, post_form, register, request,
  submitConsent } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";

let system, client;
const html = { Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

before(async () => {
  system = await startSystem();
  client = await register(system.base);
});
after(() => system?.stop());

const authorize = (more = {}, headers = html) => request(authorize_url(system.base, client, { ...pkce(), state: "s", more }), { headers });

function assert_page(page, status) {
  assert.equal(page.status, status, page.text.slice(0, 500));
  assert.match(page.headers["content-type"], /^text\/html; charset=utf-8$/i);
  assert.match(page.headers["cache-control"], /no-store/);
  assert.equal(page.headers["referrer-policy"], "no-referrer");
  assert.equal(page.headers["x-content-type-options"], "nosniff");
  assert.doesNotMatch(page.text, /<script/i);
  assert.match(page.text, /<meta name="viewport"/);
  const policy = page.headers["content-security-policy"];
  for (const part of ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) assert.ok(policy.includes(part), policy);
  assert.doesNotMatch(policy, /form-action|unsafe/, "form-action would block the redirect after consent");
  for (const [, style] of page.text.matchAll(/<style>([\s\S]*?)<\/style>/g))
    assert.ok(policy.includes(`'sha256-${createHash("sha256").update(style).digest("base64")}'`), "the policy lets the style in");
}

test("the sign-in begins with a redirect to GitHub and a cookie for this browser only", async () => {
  const response = await authorize();
  assert.equal(response.status, 302, response.text);
  assert.ok(response.headers.location.startsWith(system.github.url), response.headers.location);
  assert.match(response.headers["cache-control"], /no-store/);
  assert.equal(response.headers["referrer-policy"], "no-referrer");
  const [line] = response.headers["set-cookie"];
  assert.match(line, /^mcp_browser=[A-Za-z0-9_-]{43}(;|$)/);
  for (const attribute of ["HttpOnly", "SameSite=Lax", "Path=/"]) assert.ok(line.includes(attribute), line);
  assert.doesNotMatch(line, /Domain|Secure/i, "plain http on loopback");
});

test("a browser keeps its cookie over several sign-ins, and a broken one is replaced", async () => {
  const value = randomBytes(32).toString("base64url");
  const kept = await authorize({}, { ...html, Cookie: `other=1; mcp_browser=${value}` });
  assert.ok((kept.headers["set-cookie"]?.[0] ?? `mcp_browser=${value}`).startsWith(`mcp_browser=${value}`));
  for (const broken of ["short", `${value.slice(0, 42)}!`, `"${value}"`]) {
    const made = await authorize({}, { ...html, Cookie: `mcp_browser=${broken}` });
    assert.match(made.headers["set-cookie"][0], /^mcp_browser=[A-Za-z0-9_-]{43}(;|$)/, broken);
  }
});

test("on https the cookie has the __Host- prefix and Secure, and pages have HSTS (RFC 6265bis 4.1.3.2, RFC 6797)", async () => {
  const secure = await startSystem({ env: { all: { BASE_URL: "https://auth.example.com" } } });
  try {
    const response = await request(authorize_url(secure.base, await register(secure.base), { ...pkce(), state: "s" }), { headers: html });
    assert.equal(response.status, 302, response.text);
    assert.match(response.headers["set-cookie"][0], /^__Host-mcp_browser=[A-Za-z0-9_-]{43};/);
    assert.match(response.headers["set-cookie"][0], /; Secure/);
    assert.match(response.headers["strict-transport-security"], /max-age=\d{7,}/);
    const page = await request(`${secure.base}/authorize`, { headers: html });
    assert_page(page, 400);
    assert.match(page.headers["strict-transport-security"], /max-age=\d{7,}/);
  } finally {
    await secure.stop();
  }
});

test("a failure goes to the client once its redirect URI is known good, with state and iss (RFC 6749 4.1.2.1, RFC 9207)", async () => {
  const cases = [[{ response_type: "token" }, "unsupported_response_type"], [{ response_type: undefined }, "invalid_request"],
    [{ code_challenge: undefined }, "invalid_request"], [{ code_challenge_method: "plain" }, "invalid_request"],
    [{ code_challenge_method: undefined }, "invalid_request"], [{ code_challenge: "short" }, "invalid_request"],
    [{ scope: "mcp:example.com:nowhere" }, "invalid_scope"], [{ resource: "https://x/#f" }, "invalid_target"],
    [{ prompt: "none" }, "login_required"]];
  for (const [more, error] of cases) {
    const response = await authorize(more);
    assert.equal(response.status, 302, `${JSON.stringify(more)}: ${response.text}`);
    const told = callback_of(response.headers.location);
    assert.equal(told.target, client.redirect_uris[0]);
    assert.equal(told.error, error, JSON.stringify(more));
    assert.equal(told.state, "s");
    assert.equal(told.iss, system.base);
    assert.equal(told.code, undefined);
    assert.ok(told.error_description);
  }
});

test("an unknown client or a foreign redirect URI is told to the person only (RFC 6749 4.1.2.1, RFC 9700 4.11)", async () => {
  for (const more of [{ client_id: "mcp_any_unknown" }, { client_id: undefined }, { redirect_uri: "https://evil.example/callback" },
    { redirect_uri: "https://example.com/callback2" }, { redirect_uri: "https://example.com/callback?x=1" },
    { redirect_uri: "http://example.com/callback" }]) {
    const page = await authorize(more);
    assert_page(page, 400);
    assert.equal(page.headers.location, undefined, JSON.stringify(more));
    const { status, body } = await authorize(more, { Accept: "application/json" });
    assert.equal(status, 400);
    assert.equal(typeof body.error, "string");
  }
  const { text } = await authorize({ client_id: "mcp_any_unknown" });
  assert.match(text, /add it again/, "what to do next");
});

test("a duplicate parameter is refused (RFC 6749 3.1); resource may repeat (RFC 8707 2)", async () => {
  const url = authorize_url(system.base, client, { ...pkce(), state: "s" });
  for (const name of ["client_id", "redirect_uri", "scope", "state", "code_challenge", "response_type"]) {
    const page = await request(`${url}&${name}=x`, { headers: html });
    assert_page(page, 400);
    assert.equal(page.headers.location, undefined, name);
  }
  const repeated = await request(`${url}&resource=https%3A%2F%2Fa.example%2F&resource=https%3A%2F%2Fb.example%2F`, { headers: html });
  assert.notEqual(repeated.status, 500);
  assert.doesNotMatch(repeated.headers.location ?? "", /more%20than%20once/);
});

test("a query that cannot be read is refused", async () => {
  for (const query of ["client_id=%zz", "client_id=%00", "client_id=%ff", `${"a=1&".repeat(100)}`])
    assert_page(await request(`${system.base}/authorize?${query}`, { headers: html }), 400);
});

test("the consent page names everything, escaped, and offers three decisions", async () => {
  const evil = await register(system.base, { client_name: "<script>alert(1)</script>\"'&", redirect_uris: ["http://localhost:7777/callback"] });
  const { page } = await authorizeUntilConsent(system, evil);
  assert_page(page, 200);
  assert.ok(page.text.includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
  for (const word of ["octocat", "GitHub Tools", "Repositories and issues", "localhost"]) assert.ok(page.text.includes(word), word);
  assert.match(page.text, /class="box warning"/, "loopback is any program on this computer");
  const [found] = forms_of(page.text);
  assert.equal(found.method, "POST");
  assert.equal(new URL(found.action, page.url).href, `${system.base}/authorize`);
  assert.deepEqual(Object.keys(found.fields).sort(), ["csrf_token", "session"]);
  assert.deepEqual(found.buttons.filter(({ name }) => name === "decision").map(({ value }) => value).sort(), ["approve", "deny", "switch"]);
});

test("a denied person gets a page with a way back and another account", async () => {
  const { page } = await authorizeUntilConsent(system, client, { user: "outsider" });
  assert_page(page, 403);
  assert.ok(page.text.includes("outsider"));
  assert.ok(forms_of(page.text)[0].buttons.some(({ value }) => value === "switch"));
  const back = callback_of(/<a class="button" href="([^"]+)"/.exec(page.text)[1].replaceAll("&amp;", "&"));
  assert.equal(back.error, "access_denied");
  assert.equal(back.iss, system.base);
  assert.equal(back.code, undefined);
});

test("the person who declines is sent back with access_denied", async () => {
  const asked = await authorizeUntilConsent(system, client);
  const given = await submitConsent(asked, "deny");
  assert.equal(given.error, "access_denied");
  assert.equal(given.state, asked.state);
  assert.equal(given.iss, system.base);
  assert.equal(given.code, undefined);
});

test("a forged consent form gives no code (RFC 6749 10.12)", async () => {
  const asked = await authorizeUntilConsent(system, client);
  for (const [overrides, status] of [[{ csrf_token: "x".repeat(43) }, 403], [{ csrf_token: undefined }, 403], [{ session: "0".repeat(64) }, 400],
    [{ session: undefined }, 400], [{ decision: undefined }, 400], [{ decision: "perhaps" }, 400]]) {
    const { response, code } = await submitConsent(asked, "approve", { overrides });
    assert.equal(code, undefined, JSON.stringify(overrides));
    assert_page(response, status);
  }
  assert.ok((await submitConsent(asked)).code, "the person's own form still works");
});

test("a foreign browser, or one without the cookie, gets no code (RFC 9700 4.7)", async () => {
  const fresh = await register(system.base, { redirect_uris: ["http://localhost:7777/callback"] }); // always asks
  const asked = await authorizeUntilConsent(system, fresh);
  const fields = { ...forms_of(asked.page.text)[0].fields, decision: "approve" };
  for (const Cookie of [undefined, `mcp_browser=${"b".repeat(43)}`])
    assert_page(await post_form(`${system.base}/authorize`, fields, { headers: { ...html, ...(Cookie ? { Cookie } : {}) } }), 403);
  const begun = await authorizeUntilConsent(system, client, { user: null });
  const callback = `${system.base}/auth/github/callback?${form({ code: "x", state: new URL(begun.page.url).searchParams.get("state") })}`;
  assert_page(await request(callback, { headers: html }), 403);
  assert_page(await new Browser().fetch(callback, { headers: { Cookie: `mcp_browser=${"b".repeat(43)}` } }), 403);
});

test("a callback that nobody began is a page, not a crash", async () => {
  for (const query of ["", "?code=x", "?state=x", `?code=x&state=${"y".repeat(43)}`, "?state=a&state=b"]) {
    const page = await request(`${system.base}/auth/github/callback${query}`, { headers: { ...html, Cookie: `mcp_browser=${"b".repeat(43)}` } });
    assert.ok(page.status === 400 || page.status === 403, `${query}: ${page.status} ${page.text.slice(0, 200)}`);
    assert_page(page, page.status);
  }
});

test("consent as anything but a form is refused", async () => {
  const page = await request(`${system.base}/authorize`, { method: "POST", body: "{}", headers: { ...html, "Content-Type": "application/json" } });
  assert_page(page, 400);
});
