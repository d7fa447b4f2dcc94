// ctest: LABEL flow  TIMEOUT 60
// deploy/redis/exporter.env: Debian's redis_exporter sees every kind of key of the code's own table, and is refused nothing
// that it asks for.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { request, signIn } from "../support/client.mjs";
import { Child, eventually, free_port } from "../support/process.mjs";
import { command, startSystem } from "../support/system.mjs";

const file = fileURLToPath(new URL("../../deploy/redis/exporter.env", import.meta.url));
const settings = Object.fromEntries(readFileSync(file, "utf8").split("\n").filter((line) => /^[A-Z]/.test(line)).map((line) => line.split(/=(.*)/s)));

let system, exporter, port;
before(async () => {
  system = await startSystem({ redis_options: { tcp: true } });
  await signIn(system);
  port = await free_port();
  exporter = new Child("exporter", "prometheus-redis-exporter", [], { ...settings, REDIS_ADDR: system.redis_server.tcp_url,
    REDIS_PASSWORD: system.passwords.exporter, REDIS_EXPORTER_WEB_LISTEN_ADDRESS: `127.0.0.1:${port}` });
  await eventually(async () => (await request(`http://127.0.0.1:${port}/health`)).status === 200, { what: "the exporter" });
});
after(async () => {
  await exporter?.stop();
  await system?.stop();
});

const series = async (name) => {
  const { status, text } = await request(`http://127.0.0.1:${port}/metrics`);
  assert.equal(status, 200, text);
  const lines = [...text.matchAll(new RegExp(`^${name}\\{([^}]*)\\} (\\S+)$`, "gm"))];
  return Object.fromEntries(lines.map(([, labels, value]) => [/key_group="([^"]*)"|stream="([^"]*)"/.exec(labels)?.slice(1).find(Boolean), Number(value)]));
};

// mcp:code:{g} is of mcp:code.
const group_of = (key) => /^mcp:[a-z]+/.exec(key)[0];

test("each kind of key has its group, with its number and memory", async () => {
  const kinds = [...command(["keyspace"]).matchAll(/^\| `(mcp:[^`]*)` \| (\w+)/gm)].map(([, key, type]) => ({ key, type }));
  assert.ok(kinds.length > 10);
  const lying = await system.admin.keys("*");
  for (const { key, type } of kinds.filter((kind) => !lying.some((name) => group_of(name) === group_of(kind.key)))) {
    if (type === "hash") await system.admin.hset(key, "a", "b");
    else if (type === "zset") await system.admin.zadd(key, 1, "a");
    else await system.admin.set(key, "1");
  }
  const expected = {};
  for (const key of await system.admin.keys("mcp:*")) expected[group_of(key)] = (expected[group_of(key)] ?? 0) + 1;
  const counts = await series("redis_key_group_count");
  assert.deepEqual(counts, expected);
  assert.deepEqual(Object.keys(expected).sort(), [...new Set(kinds.map(({ key }) => group_of(key)))].sort(), "all kinds were there");
  for (const [group, bytes] of Object.entries(await series("redis_key_group_memory_usage_bytes"))) assert.ok(bytes >= counts[group] * 40, `${group}: ${bytes}`);
});

test("the length of the audit stream is told", async () => {
  assert.equal((await series("redis_stream_length"))["mcp:audit"], await system.admin.xlen("mcp:audit"));
});

test("Redis refuses it nothing: its user has all rights that it needs", async () => {
  const refused = (await system.admin.call("ACL", "LOG")).map((entry) => Object.fromEntries(entry.flatMap((name, i) => i % 2 ? [] : [[name, entry[i + 1]]])))
    .filter(({ username }) => username === "exporter");
  assert.deepEqual(refused, []);
});
