// ctest: LABEL flow  TIMEOUT 60
// deploy/redis/redis.conf as it is committed: Redis starts with it, with the ACL that `mcp-oauth acl` prints, and
// keeps records compact and everything that is not yet over.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { acl_of, redis_passwords } from "../support/system.mjs";
import { startRedis } from "../support/redis.mjs";

const passwords = redis_passwords();
// The places are the test's own; every other line is taken as it is.
const places = new Set(["port", "bind", "aclfile", "dir", "unixsocket", "unixsocketperm", "save", "appendonly", "appendfsync"]);
const text = readFileSync(new URL("../../deploy/redis/redis.conf", import.meta.url), "utf8");
const lines = text.split("\n").filter((line) => line && !line.startsWith("#")).map((line) => /^(\S+) (.*)$/.exec(line).slice(1));
const config = Object.fromEntries(lines.filter(([name]) => !places.has(name)));

let redis, admin;
before(async () => {
  redis = await startRedis({ acl: acl_of(passwords), config, appendonly: "everysec" });
  admin = redis.client({ username: "operator", password: passwords.operator });
});
after(() => redis.stop());
const setting = async (name) => (await admin.call("CONFIG", "GET", name))[1];

test("Redis takes every line of the configuration", async () => {
  assert.ok(lines.length > 15);
  for (const [name, value] of Object.entries(config)) {
    const expected = value === '""' ? "" : value;
    const in_order = (text) => (name === "notify-keyspace-events" ? [...text].sort().join("") : text); // Redis has an order of its own
    assert.equal(in_order(await setting(name)), in_order(expected), name);
  }
});
test("nothing is evicted, and what was written is on disk within a second", () => {
  const said = Object.fromEntries(lines);
  assert.equal(said["maxmemory-policy"], "noeviction");
  assert.equal(said.appendonly, "yes");
  assert.equal(said.appendfsync, "everysec");
  assert.ok(said.aclfile);
});
test("a record with long fields stays one compact block", async () => {
  const registry = redis.client({ username: "registry", password: passwords.registry });
  const fields = Array.from({ length: 30 }, (_, i) => [`field_${i}`, "x".repeat(i === 0 ? 2048 : 100)]).flat();
  await registry.call("HSET", "mcp:session:{5a}", ...fields);
  assert.equal(await admin.call("OBJECT", "ENCODING", "mcp:session:{5a}"), "listpack");
});
test("what Redis has written to its file survives SIGKILL, TTL and all", async () => {
  const broker = redis.client({ username: "broker", password: passwords.broker });
  await broker.call("HSET", "mcp:code:{0f}", "client_id", "x");
  await broker.call("EXPIRE", "mcp:code:{0f}", "600");
  // The reply comes before the file is written; INFO says when nothing is left to write.
  for (let waiting = true; waiting;) {
    const info = await admin.call("INFO", "persistence");
    waiting = !/aof_pending_bio_fsync:0/.test(info) || !/aof_buffer_length:0/.test(info);
  }
  await redis.kill();
  await redis.restart();
  const ttl = await admin.call("TTL", "mcp:code:{0f}");
  assert.ok(ttl > 590 && ttl <= 600, `TTL ${ttl}`);
  assert.equal(await admin.call("TTL", "mcp:session:{5a}"), -1);
});
