// A stand-in for github.com and api.github.com on one origin, for tests and for deploy/dev.
//
//   const github = await startGithub({ port: 0 });
//   ... GITHUB_URL=github.url  GITHUB_API_URL=github.url  (or github.url + "/api/v3", as GitHub Enterprise has it)
//   github.state.auto_user = "octocat";           // sign in without the page
//   github.control({ endpoint: "user", failure: "500", times: 1 });
//   await github.close();
//
// It answers as GitHub does where that matters to a client: OAuth errors come with status 200, codes are single
// use and live ten minutes, a User-Agent is required, scopes are checked, lists are paged with a Link header.
// Everything can be steered over HTTP too: POST /_control takes what control() takes, GET /_control counts.

import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { failures, single_sign_on_headers, single_sign_on_message } from "./failures.mjs";
import { callback_page, message_page, picker_page } from "./pages.mjs";
import { default_users, id_of, membership_json, org_json, team_json, user_complete, user_json } from "./users.mjs";

const docs = "https://docs.github.com";
const code_lifetime_ms = 600_000;
const body_bytes_max = 65_536;
const kept_max = 200_000; // codes and tokens kept, so that a load test cannot fill the memory

export const default_client = { client_id: "github-stand-in", client_secret: "github-stand-in-secret" };

// ---- the answers' forms

function send(response, status, type, body, headers = {}) {
  response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(body), ...headers });
  response.end(body);
}

const send_json = (response, status, body, headers) =>
  send(response, status, "application/json; charset=utf-8", JSON.stringify(body), headers);

const send_page = (response, status, html) => send(response, status, "text/html; charset=utf-8", html, {
  "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  "Cache-Control": "no-store", "Referrer-Policy": "no-referrer" });

function send_redirect(response, target, parameters) {
  const url = new URL(target);
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.append(name, value);
  send(response, 302, "text/html; charset=utf-8", "", { Location: url.href, "Cache-Control": "no-store" });
}

const api_error = (response, status, message, headers) => send_json(response, status,
  { message, documentation_url: `${docs}/rest`, status: String(status) }, headers);

// ---- small helpers

const random_hex = (bytes) => randomBytes(bytes).toString("hex");
const sha256_base64url = (text) => createHash("sha256").update(text).digest("base64url");

function keep(map, key, value) {
  map.set(key, value);
  if (map.size > kept_max) map.delete(map.keys().next().value);
}

async function read_body(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > body_bytes_max) throw Object.assign(new Error("body too large"), { status: 413 });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function read_parameters(request) {
  const body = await read_body(request);
  if ((request.headers["content-type"] ?? "").startsWith("application/json")) {
    try { return JSON.parse(body); } catch { return {}; }
  }
  return Object.fromEntries(new URLSearchParams(body));
}

// GitHub's rule: same host and port, path below the registered one; a loopback callback may use any port.
function redirect_matches(registered, wanted) {
  const a = new URL(registered), b = new URL(wanted);
  const loopback = ["127.0.0.1", "[::1]", "localhost"].includes(a.hostname);
  return a.protocol === b.protocol && a.hostname === b.hostname && (loopback || a.port === b.port) &&
    (b.pathname === a.pathname || b.pathname.startsWith(a.pathname.replace(/\/?$/, "/")));
}

// ---- github.com: /login/oauth

function find_user(state, login) {
  return state.users.find((user) => user.login.toLowerCase() === String(login).toLowerCase());
}

// Answers with the problem itself and returns null, or returns where to send the person back to.
function checked_redirect(state, parameters, response) {
  const client = state.clients.get(parameters.client_id);
  if (!client) {
    send_page(response, 404, message_page("Not found", "No app has this client_id. The stand-in's own is " +
      `${default_client.client_id}; others are added with POST /_control {"client": {...}}.`));
    return null;
  }
  const redirect_uri = parameters.redirect_uri || client.redirect_uri;
  if (!redirect_uri || !URL.canParse(redirect_uri)) {
    send_page(response, 400, message_page("Bad request", "redirect_uri is missing or not a URL."));
    return null;
  }
  if (client.redirect_uri && !redirect_matches(client.redirect_uri, redirect_uri)) {
    send_redirect(response, client.redirect_uri, { error: "redirect_uri_mismatch",
      error_description: "The redirect_uri MUST match the registered callback URL for this application.",
      error_uri: `${docs}/apps/managing-oauth-apps/troubleshooting-authorization-request-errors/#redirect-uri-mismatch`,
      state: parameters.state });
    return null;
  }
  return redirect_uri;
}

const deny = (response, redirect_uri, state_value) => send_redirect(response, redirect_uri, {
  error: "access_denied", error_description: "The user has denied your application access.",
  error_uri: `${docs}/apps/managing-oauth-apps/troubleshooting-authorization-request-errors/#access-denied`,
  state: state_value });

function approve(state, response, parameters, redirect_uri, user) {
  const code = random_hex(10);
  keep(state.codes, code, {
    client_id: parameters.client_id, redirect_uri, user_id: user.id,
    scopes: [...new Set((parameters.scope ?? "").split(/[\s,]+/).filter(Boolean))],
    code_challenge: parameters.code_challenge, expires_ms: state.now_ms() + code_lifetime_ms });
  send_redirect(response, redirect_uri, { code, state: parameters.state });
}

function authorize(state, response, parameters, choice, denied) {
  const redirect_uri = checked_redirect(state, parameters, response);
  if (!redirect_uri) return;
  if (parameters.code_challenge && parameters.code_challenge_method !== "S256")
    return send_page(response, 400, message_page("Bad request", "code_challenge_method must be S256."));
  if (denied) return deny(response, redirect_uri, parameters.state);
  if (!choice) {
    const { user: _user, deny: _deny, ...kept } = parameters;
    return send_page(response, 200, picker_page({ parameters: kept, users: state.users, login_hint: parameters.login }));
  }
  const user = find_user(state, choice);
  if (!user) return send_page(response, 404, message_page("Not found", `The stand-in has no user ${choice}.`));
  approve(state, response, parameters, redirect_uri, user);
}

const authorize_get = ({ state, response, url, failure }) => {
  const parameters = Object.fromEntries(url.searchParams);
  const choice = state.auto_user ? parameters._user ?? state.auto_user : undefined;
  authorize(state, response, parameters, choice, failure === "denied");
};

const authorize_post = async ({ state, request, response, failure }) => {
  const parameters = await read_parameters(request);
  authorize(state, response, parameters, parameters.user, failure === "denied" || parameters.deny !== undefined);
};

const token_errors = {
  bad_verification_code: "The code passed is incorrect or expired.",
  incorrect_client_credentials: "The client_id and/or client_secret passed are incorrect.",
  redirect_uri_mismatch: "The redirect_uri MUST match the registered callback URL for this application.",
  unsupported_grant_type: "The grant type is not supported.",
};

// Returns the access token's answer or the word of the error.
function redeem(state, parameters) {
  const client = state.clients.get(parameters.client_id);
  if (parameters.client_secret !== client.client_secret) return "incorrect_client_credentials";
  if ((parameters.grant_type ?? "authorization_code") !== "authorization_code") return "unsupported_grant_type";
  const code = state.codes.get(parameters.code);
  if (!code || code.expires_ms <= state.now_ms() || code.client_id !== parameters.client_id) return "bad_verification_code";
  if (parameters.redirect_uri !== undefined && parameters.redirect_uri !== code.redirect_uri) return "redirect_uri_mismatch";
  if (code.code_challenge && sha256_base64url(parameters.code_verifier ?? "") !== code.code_challenge)
    return "bad_verification_code";
  state.codes.delete(parameters.code);
  const access_token = `gho_${randomBytes(27).toString("base64url").replace(/[-_]/g, "0")}`;
  keep(state.tokens, access_token, { user_id: code.user_id, scopes: code.scopes });
  return { access_token, token_type: "bearer", scope: code.scopes.join(",") };
}

const access_token = async ({ state, request, response, failure }) => {
  const parameters = await read_parameters(request);
  record(state, "access_token", request, parameters);
  const accept = request.headers.accept ?? "";
  if (!state.clients.has(parameters.client_id)) return send_json(response, 404, { error: "Not Found" });
  const answer = failure === "denied" ? "bad_verification_code" : redeem(state, parameters);
  const body = typeof answer !== "string" ? answer : { error: answer, error_description: token_errors[answer],
    error_uri: `${docs}/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/#${answer.replace(/_/g, "-")}` };
  if (accept.includes("json")) return send_json(response, 200, body, { "Cache-Control": "no-store" });
  send(response, 200, "application/x-www-form-urlencoded; charset=utf-8", new URLSearchParams(body).toString());
};

// ---- api.github.com

const org_scopes = ["admin:org", "read:org", "repo", "user", "write:org"];

const no_orgs = [403, "You need at least read:org scope or user scope to list your organizations."];
// What GitHub tells this app of; the others are left out of every list, those with single sign-on not without a word.
const told = (user) => user.orgs.filter((org) => !org.restricted && !org.single_sign_on);
const withheld = (user) => user.orgs.filter((org) => org.single_sign_on).map(({ login }) => id_of(login));

// Each endpoint: which scopes open it (any of them), what a token without them gets, what it answers, and for lists
// the ids of the organisations that they leave out for single sign-on.
const api = {
  user: { accepted: [], read: ({ user, web }) => user_json(user, web) },
  emails: { accepted: ["user", "user:email"], refusal: [404, "Not Found"], list: ({ user }) => user.emails },
  orgs: {
    accepted: org_scopes, refusal: no_orgs,
    list: ({ user, web }) => told(user).filter(({ state }) => state === "active").map((org) => org_json(org.login, web)), withheld },
  teams: {
    accepted: org_scopes, refusal: [404, "Not Found"],
    list: ({ user, web }) => {
      const member_of = new Set(told(user).filter(({ state }) => state === "active").map(({ login }) => login));
      return user.teams.filter((team) => member_of.has(team.split("/")[0])).map((team) => team_json(team, web));
    }, withheld },
  memberships: {
    accepted: org_scopes, refusal: no_orgs,
    list: ({ user, web, url }) => told(user).filter(({ state }) => [null, state].includes(url.searchParams.get("state")))
      .map((org) => membership_json(user, org, web)), withheld },
  membership: {
    accepted: org_scopes, refusal: [403, "You need at least read:org scope or user scope to see this membership."],
    read: ({ user, web, rest }) => {
      const org = user.orgs.find(({ login }) => login.toLowerCase() === rest.toLowerCase());
      if (!org) throw Object.assign(new Error("Not Found"), { status: 404 });
      if (org.restricted) throw Object.assign(new Error("Although you appear to have the correct authorization credentials, " +
        `the \`${org.login}\` organization has enabled OAuth App access restrictions, meaning that data access to third-parties ` +
        "is limited. For more information on these restrictions, including how to enable this app, visit " +
        `${docs}/articles/restricting-access-to-your-organization-s-data/`), { status: 403 });
      if (org.single_sign_on) throw Object.assign(new Error(single_sign_on_message), { status: 403, headers: single_sign_on_headers(web, org.login) });
      return membership_json(user, org, web);
    } },
};

const page_number = (text, fallback, max) => Math.min(max, Math.max(1, Number.parseInt(text ?? "", 10) || fallback));

function paged(list, url, web) {
  const per_page = page_number(url.searchParams.get("per_page"), 30, 100);
  const page = page_number(url.searchParams.get("page"), 1, 1e6);
  const last = Math.max(1, Math.ceil(list.length / per_page));
  const link_to = (to, rel) => {
    const target = new URL(web + url.pathname);
    for (const [name, value] of url.searchParams) if (name !== "page") target.searchParams.append(name, value);
    target.searchParams.set("page", String(to));
    return `<${target.href}>; rel="${rel}"`;
  };
  const links = [];
  if (page > 1) links.push(link_to(Math.min(page - 1, last), "prev"));
  if (page < last) links.push(link_to(page + 1, "next"), link_to(last, "last"));
  if (page > 1) links.push(link_to(1, "first"));
  return { body: list.slice((page - 1) * per_page, page * per_page), headers: links.length ? { Link: links.join(", ") } : {} };
}

function rate_headers(state) {
  state.api_calls += 1;
  const used = state.api_calls % 4000;
  return { "X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": String(5000 - used), "X-RateLimit-Used": String(used),
    "X-RateLimit-Reset": String(Math.floor(state.now_ms() / 1000) + 1800), "X-RateLimit-Resource": "core" };
}

const api_endpoint = (name) => ({ state, request, response, url, rest, web, failure }) => {
  if (!request.headers["user-agent"])
    return send(response, 403, "text/html", "Request forbidden by administrative rules. Please make sure your request has a " +
      `User-Agent header (${docs}/en/rest/overview/resources-in-the-rest-api#user-agent-required). ` +
      "Check https://developer.github.com for other possible causes.\r\n");
  const headers = { ...rate_headers(state), "X-GitHub-Media-Type": "github.v3; format=json", "Cache-Control": "private, max-age=60, s-maxage=60" };
  const [, presented] = /^(?:bearer|token) +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (!presented) return api_error(response, 401, "Requires authentication", headers);
  const token = state.tokens.get(presented);
  const user = token && state.users.find(({ id }) => id === token.user_id);
  if (!user || failure === "denied") return api_error(response, 401, "Bad credentials", headers);
  const endpoint = api[name];
  headers["X-OAuth-Scopes"] = token.scopes.join(", ");
  headers["X-Accepted-OAuth-Scopes"] = endpoint.accepted.join(", ");
  if (endpoint.accepted.length && !endpoint.accepted.some((scope) => token.scopes.includes(scope)))
    return api_error(response, ...endpoint.refusal, headers);
  try {
    const context = { user, web, url, rest };
    if (endpoint.read) return send_json(response, 200, endpoint.read(context), headers);
    const { body, headers: link } = paged(endpoint.list(context), url, web);
    const hidden = endpoint.withheld?.(user) ?? [];
    const partial = hidden.length ? { "X-GitHub-SSO": `partial-results; organizations=${hidden.join(",")}` } : {};
    send_json(response, 200, body, { ...headers, ...link, ...partial });
  } catch (error) {
    if (!error.status) throw error;
    api_error(response, error.status, error.message, { ...headers, ...error.headers });
  }
};

// ---- pages that people are sent to: the stand-in has nothing to be signed in to

const not_here = (title) => ({ response }) => send_page(response, 200, message_page(title, "At GitHub you would do it here; the stand-in is " +
  'told with POST /_control {"user": {...}}.'));

// ---- steering

const counted = ["authorize", "access_token", "user", "emails", "orgs", "teams", "memberships", "pages"];
const secret_members = new Set(["client_secret", "code", "code_verifier"]);

// What came last to an endpoint, so that a test can look at it; secrets are masked.
function record(state, endpoint, request, parameters) {
  const masked = Object.entries(parameters).map(([name, value]) => [name, secret_members.has(name) ? "***" : value]);
  const { authorization, cookie, ...headers } = request.headers;
  state.last[endpoint] = { method: request.method, path: request.url.split("?")[0], parameters: Object.fromEntries(masked),
    headers: { ...headers, ...(authorization ? { authorization: `${authorization.split(" ")[0]} ***` } : {}) } };
}

const controls = {
  endpoint: (state, endpoint, command) => {
    if (!counted.includes(endpoint)) throw new Error(`endpoint is one of ${counted.join(", ")}`);
    const failure = String(command.failure ?? "none");
    if (!(failure in failures)) throw new Error(`failure is one of ${Object.keys(failures).join(", ")}`);
    if (failure === "none") state.failures.delete(endpoint);
    else state.failures.set(endpoint, { failure, delay_ms: command.delay_ms ?? (failure === "slow" ? 3000 : 0), times: command.times ?? Infinity });
  },
  auto_user: (state, login) => {
    if (login && !find_user(state, login)) throw new Error(`there is no user ${login}`);
    state.auto_user = login || null;
  },
  user: (state, row) => { // adds a person, or replaces the one with this id (or else this login)
    const user = user_complete(row);
    const at = state.users.findIndex(({ id, login }) => id === user.id || (row.id === undefined && login === user.login));
    if (at < 0) state.users.push(user);
    else state.users[at] = { ...user, id: state.users[at].id };
  },
  users: (state, rows) => rows.forEach((row) => controls.user(state, row)),
  rename: (state, { from, to }) => {
    const user = find_user(state, from);
    if (!user) throw new Error(`there is no user ${from}`);
    if (find_user(state, to)) throw new Error(`the login ${to} is taken`);
    user.login = user_complete({ login: to }).login;
  },
  remove: (state, login) => {
    state.users = state.users.filter((user) => user !== find_user(state, login));
  },
  client: (state, client) => {
    if (!client?.client_id || !client.client_secret) throw new Error("a client needs client_id and client_secret");
    state.clients.set(client.client_id, { ...client });
  },
  release: (state, yes) => { if (yes) for (const response of state.hanging) failures[502](response); },
  revoke_tokens: (state, yes) => { if (yes) state.tokens.clear(); },
  reset: (state, yes) => { if (yes) state.reset(); },
};
const command_members = new Set([...Object.keys(controls), "failure", "delay_ms", "times"]);

function control(state, command) {
  const unknown = Object.keys(command ?? {}).find((name) => !command_members.has(name));
  if (unknown) throw new Error(`${unknown} is unknown; known are ${[...command_members].join(", ")}`);
  for (const [name, run] of Object.entries(controls)) if (command[name] !== undefined) run(state, command[name], command);
}

const report = (state) => ({
  requests: { ...state.requests }, in_flight: state.in_flight, hanging: state.hanging.size, auto_user: state.auto_user,
  failures: Object.fromEntries([...state.failures].map(([name, { failure, times }]) => [name, { failure, times: Number.isFinite(times) ? times : null }])),
  users: state.users.map(({ login, id }) => ({ login, id })), clients: [...state.clients.keys()], last: state.last });

async function control_http({ state, request, response }) {
  if (request.method === "GET") return send_json(response, 200, report(state));
  if (request.method !== "POST") return send_json(response, 405, { error: "GET or POST" });
  try {
    control(state, JSON.parse(await read_body(request)));
    send_json(response, 200, report(state));
  } catch (error) {
    send_json(response, 400, { error: error.message });
  }
}

// ---- routes and the server

const routes = [
  ["GET", /^\/login\/oauth\/authorize$/, "authorize", authorize_get],
  ["POST", /^\/login\/oauth\/authorize$/, "authorize", authorize_post],
  ["POST", /^\/login\/oauth\/access_token$/, "access_token", access_token],
  ["GET", /^\/orgs\/[^/]+\/sso$/, "pages", not_here("Single sign-on")],
  ["GET", /^\/settings\/organizations$/, "pages", not_here("Your organisations")],
  ["GET", /^\/settings\/connections\/applications\/[^/]+$/, "pages", not_here("What an app may see")],
  ["GET", /^(?:\/api\/v3)?\/user$/, "user", api_endpoint("user")],
  ["GET", /^(?:\/api\/v3)?\/user\/emails$/, "emails", api_endpoint("emails")],
  ["GET", /^(?:\/api\/v3)?\/user\/orgs$/, "orgs", api_endpoint("orgs")],
  ["GET", /^(?:\/api\/v3)?\/user\/teams$/, "teams", api_endpoint("teams")],
  ["GET", /^(?:\/api\/v3)?\/user\/memberships\/orgs$/, "memberships", api_endpoint("memberships")],
  ["GET", /^(?:\/api\/v3)?\/user\/memberships\/orgs\/([^/]+)$/, "memberships", api_endpoint("membership")],
];

// Where deploy/dev's sample client sends the browser: shows what an MCP client would have received.
const sample_callback = ({ response, url }) => send_page(response, 200, callback_page(Object.fromEntries(url.searchParams)));

const zen = "Keep it logically awesome.";

function take_failure(state, endpoint) {
  const planned = state.failures.get(endpoint);
  if (!planned) return { failure: "none", delay_ms: 0 };
  planned.times -= 1;
  if (planned.times <= 0) state.failures.delete(endpoint);
  return planned;
}

const wait = (state, delay_ms) => new Promise((resolve) => {
  const timer = setTimeout(() => { state.timers.delete(timer); resolve(); }, delay_ms);
  state.timers.add(timer);
});

async function answer(state, web, request, response) {
  const url = new URL(request.url, web);
  if (url.pathname === "/_control") return control_http({ state, request, response });
  if (url.pathname === "/" && request.method === "GET")
    return send_page(response, 200, message_page("GitHub stand-in", `${zen} Steer it with /_control.`));
  if (url.pathname === "/_client/callback" && request.method === "GET") return sample_callback({ response, url });
  const row = routes.find(([method, path]) => method === request.method && path.test(url.pathname));
  if (!row) return api_error(response, 404, "Not Found");
  const [, path, name, handler] = row;
  state.requests[name] += 1;
  if (name !== "access_token") record(state, name, request, Object.fromEntries(url.searchParams));
  const { failure, delay_ms } = take_failure(state, name);
  if (delay_ms > 0) await wait(state, delay_ms);
  if (failures[failure]) return failures[failure](response, { now_s: Math.floor(state.now_ms() / 1000), hanging: state.hanging, web });
  const rest = decodeURIComponent(path.exec(url.pathname)[1] ?? "");
  await handler({ state, request, response, url, rest, web, failure });
}

function new_state({ users, clients, now_ms }) {
  const state = { now_ms, timers: new Set(), hanging: new Set(), in_flight: 0 };
  state.reset = () => {
    state.users = users.map(user_complete);
    state.clients = new Map(clients.map((client) => [client.client_id, { ...client }]));
    state.codes = new Map();
    state.tokens = new Map();
    state.failures = new Map();
    state.requests = Object.fromEntries(counted.map((name) => [name, 0]));
    state.last = {};
    state.auto_user = null;
    state.api_calls = 0;
  };
  state.reset();
  return state;
}

export async function startGithub({ host = "127.0.0.1", port = 0, users = default_users, clients = [default_client],
  now_ms = Date.now } = {}) {
  const state = new_state({ users, clients, now_ms });
  let web;
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    state.in_flight += 1;
    response.once("close", () => { state.in_flight -= 1; });
    answer(state, web, request, response).catch((error) => {
      if (response.headersSent) return response.destroy();
      api_error(response, error.status ?? 500, error.message);
    });
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, host, resolve));
  web = `http://${host.includes(":") ? `[${host}]` : host}:${server.address().port}`;
  return {
    url: web, state, port: server.address().port, client_id: clients[0].client_id, client_secret: clients[0].client_secret,
    control: (command) => control(state, command),
    report: () => report(state),
    close: () => new Promise((resolve) => {
      for (const timer of state.timers) clearTimeout(timer);
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
