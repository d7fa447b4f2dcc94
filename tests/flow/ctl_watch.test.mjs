// ctest: LABEL flow  TIMEOUT 120
// `mcp-oauth watch`: the audit stream and the events of keys as one feed, as the read-only user, through a restart of Redis.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { register, signIn } from "../support/client.mjs";
import { ctl, ctl_start } from "../support/ctl.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

let system;
before(async () => { system = await startSystem({ redis_options: { appendonly: "always", config: { "notify-keyspace-events": "Eghx$" } } }); });
after(() => system?.stop());

async function watching(args, test_of_it, more) {
  const child = ctl_start(system, ["watch", ...args], { REDIS_PASSWORD_OPERATOR: undefined, ...more });
  child.expected = true;
  try {
    await test_of_it(child);
  } finally {
    child.signal("SIGINT");
    const { code } = await child.exited;
    assert.equal(code, 0, child.tail());
    assert.equal(child.sanitizer_report, null);
  }
}
const is = (source, event) => (line) => line.source === source && line.event === event;

test("a sign-in is seen in both, and nothing secret is", () => watching(["--json"], async (child) => {
  await child.seen(is("watch", "listening"));
  const { client, tokens } = await signIn(system);
  for (const event of ["registration", "sign_in", "consent", "issue"]) {
    const line = await child.seen(is("audit", event));
    assert.equal(line.client_id, client.client_id);
    assert.match(line.request_id, /^[0-9a-f]{32}$/);
    assert.ok(Math.abs(line.at - Date.now() / 1000) < 3600);
  }
  assert.equal((await child.seen(is("audit", "issue"))).login, "octocat");
  await child.seen(({ source, event, key }) => source === "key" && event === "hset" && key === `mcp:client:{${client.client_id}}`);
  await child.seen(({ source, event, key }) => source === "key" && event === "expire" && /^mcp:refresh:\{/.test(key));
  for (const token of [tokens.access_token, tokens.refresh_token]) assert.ok(!child.text.join("\n").includes(token));
}));

test("the end of a key's life is an event", () => watching(["keys", "--json"], async (child) => {
  await child.seen(is("watch", "listening"));
  await system.admin.set("mcp:rate:{test}:short", "1", "PX", 1);
  await system.admin.set("somebody:else", "1", "PX", 1);
  await child.seen(({ source, event, key }) => source === "key" && event === "expired" && key === "mcp:rate:{test}:short");
  await register(system.base);
  await child.seen(({ key }) => key?.startsWith("mcp:client:"));
  assert.ok(child.log.every(({ source, key }) => source !== "audit" && key !== "somebody:else"));
  await system.admin.hset("mcp:worker:{signer}:gone", "a", "b");
  await system.admin.del("mcp:worker:{signer}:gone");
  await child.seen(({ event, key }) => event === "del" && key === "mcp:worker:{signer}:gone");
  assert.ok(child.log.every(({ event, key }) => !(event === "hset" && key?.startsWith("mcp:worker:"))), "a worker's heartbeats are not shown");
}));

test("a worker that ends takes its heartbeat along", () => watching(["keys", "--json"], async (child) => {
  await child.seen(is("watch", "listening"));
  for (const kind of ["registry", "broker", "signer"]) {
    const { name } = await system.add(kind);
    await eventually(() => system.reader.exists(`mcp:worker:{${kind}}:${name}`), { what: `${name}'s heartbeat` });
    await system.kill(kind, 1, "SIGTERM");
    await child.seen(({ event, key }) => event === "del" && key === `mcp:worker:{${kind}}:${name}`);
  }
}));

test("it goes on when Redis comes back, and leaves no audit entry out", () => watching(["--json", "--last", "0"], async (child) => {
  await child.seen(is("watch", "listening"));
  const before = await register(system.base);
  await child.seen(({ source, client_id }) => source === "audit" && client_id === before.client_id);
  await system.redis_server.kill();
  await child.seen(is("watch", "lost"));
  await system.redis_server.restart();
  await system.ready();
  const after = await register(system.base);
  await child.seen(({ source, client_id }) => source === "audit" && client_id === after.client_id, { timeout_ms: 20_000 });
  await child.seen((line) => is("watch", "listening")(line), { since: child.log.findIndex(is("watch", "lost")) });
  const audited = child.log.filter(({ source }) => source === "audit").map(({ client_id }) => client_id);
  assert.deepEqual(audited, [before.client_id, after.client_id], "each once, and none of before");
}));

test("for people, and with the last entries first", () => watching(["audit", "--last", "2"], async (child) => {
  const entries = await system.reader.xrevrange("mcp:audit", "+", "-", "COUNT", 2);
  for (const [id, fields] of entries.reverse()) {
    const event = fields[fields.indexOf("event") + 1], time = new Date(Number(id.split("-")[0])).toISOString().replace("T", " ").slice(0, 19);
    await child.seen(({ text }) => text?.startsWith(`${time} audit ${event.padEnd(12)} request_id `));
  }
  assert.doesNotMatch(child.text.join("\n"), /\x1b/, "no colour but on a terminal");
}));

test("a Redis that tells no events of keys: it is said, and the audit stream goes on", async () => {
  await system.admin.config("SET", "notify-keyspace-events", "");
  try {
    await watching(["--json"], async (child) => {
      await child.seen(is("watch", "listening"));
      const { client_id } = await register(system.base);
      await child.seen((line) => line.source === "audit" && line.client_id === client_id);
      await child.seen(({ text }) => /^mcp-oauth: Redis tells no events of keys: set notify-keyspace-events to/.test(text ?? ""));
    });
  } finally {
    await system.admin.config("SET", "notify-keyspace-events", "Eghx$");
  }
});

test("what it does not take is told", async () => {
  for (const args of [["watch", "everything"], ["watch", "--last", "-1"], ["watch", "audit", "keys"]]) assert.equal((await ctl(system, args)).code, 2, args.join(" "));
  const { code, err } = await ctl(system, ["watch"], { REDIS_URL: "unix:/nonexistent/redis.sock" });
  assert.equal(code, 1);
  assert.match(err, /^mcp-oauth: Redis at unix:\/nonexistent/);
});
