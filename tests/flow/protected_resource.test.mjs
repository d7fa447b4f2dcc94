// ctest: LABEL flow  TIMEOUT 120
// GET /.well-known/oauth-protected-resource/<domain>/<server> (RFC 9728), for MCP servers that do not serve their own.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { request } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

const well_known = "/.well-known/oauth-protected-resource";
const server = (name, resource) => ({ name, description: "", allowed_users: ["octocat"], ...(resource ? { resource } : {}) });
const servers_of = (base) => ({ servers: {
  "example.com": { tools: server("Tools", "https://mcp.example.com/mcp?tenant=1"), notes: server("Notes \"ü\"") },
  "other.example": { here: server("Here", `${base}/mcp/here`), root: server("Root", base), query: server("Query", `${base}/mcp?x=1`) } } });

let system;
before(async () => {
  system = await startSystem();
  system.servers(servers_of(system.base));
  await eventually(async () => (await at("/example.com/tools")).status === 200, { what: "the servers file is taken" });
});
after(() => system?.stop());

const at = (path, options) => request(`${system.base}${well_known}${path}`, options);

test("RFC 9728 2, 3.2: a configured server's metadata name its resource, us, its scopes and the way of the token", async () => {
  const { status, headers, body } = await at("/example.com/tools");
  assert.equal(status, 200);
  assert.match(headers["content-type"], /^application\/json/);
  assert.equal(headers["cache-control"], "public, max-age=300");
  assert.deepEqual(body, { resource: "https://mcp.example.com/mcp?tenant=1", authorization_servers: [system.base],
    scopes_supported: ["mcp:example.com:tools", "openid", "profile", "email", "offline_access"],
    bearer_methods_supported: ["header"], resource_name: "Tools" });
});

test("RFC 9728 3.1, 3.3: a server without a resource is named by the URL from which this document is found", async () => {
  const { status, body } = await at("/example.com/notes");
  assert.equal(status, 200);
  assert.equal(body.resource, `${system.base}/example.com/notes`);
  assert.equal(body.resource_name, "Notes \"ü\"");
  const { origin, pathname } = new URL(body.resource);
  assert.deepEqual((await request(`${origin}${well_known}${pathname}`)).body, body);
});

test("RFC 9728 3.1: a resource on our own host is found by its path, and its query", async () => {
  for (const [path, name] of [["/mcp/here", "Here"], ["/mcp/here/", "Here"], ["", "Root"], ["/", "Root"], ["/mcp?x=1", "Query"]]) {
    const { status, body, text } = await at(path);
    assert.equal(status, 200, `${path}: ${text}`);
    assert.equal(body.resource_name, name, path);
  }
});

test("what is no server is 404, and tells nothing of others (RFC 9728 3.2)", async () => {
  for (const path of ["/example.com/nowhere", "/other.example/tools", "/example.com", "/example.com/", "/example.com/tools/", "/example.com/tools/x",
    "/EXAMPLE.com/tools", "/example.com/%74ools", "//example.com/tools", "/mcp", "/mcp?tenant=1", "/mcp?x=2", "/mcp/here?x=1", `/${"x".repeat(3000)}`,
    "/example.com:tools"]) {
    const { status, body, text } = await at(path);
    assert.equal(status, 404, `${path}: ${text}`);
    assert.equal(body.error, "not_found");
    assert.ok(!text.includes("Tools"));
  }
  assert.equal((await request(`${system.base}${well_known}x/example.com/tools`)).status, 404);
});

test("a client in a browser may read it from any origin, and only read (DESIGN 6)", async () => {
  for (const path of ["/example.com/tools", "/example.com/nowhere"])
    assert.equal((await at(path)).headers["access-control-allow-origin"], "*", path);
  const preflight = await at("/example.com/tools", { method: "OPTIONS", headers: { Origin: "https://inspector.example",
    "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "mcp-protocol-version" } });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers["access-control-allow-methods"], "GET, HEAD, OPTIONS");
  assert.equal((await at("/example.com/tools", { method: "POST" })).status, 405);
});

test("a new servers file changes what is told, a server that is gone is 404", async () => {
  const { servers } = servers_of(system.base);
  system.servers({ servers: { "example.com": { tools: server("Renamed") }, "other.example": servers["other.example"] } });
  await eventually(async () => (await at("/example.com/tools")).body.resource_name === "Renamed", { what: "the new servers file" });
  assert.equal((await at("/example.com/notes")).status, 404);
});

test("without a registry it is 503 with Retry-After, never 404", async () => {
  await system.kill("registry");
  const { status, headers, body } = await at("/example.com/tools");
  assert.equal(status, 503);
  assert.equal(body.error, "temporarily_unavailable");
  assert.ok(headers["retry-after"]);
  await system.restart("registry");
  await system.ready();
  assert.equal((await at("/example.com/tools")).status, 200);
});

test("under an issuer with a path every spelling leads to it (RFC 9728 3.1)", async () => {
  const issuer = "https://auth.example.com/base";
  const based = await startSystem({ env: { all: { BASE_URL: issuer } }, servers: { servers: { "example.com": { notes: server("Notes") },
    "other.example": { here: server("Here", `${issuer}/mcp`) } } } });
  try {
    for (const path of [`/base${well_known}/example.com/notes`, `${well_known}/base/example.com/notes`, `${well_known}/example.com/notes`]) {
      const { status, body, text } = await request(`${based.base}${path}`);
      assert.equal(status, 200, `${path}: ${text}`);
      assert.equal(body.resource, `${issuer}/example.com/notes`);
      assert.deepEqual(body.authorization_servers, [issuer]);
    }
    assert.equal((await request(`${based.base}${well_known}/base/mcp`)).body.resource_name, "Here");
    assert.equal((await request(`${based.base}${well_known}/mcp`)).status, 404);
  } finally {
    await based.stop();
  }
});
