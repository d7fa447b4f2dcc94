// The rig's own Redis: what it promises to the tests that lean on it.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { startRedis } from "./redis.mjs";

async function started(t, options) {
  const redis = await startRedis(options);
  t.after(() => redis.stop());
  return redis;
}

test("a started Redis answers, and its folder is gone after stop", async () => {
  const redis = await startRedis();
  assert.equal(await redis.client().ping(), "PONG");
  await redis.stop();
  assert.equal(existsSync(redis.folder), false);
});

test("with an append-only file a key and its TTL survive SIGKILL", async (t) => {
  const redis = await started(t, { appendonly: "always" });
  const client = redis.client();
  await client.set("kept", "yes", "EX", 100);
  await redis.kill();
  await redis.restart();
  assert.equal(await client.get("kept"), "yes");
  assert.ok(await client.ttl("kept") > 90);
});

test("the ACL file is obeyed and no password stands in argv", async (t) => {
  const redis = await started(t, { acl: "user default off\nuser reader on >open-sesame ~mcp:* +get" });
  const argv = readFileSync(`/proc/${redis.process.pid}/cmdline`, "utf8");
  assert.doesNotMatch(argv, /open-sesame/);
  const reader = redis.client({ username: "reader", password: "open-sesame" });
  assert.equal(await reader.get("mcp:x"), null);
  await assert.rejects(reader.set("mcp:x", "1"), /NOPERM/);
  await assert.rejects(redis.client({ maxRetriesPerRequest: 0 }).get("mcp:x"), /NOAUTH/);
});

test("a paused Redis answers after resume", async (t) => {
  const redis = await started(t, { tcp: true });
  const client = redis.client();
  assert.equal(await client.ping(), "PONG");
  redis.pause();
  const late = client.ping();
  const first = await Promise.race([late, new Promise((resolve) => setTimeout(resolve, 50, "silence"))]);
  assert.equal(first, "silence");
  redis.resume();
  assert.equal(await late, "PONG");
});
