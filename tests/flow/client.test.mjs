// ctest: LABEL flow  TIMEOUT 120
// GET /client/{client_id}: the original's public members for anybody, everything but secrets for the registrant (RFC 7592 2.1).

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { eventually } from "../support/process.mjs";
import { default_servers, startSystem } from "../support/system.mjs";
import { register, request, signIn } from "../support/client.mjs";

const day_s = 24 * 3600;
const public_members = ["client_id", "client_name", "created_at", "expires_at", "last_used", "redirect_uris", "scope"];

let system, client;
before(async () => {
  system = await startSystem({ servers: { ...default_servers, clients: [{ client_id: "configured", client_name: "Configured",
    redirect_uris: ["https://example.com/configured"], token_endpoint_auth_method: "client_secret_basic",
    client_secret_sha256: createHash("sha256").update("its secret").digest("hex") }] } });
  client = await register(system.base, { token_endpoint_auth_method: "client_secret_basic" });
});
after(() => system?.stop());

const get = (client_id, authorization) => request(`${system.base}/client/${client_id}`, { headers: authorization ? { Authorization: authorization } : {} });

test("without a token the original's public members are answered", async () => {
  const { status, headers, body } = await get(client.client_id);
  assert.equal(status, 200);
  assert.match(headers["cache-control"], /no-store/);
  assert.deepEqual(Object.keys(body).sort(), public_members);
  for (const member of ["client_id", "client_name", "redirect_uris", "scope", "created_at"]) assert.deepEqual(body[member], client[member], member);
  assert.ok(Math.abs(body.expires_at - client.expires_at) <= 2);
  assert.equal(body.last_used, body.expires_at - 60 * day_s);
});

test("with the registration access token everything but the client secret is answered (RFC 7592 2.1, 3)", async () => {
  for (const scheme of ["Bearer", "bearer"]) { // RFC 9110 11.1: schemes have no case
    const { status, body, text } = await get(client.client_id, `${scheme} ${client.registration_access_token}`);
    assert.equal(status, 200, text);
    const { client_secret, ...rest } = client;
    for (const [name, value] of Object.entries(rest)) if (name !== "expires_at" && name !== "last_used") assert.deepEqual(body[name], value, name);
    assert.ok(!text.includes(client_secret));
  }
});

test("a wrong token is 401 with a challenge, whether or not the client exists (RFC 7592 2.1, RFC 6750 3)", async () => {
  const other = await register(system.base);
  for (const [id, token] of [[client.client_id, "wrong"], [client.client_id, other.registration_access_token], [client.client_id, client.client_secret],
    [client.client_id, client.registration_access_token.slice(0, -1)], [client.client_id, "x".repeat(9000)], ["mcp_any_unknown", client.registration_access_token],
    ["configured", client.registration_access_token], ["configured", "its secret"]]) {
    const { status, headers, body, text } = await get(id, `Bearer ${token}`);
    assert.equal(status, 401, `${id}: ${text}`);
    assert.equal(body.error, "invalid_token");
    assert.match(headers["www-authenticate"], /^Bearer .*error="invalid_token"/);
  }
});

test("an unknown client is 404 in the original's form (DESIGN 6)", async () => {
  for (const id of ["mcp_any_unknown", `mcp_example.com_${"0".repeat(8)}-0000-4000-8000-000000000000`, "x", "%F0%9F%98%80", "a%2Fb", "a%00b", "%zz", "*",
    "mcp_*", "https%3A%2F%2Fclient.example%2Fmetadata", "x".repeat(3000), `${client.client_id}%20`, client.client_id.toUpperCase()]) {
    const { status, body, text } = await get(id);
    assert.equal(status, 404, `${id}: ${text}`);
    assert.equal(typeof body.error, "string");
  }
  assert.equal((await get("mcp_any_unknown")).body.error, "invalid_client");
});

test("an id may be percent-encoded (RFC 3986 2.1)", async () => {
  const { status, body } = await get([...client.client_id].map((c) => `%${c.charCodeAt(0).toString(16)}`).join(""));
  assert.equal(status, 200);
  assert.equal(body.client_id, client.client_id);
});

test("a pre-registered client of the servers file has no registration but its public members, and no end", async () => {
  const { status, body } = await get("configured");
  assert.equal(status, 200);
  assert.deepEqual(body, { client_id: "configured", client_name: "Configured", redirect_uris: ["https://example.com/configured"] });
});

test("looking at a client does not prolong its life; using it does (DESIGN 4)", async () => {
  const used = await register(system.base);
  const key = `mcp:client:{${used.client_id}}`;
  await system.admin.expire(key, 1000);
  await get(used.client_id);
  const { body } = await get(used.client_id, `Bearer ${used.registration_access_token}`);
  assert.ok(Math.abs(body.expires_at - (Date.now() / 1000 + 1000)) < 10);
  assert.ok(await system.admin.ttl(key) <= 1000);
  await signIn(system, { client: used });
  // The signer prolongs it behind its answer, so that nobody waits for it.
  await eventually(async () => await system.admin.ttl(key) > 60 * day_s - 60, { what: "the client's new life" });
});

test("a client whose time is over is gone", async () => {
  const { client_id, registration_access_token } = await register(system.base);
  await system.admin.pexpire(`mcp:client:{${client_id}}`, 1);
  while (await system.admin.exists(`mcp:client:{${client_id}}`));
  assert.equal((await get(client_id)).status, 404);
  assert.equal((await get(client_id, `Bearer ${registration_access_token}`)).status, 401);
});
