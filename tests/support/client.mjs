// A small browser and a small OAuth client for flow tests.
//
//   const browser = new Browser();
//   const client = await register(system.base);
//   const asked = await authorizeUntilConsent(system, client, { user: "octocat" });
//   const { code } = await submitConsent(asked);
//   const { body } = await exchange(system.base, client, { ...asked, code });
//   await refresh(system.base, client, body.refresh_token);
// or all of it: const { client, browser, tokens } = await signIn(system, { user: "octocat" });
//
// Requests go out as given (no header is added behind a test's back, no redirect is followed unless asked).

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Agent, request as http_request } from "node:http";
import { Agent as SecureAgent, request as https_request } from "node:https";

const trusted = []; // certificates for https: only those that trust() was told
export const trust = (certificate) => trusted.push(certificate);

const protocols = {
  "http:": { start: http_request, agent: new Agent({ keepAlive: true, maxSockets: 256 }) },
  "https:": { start: https_request, agent: new SecureAgent({ keepAlive: true, maxSockets: 256 }), ca: trusted },
};
for (const { agent } of Object.values(protocols)) agent.on("free", (socket) => socket.unref()); // an idle one keeps no test alive

// What request() did, by origin, for tests that count what is lost: a refused connection has sent nothing, later are the
// answers that ask to come again (503, 429).
const traffic = new Map();
export function traffic_of(origin) {
  if (!traffic.has(origin)) traffic.set(origin, { sent: 0, answered: 0, later: 0 });
  return traffic.get(origin);
}

// One HTTP request. headers: an object or a flat [name, value, ...] list (to send one twice).
// Answers {status, headers, text, body}; body is the parsed JSON when it is JSON.
export function request(url, { method = "GET", headers = {}, body, timeout_ms = 30_000, own_connection = false } = {}) {
  const target = new URL(url);
  const { start, agent, ca } = protocols[target.protocol];
  const counted = traffic_of(target.origin);
  counted.sent += 1;
  return new Promise((resolve, reject) => {
    const outgoing = start({ ca, host: target.hostname.replace(/^\[|\]$/g, ""), port: target.port, method, timeout: timeout_ms,
      path: target.pathname + target.search, agent: own_connection ? false : agent,
      headers: Array.isArray(headers) ? ["Host", target.host, ...headers] : { Host: target.host, ...headers } });
    outgoing.once("error", (error) => {
      if (error.code === "ECONNREFUSED") counted.sent -= 1;
      reject(error);
    }).once("timeout", () => outgoing.destroy(new Error(`no answer to ${method} ${target.pathname} within ${timeout_ms} ms`)));
    outgoing.once("response", (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk)).once("error", reject).once("end", () => {
        counted.answered += 1;
        if ([429, 503].includes(response.statusCode)) counted.later += 1;
        const text = Buffer.concat(chunks).toString("utf8");
        let json;
        if (/^application\/(?:[a-z.+-]*\+)?json\b/.test(response.headers["content-type"] ?? "")) {
          try { json = JSON.parse(text); } catch (error) { return reject(new Error(`${url} answered JSON that is none: ${error.message}: ${text}`)); }
        }
        resolve({ url: target.href, status: response.statusCode, headers: response.headers, text, body: json });
      });
    });
    if (body !== undefined && !Array.isArray(headers)) {
      const bytes = Buffer.from(body);
      outgoing.setHeader("Content-Length", bytes.length);
      return outgoing.end(bytes);
    }
    outgoing.end(body);
  });
}

export const form = (fields) => new URLSearchParams(
  (Array.isArray(fields) ? fields : Object.entries(fields)).filter(([, value]) => value !== undefined && value !== null)).toString();

export const post_form = (url, fields, { headers = {}, ...options } = {}) => request(url, { method: "POST",
  headers: { "Content-Type": "application/x-www-form-urlencoded", ...headers }, body: typeof fields === "string" ? fields : form(fields), ...options });

export const post_json = (url, value, { headers = {}, ...options } = {}) => request(url, { method: "POST",
  headers: { "Content-Type": "application/json", ...headers }, body: typeof value === "string" ? value : JSON.stringify(value), ...options });

// ---- the browser

const decode_html = (text) => text.replace(/&(?:amp|lt|gt|quot|#39|#x27|#x2F|#47|#(\d+));/g, (entity, number) =>
  number ? String.fromCodePoint(Number(number)) : { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&#x27;": "'", "&#x2F;": "/", "&#47;": "/" }[entity]);

const attribute = (tag, name) => {
  const [, quoted, single, bare] = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, "i").exec(tag) ?? [];
  const value = quoted ?? single ?? bare;
  return value === undefined ? undefined : decode_html(value);
};

// The forms of a page: [{action, method, fields: {hidden inputs}, buttons: [{name, value, text}]}]
export function forms_of(html) {
  return [...html.matchAll(/<form\b[^>]*>[\s\S]*?<\/form>/gi)].map(([text]) => {
    const [open] = /<form\b[^>]*>/i.exec(text);
    const inputs = [...text.matchAll(/<input\b[^>]*>/gi)].map(([tag]) => tag).filter((tag) => attribute(tag, "name") !== undefined);
    const buttons = [...text.matchAll(/(<button\b[^>]*>)([\s\S]*?)<\/button>/gi)];
    return {
      action: attribute(open, "action") ?? "", method: (attribute(open, "method") ?? "get").toUpperCase(),
      fields: Object.fromEntries(inputs.map((tag) => [attribute(tag, "name"), attribute(tag, "value") ?? ""])),
      buttons: buttons.map(([, tag, label]) => ({ name: attribute(tag, "name"), value: attribute(tag, "value") ?? "",
        text: decode_html(label.replace(/<[^>]*>/g, " ")).trim() })) };
  });
}

const default_headers = { Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "User-Agent": "Mozilla/5.0 (flow test)" };

export class Browser {
  constructor({ headers = {} } = {}) {
    this.headers = { ...default_headers, ...headers };
    this.cookies = new Map(); // "host name path" -> cookie; like a real one it does not tell ports apart
  }

  #take(url, set_cookie = []) {
    for (const line of set_cookie) {
      const [pair, ...attributes] = line.split(";").map((part) => part.trim());
      const at = pair.indexOf("=");
      const cookie = { name: pair.slice(0, at), value: pair.slice(at + 1), path: "/", host: url.hostname, line };
      for (const text of attributes) {
        const [name, value = ""] = text.split("=");
        cookie[name.toLowerCase()] = value || (name.toLowerCase() === "path" ? "/" : true);
      }
      const key = `${cookie.host} ${cookie.name} ${cookie.path}`;
      if (cookie.name.startsWith("__Host-") && !(cookie.secure && cookie.path === "/" && !cookie.domain)) continue; // as browsers do
      if (cookie["max-age"] !== undefined && Number(cookie["max-age"]) <= 0) this.cookies.delete(key);
      else this.cookies.set(key, cookie);
    }
  }

  cookie_header(url) {
    const loopback = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
    return [...this.cookies.values()]
      .filter((cookie) => cookie.host === url.hostname && url.pathname.startsWith(cookie.path) && (!cookie.secure || url.protocol === "https:" || loopback))
      .map(({ name, value }) => `${name}=${value}`).join("; ");
  }

  async fetch(address, { headers = {}, ...options } = {}) {
    const url = new URL(address);
    const cookie = this.cookie_header(url);
    const response = await request(url, { ...options, headers: { ...this.headers, ...(cookie ? { Cookie: cookie } : {}), ...headers } });
    this.#take(url, response.headers["set-cookie"]);
    const location = response.headers.location;
    return { ...response, location: location === undefined ? undefined : new URL(location, url).href };
  }

  // Follows redirects while they stay on the given origins; answers the last response.
  async navigate(address, { within, ...options } = {}) {
    let response = await this.fetch(address, options);
    for (let hops = 0; response.location && within?.includes(new URL(response.location).origin); hops += 1) {
      assert.ok(hops < 20, `more than 20 redirects from ${address}`);
      response = await this.fetch(response.location);
    }
    return response;
  }

  // Submits a form of a page, by the button with this name and value; overrides replace fields (undefined removes one).
  async submit(page, { button, overrides = {}, index = 0, headers = {}, within } = {}) {
    const found = forms_of(page.text)[index];
    assert.ok(found, `no form on ${page.url}: ${page.status} ${page.text.slice(0, 500)}`);
    const fields = { ...found.fields, ...(button ? { [button.name]: button.value } : {}), ...overrides };
    const action = new URL(found.action || page.url, page.url);
    return this.navigate(action, { within, method: found.method, body: form(fields), headers: {
      "Content-Type": "application/x-www-form-urlencoded", Origin: new URL(page.url).origin, ...headers } });
  }
}

// ---- the OAuth client

export function pkce() {
  const code_verifier = randomBytes(48).toString("base64url");
  return { code_verifier, code_challenge: createHash("sha256").update(code_verifier).digest("base64url"), code_challenge_method: "S256" };
}

export const default_redirect_uri = "https://example.com/callback";
export const default_scope = "mcp:example.com:github-tools";

// POST /register; answers the registration. more: members to add or replace (undefined removes one).
export async function register(base, more = {}) {
  const metadata = { client_name: "Flow test", redirect_uris: [default_redirect_uri], grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"], token_endpoint_auth_method: "none", scope: default_scope, ...more };
  const { status, body, text } = await post_json(`${base}/register`, metadata);
  assert.equal(status, 201, `POST /register answered ${status} ${text}`);
  return body;
}

export function authorize_url(base, client, { code_challenge, code_challenge_method, redirect_uri = client.redirect_uris?.[0] ?? default_redirect_uri,
  scope = default_scope, state, more = {} }) {
  return `${base}/authorize?${form({ response_type: "code", client_id: client.client_id, redirect_uri, scope, state,
    code_challenge, code_challenge_method, ...more })}`;
}

// What a redirect to the client carries, and where it leads.
export function callback_of(location) {
  assert.ok(location, "a redirect to the client was expected");
  const url = new URL(location);
  const parameters = Object.fromEntries(url.searchParams);
  return { location, target: location.split("?")[0], ...parameters };
}

// From /authorize through the stand-in's page to whatever the callback answers: usually the consent page.
// Answers {browser, page, redirect_uri, code_verifier, state, ...}; page.location is set when consent was remembered
// or the sign-in was refused. user: whom to choose at GitHub, null to stop at its page, false to deny there.
export async function authorizeUntilConsent(system, client, { browser = new Browser(), user = "octocat", scope, redirect_uri, state,
  base = system.base, more, headers } = {}) {
  const proof = pkce();
  const sent_state = state ?? randomBytes(12).toString("base64url");
  const redirect = redirect_uri ?? client.redirect_uris?.[0] ?? default_redirect_uri;
  const url = authorize_url(base, client, { ...proof, redirect_uri: redirect, scope, state: sent_state, more });
  const asked = { system, browser, url, redirect_uri: redirect, state: sent_state, ...proof };
  const github = new URL(system.github.url).origin;
  const within = [new URL(base).origin, github];
  let page = await browser.navigate(url, { within, headers });
  if (user !== null && new URL(page.url).origin === github && page.status === 200)
    page = await browser.submit(page, { within, button: user === false ? { name: "deny", value: "1" } : { name: "user", value: user } });
  return { ...asked, page };
}

// The same, but only until the person has chosen an account at GitHub: callback is where GitHub sends the browser to,
// not yet opened.
export async function authorizeUntilCallback(system, client, { browser = new Browser(), user = "octocat", scope, state, more } = {}) {
  const proof = pkce();
  const within = [system.base, new URL(system.github.url).origin];
  const at_github = await browser.navigate(authorize_url(system.base, client, { ...proof, state, scope, more }), { within });
  const sent = await browser.submit(at_github, { button: { name: "user", value: user } });
  assert.equal(new URL(sent.location).pathname, "/auth/github/callback");
  return { browser, state, ...proof, github_url: at_github.url, callback: sent.location };
}

// Presses a button of the consent page: approve, deny or switch. Answers the response together with what the
// redirect carries (code, state, iss, error ...). overrides forge form fields.
export async function submitConsent({ browser, page }, decision = "approve", { overrides, headers } = {}) {
  const response = await browser.submit(page, { button: { name: "decision", value: decision }, overrides, headers });
  return { response, status: response.status, ...(response.location ? callback_of(response.location) : {}) };
}

// How a client with a secret authenticates: by header or by form, as it registered.
function authenticated(client, fields) {
  if (client.token_endpoint_auth_method === "client_secret_basic") {
    const pair = [client.client_id, client.client_secret].map((part) => encodeURIComponent(part)).join(":");
    return [fields, { Authorization: `Basic ${Buffer.from(pair).toString("base64")}` }];
  }
  return [{ client_id: client.client_id, client_secret: client.client_secret, ...fields }, {}];
}

export function post_token(base, client, fields, { headers = {}, ...options } = {}) {
  const [sent, authorization] = authenticated(client, fields);
  return post_form(`${base}/token`, sent, { headers: { ...authorization, ...headers }, ...options });
}

// more replaces or (undefined) removes parameters.
export const exchange = (base, client, { code, code_verifier, redirect_uri, more = {} }, options) => post_token(base, client,
  { grant_type: "authorization_code", code, code_verifier, redirect_uri, ...more }, options);

export const refresh = (base, client, refresh_token, more = {}, options) => post_token(base, client,
  { grant_type: "refresh_token", refresh_token, ...more }, options);

// The whole way to tokens. client: a registration, or members for a new one.
export async function signIn(system, { client, registration, user, scope, browser, redirect_uri, more, base = system.base } = {}) {
  const known = client ?? await register(base, registration);
  const asked = await authorizeUntilConsent(system, known, { browser, user, scope, redirect_uri, more, base });
  const given = asked.page.location ? callback_of(asked.page.location) : await submitConsent(asked);
  assert.ok(given.code, `no code came: ${asked.page.status} ${JSON.stringify(given.location ?? given.response?.text?.slice(0, 500) ?? asked.page.text.slice(0, 500))}`);
  assert.equal(given.state, asked.state, "the client's state comes back");
  const { status, body, text } = await exchange(base, known, { ...asked, code: given.code });
  assert.equal(status, 200, `POST /token answered ${status} ${text}`);
  return { ...asked, client: known, code: given.code, given, tokens: body };
}

// The claims of a JWT, unchecked.
export const claims_of = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString("utf8"));
