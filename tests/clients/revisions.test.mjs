// ctest: LABEL client  TIMEOUT 180
// Each revision of the MCP specification with a release of the SDK from its time: where the client looks for the
// authorization server, what it sends there, and that it comes to its tokens and through a refresh.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as http_request } from "node:http";
import { claims_of } from "../support/client.mjs";
import { free_port } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";
import { call, connect, Host, scopes, sign_in } from "./mcp.mjs";
import { speak_2026, startProtectedServer } from "./protected_server.mjs";
import { Record } from "./record.mjs";
import { sdk_v1, sdk_v2 } from "./sdk.mjs";

const record = new Record(import.meta.url), { test } = record;

// One origin for the MCP server and the authorization server, as revision 2025-03-26 wants it: /mcp goes to the one,
// everything else to the other. Every request is noted; hidden(path) is answered 404.
async function startFrontDoor(port, targets, { hidden = () => false } = {}) {
  const asked = [];
  const door = createServer((incoming, response) => {
    const { pathname } = new URL(incoming.url, "http://localhost");
    asked.push({ method: incoming.method, pathname, version: incoming.headers["mcp-protocol-version"] });
    if (hidden(pathname)) return response.writeHead(404).end();
    const target = new URL(pathname.startsWith("/mcp") ? targets.mcp() : targets.issuer());
    const onward = http_request({ host: "127.0.0.1", port: target.port, path: incoming.url, method: incoming.method, headers: incoming.headers },
      (answer) => answer.pipe(response.writeHead(answer.statusCode, answer.headers)));
    onward.on("error", () => response.destroy());
    incoming.pipe(onward);
  }).listen(port, "127.0.0.1");
  await once(door, "listening");
  return { asked, close: () => new Promise((resolve) => { door.closeAllConnections(); door.close(resolve); }) };
}

async function startOneOrigin(options) {
  const port = await free_port();
  const base = `http://localhost:${port}`;
  let system;
  const server = await startProtectedServer({ issuer: () => base, scope: scopes.tools, announce: "nothing", url: `${base}/mcp` });
  const door = await startFrontDoor(port, { mcp: () => server.own_url, issuer: () => system.base }, options);
  system = await startSystem({ env: { all: { BASE_URL: base } }, servers: servers_file(server) });
  return { server, door, system: { base, github: system.github },
    stop: async () => { await door.close(); await server.close(); await system.stop(); } };
}

async function startTwoOrigins(options) {
  let system;
  const server = await startProtectedServer({ issuer: () => system.base, scope: scopes.tools, ...options });
  system = await startSystem({ servers: servers_file(server) });
  return { server, system, stop: async () => { await server.close(); await system.stop(); } };
}

const servers_file = (server) => ({ redirect_hosts: ["localhost"], servers: { "example.com": {
  "github-tools": { name: "GitHub Tools", description: "", allowed_users: ["octocat"], resource: server.url } } } });

async function lives(revision, sdk, world, { resource }) {
  const host = new Host();
  const client = await sign_in(sdk, world, host, world.server);
  assert.equal(await call(client, "whoami"), "octocat (583231)");
  await client.close();
  assert.equal(host.authorization_url.searchParams.get("resource"), resource, "RFC 8707 came with revision 2025-06-18");
  assert.deepEqual(claims_of(host.saved.access_token).aud, [scopes.tools, world.server.url], "the audience is the same in every revision");

  const { refresh_token } = host.saved;
  host.spoil_access_token();
  const again = await connect(sdk, host, world.server);
  assert.equal(await call(again, "whoami"), "octocat (583231)");
  assert.notEqual(host.saved.refresh_token, refresh_token);
  await again.close();
  record.proved(`${revision}, ${sdk.name}`, "discovery", "registration", "sign-in", "refresh");
  return host;
}

async function with_world(start, use) {
  const world = await start;
  try { return await use(world); } finally { await world.stop(); }
}

test("2025-03-26: the metadata is looked for at the MCP server's own origin, and no resource is named", () =>
  with_world(startOneOrigin(), async (world) => {
    await lives("2025-03-26", await sdk_v1("sdk-2025-03-26"), world, { resource: null });
    const found = world.door.asked.find(({ pathname }) => pathname === "/.well-known/oauth-authorization-server");
    assert.equal(found.version, "2025-03-26");
  }));

test("2025-03-26: without metadata the endpoints are /authorize, /token and /register", () =>
  with_world(startOneOrigin({ hidden: (path) => path.startsWith("/.well-known/oauth") }), async (world) => {
    await lives("2025-03-26", await sdk_v1("sdk-2025-03-26"), world, { resource: null });
    for (const path of ["/register", "/token"])
      assert.ok(world.door.asked.some(({ method, pathname }) => method === "POST" && pathname === path), path);
  }));

test("2025-06-18: the 401 names the resource metadata (RFC 9728), and the resource is named (RFC 8707)", () =>
  with_world(startTwoOrigins(), async (world) => {
    await lives("2025-06-18", await sdk_v1("sdk-2025-06-18"), world, { resource: world.server.url });
  }));

test("2025-11-25: the resource metadata is found at its well-known place, though no 401 names it", () =>
  with_world(startTwoOrigins({ announce: "well-known" }), async (world) => {
    await lives("2025-11-25", await sdk_v1(), world, { resource: world.server.url });
  }));

test("2026-07-28: server/discover, iss checked by the client, credentials bound to the issuer", async () =>
  with_world(startTwoOrigins({ speak: await speak_2026() }), async (world) => {
    const host = await lives("2026-07-28", await sdk_v2({ versionNegotiation: { mode: { pin: "2026-07-28" } } }), world, { resource: world.server.url });
    assert.equal(host.information.issuer, world.system.base);
    assert.equal(host.saved.issuer, world.system.base);
  }));

record.check();
