// ctest: LABEL fault  TIMEOUT 120
// The connection to Redis is cut after a script was executed and before its answer came: the worker sends it again over the
// next connection, and the script finds that it is the same request (DESIGN 2). A client who would have to repeat a code
// instead would be taken for a thief (RFC 6749 4.1.2).

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { post_form, request, signIn } from "../support/client.mjs";
import { temporary_folder } from "../support/process.mjs";
import { startRedis } from "../support/redis.mjs";
import { acl_of, redis_passwords, startSystem } from "../support/system.mjs";
import { Flows } from "./flows.mjs";
import { Record } from "./record.mjs";

const folder = fileURLToPath(new URL("../../common/store/scripts/", import.meta.url));
const scripts = new Map(readdirSync(folder).map((file) => [createHash("sha1").update(readFileSync(join(folder, file))).digest("hex"), file.replace(/\.lua$/, "")]));

// Between workers and Redis. While it cuts, the connection ends at the first answer to each script that was not seen before.
async function open_wire(redis_socket) {
  const path = join(temporary_folder("wire"), "redis.sock");
  const sockets = new Set(), seen = new Set();
  const wire = { url: `unix:${path}`, cuts: false, cut: [] };
  const server = createServer((worker) => {
    const redis = connect(redis_socket);
    const names = []; // whose answers will not arrive
    const end = () => { worker.destroy(); redis.destroy(); };
    for (const socket of [worker, redis]) {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => { sockets.delete(socket); end(); });
    }
    worker.on("data", (chunk) => {
      for (const [command, sha1] of wire.cuts ? chunk.toString("latin1").matchAll(/EVALSHA\r\n\$40\r\n([0-9a-f]{40})[^*]*/g) : []) {
        if (!seen.has(command)) names.push(scripts.get(sha1));
        seen.add(command);
      }
      redis.write(chunk);
    });
    redis.on("data", (chunk) => {
      if (names.length === 0) { worker.write(chunk); return; }
      wire.cut.push(...names);
      end();
    });
  });
  await new Promise((resolve) => server.listen(path, resolve));
  wire.close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return wire;
}

let redis, wire, system;
const record = new Record(import.meta.url, () => system);
before(async () => {
  const passwords = redis_passwords();
  redis = await startRedis({ acl: `${acl_of(passwords)}\nuser tests on >${passwords.operator} ~* &* +@all` });
  redis.passwords = passwords;
  wire = await open_wire(redis.socket);
  system = await startSystem({ redis, env: Object.fromEntries(["registry", "broker", "signer"].map((kind) => [kind, { REDIS_URL: wire.url }])) });
});
after(async () => {
  await system?.stop();
  wire?.close();
  await redis?.stop();
});

// A client's whole life, one request after the other.
async function live() {
  const flows = new Flows(system, { patient: true });
  const { client, tokens } = await signIn(system);
  const next = await flows.refresh(client, tokens.refresh_token);
  assert.equal((await flows.validate(next.access_token)).valid, true);
  const managed = (method, body) => request(`${system.base}/client/${client.client_id}`, { method, headers: {
    Authorization: `Bearer ${client.registration_access_token}`, "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
  const updated = await managed("PUT", { client_id: client.client_id, client_name: "Another name", redirect_uris: client.redirect_uris });
  assert.equal(updated.status, 200, updated.text);
  const revoked = await post_form(`${system.base}/revoke`, { client_id: client.client_id, token: next.refresh_token });
  assert.equal(revoked.status, 200, revoked.text);
  const deleted = await managed("DELETE");
  assert.equal(deleted.status, 204, deleted.text);
}

record.test("every script's answer is lost with its connection to Redis", "nothing noticed", async () => {
  await live(); // Redis knows all scripts
  wire.cuts = true;
  await live();
  wire.cuts = false;
  // Limits are off, there is no document, doctor asks, no attempt failed, no server asks before GitHub does.
  const never = ["rate", "replace", "rights", "session_again", "session_consent"];
  assert.deepEqual([...new Set(wire.cut)].sort(), [...scripts.values()].filter((name) => !never.includes(name)).sort());
  assert.deepEqual((await system.reader.xrange("mcp:audit", "-", "+")).filter(([, fields]) => fields.includes("reuse")), []);
  return { times: wire.cut.length };
});

record.check();
