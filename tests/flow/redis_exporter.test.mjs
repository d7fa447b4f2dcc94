// ctest: LABEL flow  TIMEOUT 60
// deploy/redis/exporter.env: Debian's redis_exporter sees every kind of key of the code's own table, and is refused nothing
// that it asks for.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { dashboards, panels_of } from "../chart/dashboard_figures.mjs";
import { request, signIn } from "../support/client.mjs";
import { start_exporter } from "../support/exporter.mjs";
import { exporter_metrics_named } from "../support/metrics.mjs";
import { command, startSystem } from "../support/system.mjs";

let system, exporter;
before(async () => {
  system = await startSystem({ redis_options: { tcp: true } });
  await signIn(system);
  exporter = await start_exporter(system);
});
after(async () => {
  await exporter?.child.stop();
  await system?.stop();
});

async function scrape() {
  const { status, text } = await request(`${exporter.url}/metrics`);
  assert.equal(status, 200, text);
  return text;
}

const series = async (name) => {
  const text = await scrape();
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

test("what the dashboards ask of it, it has", async () => {
  const known = new Set((await scrape()).split("\n").map((line) => /^(redis_\w+)/.exec(line)?.[1]));
  const asked = dashboards().flatMap(panels_of).flatMap(({ targets }) => targets.flatMap(({ expr }) => exporter_metrics_named(expr)));
  assert.ok(asked.length > 10);
  assert.deepEqual(asked.filter((name) => !known.has(name)), []);
});

test("Redis refuses it nothing: its user has all rights that it needs", async () => {
  const refused = (await system.admin.call("ACL", "LOG")).map((entry) => Object.fromEntries(entry.flatMap((name, i) => i % 2 ? [] : [[name, entry[i + 1]]])))
    .filter(({ username }) => username === "exporter");
  assert.deepEqual(refused, []);
});
