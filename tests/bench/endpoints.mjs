// What is asked of each endpoint, prepared beforehand so that nothing else is measured: each entry answers the requests
// as load.c reads them. Codes are copies of one that a real sign-in made, with ids and secrets of their own, because a
// sign-in for each would take longer than the measurement.

import { createHash, randomBytes } from "node:crypto";
import { Browser, authorize_url, authorizeUntilConsent, claims_of, exchange, form, pkce, register, submitConsent } from "../support/client.mjs";

export const introspection_secret = "a secret of the resource server";
export const servers = { redirect_hosts: ["localhost"], servers: { "example.com": { "github-tools": {
  name: "GitHub Tools", description: "Repositories and issues", allowed_users: ["octocat"],
  introspection_secret_sha256: createHash("sha256").update(introspection_secret).digest("hex") } } } };

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const http = (method, path, headers = {}, body) => [`${method} ${path} HTTP/1.1`, "Host: localhost",
  ...Object.entries({ ...headers, ...(body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) }) }).map(([name, value]) => `${name}: ${value}`),
  "", body ?? ""].join("\r\n");
const a_form = { "Content-Type": "application/x-www-form-urlencoded" };

// A sign-in up to its code, whose record is the pattern of all others.
async function sign_in(system) {
  const client = await register(system.base);
  const asked = await authorizeUntilConsent(system, client);
  const { code } = await submitConsent(asked);
  const [g, secret] = code.split(".");
  const record = await system.admin.hgetall(`mcp:code:{${g}}`);
  if (record.secret_sha256 !== sha256(secret)) throw new Error("the record of a code is not what this bench takes it for");
  return { client, asked, record };
}

export async function new_codes(system, { record }, count) {
  const codes = [];
  for (let made = 0; made < count; made = codes.length) {
    const pipeline = system.admin.pipeline();
    for (; codes.length < Math.min(count, made + 1000);) {
      const g = randomBytes(16).toString("hex"), secret = randomBytes(32).toString("base64url");
      pipeline.hset(`mcp:code:{${g}}`, { ...record, secret_sha256: sha256(secret) });
      pipeline.expire(`mcp:code:{${g}}`, 600);
      codes.push(`${g}.${secret}`);
    }
    for (const [error] of await pipeline.exec()) if (error) throw error;
  }
  return codes;
}

const exchange_form = ({ client, asked }, code) => form({ grant_type: "authorization_code", code, code_verifier: asked.code_verifier,
  client_id: client.client_id, redirect_uri: asked.redirect_uri });

async function tokens_of(system, world) {
  const [code] = await new_codes(system, world, 1);
  const { status, body, text } = await exchange(system.base, world.client, { ...world.asked, code });
  if (status !== 200) throw new Error(`POST /token answered ${status} ${text}`);
  return body;
}

// name: {status, prepare(system, world, {connections, seconds})}; per_second: how many a machine may need at most;
// in_flight_max: how many it answers at once.
export const endpoints = {
  token_code: { what: "POST /token, authorization_code", status: 200, signs: true, per_second: 8000,
    async prepare(system, world, { count }) {
      const codes = await new_codes(system, world, count);
      return { mode: "once", list: codes.map((code) => http("POST", "/token", a_form, exchange_form(world, code))) };
    } },
  token_refresh: { what: "POST /token, refresh_token", status: 200, signs: true,
    async prepare(system, world, { connections }) {
      const tokens = [];
      for (let i = 0; i < connections; i += 1) tokens.push((await tokens_of(system, world)).refresh_token);
      return { mode: "chain", list: ["POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        `${form({ grant_type: "refresh_token", client_id: world.client.client_id })}&refresh_token=`, ...tokens] };
    } },
  validate: { what: "POST /validate", status: 200,
    async prepare(system, world) {
      const { access_token } = await tokens_of(system, world);
      return { mode: "cycle", list: [http("POST", "/validate", { Authorization: `Bearer ${access_token}` }, "")] };
    } },
  introspect: { what: "POST /introspect", status: 200,
    async prepare(system, world) {
      const { access_token: token } = await tokens_of(system, world);
      const credentials = Buffer.from(`${encodeURIComponent("example.com/github-tools")}:${form({ s: introspection_secret }).slice(2)}`).toString("base64");
      return { mode: "cycle", list: [http("POST", "/introspect", { ...a_form, Authorization: `Basic ${credentials}` }, form({ token }))] };
    } },
  register: { what: "POST /register", status: 201,
    async prepare() {
      const metadata = JSON.stringify({ client_name: "Bench", redirect_uris: ["http://localhost:33418/callback"], grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"], token_endpoint_auth_method: "none" });
      return { mode: "cycle", list: [http("POST", "/register", { "Content-Type": "application/json" }, metadata)] };
    } },
  authorize: { what: "GET /authorize, redirect", status: 302,
    async prepare(system, { client }) {
      const { pathname, search } = new URL(authorize_url(system.base, client, { ...pkce(), state: randomBytes(12).toString("base64url") }));
      return { mode: "cycle", list: [http("GET", pathname + search)] };
    } },
  // One broker lets 64 sign-ins wait for GitHub (REQUESTS_PARKED_MAX), and tells the next to come again.
  callback: { what: "GET /auth/github/callback with the stand-in", status: 200, per_second: 250, in_flight_max: 64,
    async prepare(system, { client }, { count }) {
      const github = new URL(system.github.url).origin;
      const one = async () => {
        const browser = new Browser();
        const { page } = await authorizeUntilConsent(system, client, { browser, user: null, more: { prompt: "consent" } });
        const { location } = await browser.submit(page, { within: [github], button: { name: "user", value: "octocat" } });
        const url = new URL(location);
        return http("GET", url.pathname + url.search, { Cookie: browser.cookie_header(new URL(system.base)) });
      };
      const list = [];
      while (list.length < count) list.push(...await Promise.all(Array.from({ length: Math.min(20, count - list.length) }, one)));
      return { mode: "once", list };
    } },
  jwks: { what: "GET /.well-known/jwks.json", status: 200, is_static: true,
    prepare: async () => ({ mode: "cycle", list: [http("GET", "/.well-known/jwks.json")] }) },
  metadata: { what: "GET /.well-known/oauth-authorization-server", status: 200, is_static: true,
    prepare: async () => ({ mode: "cycle", list: [http("GET", "/.well-known/oauth-authorization-server")] }) },
};

export { sign_in, claims_of };
