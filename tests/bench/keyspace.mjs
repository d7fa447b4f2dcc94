// Redis memory of each kind of record, and what it costs to look at all of them: real flows leave one of each, which is
// copied N times under names of the same length into a Redis that is configured as deploy/redis/redis.conf says.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { authorizeUntilConsent, post_form, refresh, signIn } from "../support/client.mjs";
import { startDocuments } from "../support/documents.mjs";
import { startRedis } from "../support/redis.mjs";
import { bin, startSystem } from "../support/system.mjs";
import { servers as bench_servers } from "./endpoints.mjs";
import { cpu_ns } from "./measure.mjs";

const BATCH = 5000;
const PEOPLE = 20;
const servers = { ...bench_servers, redirect_hosts: [...bench_servers.redirect_hosts, "example.com"] };

// The lines of the product's configuration that decide how small a record is kept.
const encodings = () => Object.fromEntries([...readFileSync(fileURLToPath(new URL("../../deploy/redis/redis.conf", import.meta.url)), "utf8")
  .matchAll(/^((?:hash|zset|stream)-\S+) (\d+)$/gm)].map(([, name, value]) => [name, value]));

const hex = () => randomBytes(16).toString("hex");
const digest = () => randomBytes(32).toString("hex");
const user = (i) => 100_000_000 + i; // as long as GitHub's ids are by now

// What is copied: how its name is made, and which of the keys of a real system it is.
const kinds = [
  { what: "a sign-in on its way", prefix: "mcp:session:", name: () => `mcp:session:{${digest()}}`, lives_s: 1800 },
  { what: "an authorization code, redeemed", prefix: "mcp:code:", name: () => `mcp:code:{${hex()}}`, lives_s: 600 },
  { what: "a grant", prefix: "mcp:refresh:", name: () => `mcp:refresh:{${hex()}}`, lives_s: 2_592_000 },
  { what: "a person's index with one grant", prefix: "mcp:grants:", name: (i) => `mcp:grants:{${user(i)}}`, lives_s: 2_592_000 },
  { what: "a remembered consent", prefix: "mcp:approval:", name: (i) => `mcp:approval:{${user(i)}}:${digest()}`, lives_s: 2_592_000 },
  { what: "a registered client", prefix: "mcp:client:", name: () => `mcp:client:{mcp_example.com_${randomBytes(16).toString("base64url")}}`, lives_s: 5_184_000 },
  { what: "a client's metadata document", prefix: "mcp:document:", name: () => `mcp:document:{${digest()}}`, lives_s: 86_400 },
  { what: "a revoked access token", prefix: "mcp:revoked:", name: (i) => `mcp:revoked:{${hex()}}:${1 + i % 9}`, lives_s: 3600 },
  { what: "a rate limit's counter", prefix: "mcp:rate:", name: () => `mcp:rate:{token}:${digest().slice(0, 32)}`, lives_s: 60 },
];

// One record of each kind, the audit entries that came with them, and what a refresh adds to the append-only file.
async function real_records() {
  const site = await startDocuments(["app.localhost"]);
  const system = await startSystem({ servers, redis_options: { appendonly: "everysec" },
    env: { registry: { DOCUMENT_CA_FILE: site.ca_file, DOCUMENT_PRIVATE_HOSTS: site.private_hosts } } });
  try {
    const person = await signIn(system);
    const { body: tokens } = await refresh(system.base, person.client, person.tokens.refresh_token);
    await post_form(`${system.base}/revoke`, { client_id: person.client.client_id, token: tokens.access_token });
    const redirect_uris = ["https://example.com/callback"];
    const client_id = site.put("/client.json", (url) => ({ client_id: url, client_name: "An editor", redirect_uris }));
    await authorizeUntilConsent(system, { client_id, redirect_uris }); // left at the page, so that its session stays
    const keys = await system.admin.keys("mcp:*");
    const dumps = {};
    for (const { what, prefix } of kinds) {
      const key = keys.find((name) => name.startsWith(prefix));
      if (!key) throw new Error(`nothing below ${prefix} (${what}) in ${keys.join(" ")}`);
      dumps[prefix] = await system.admin.dumpBuffer(key);
    }
    const audit = (await system.admin.xrange("mcp:audit", "-", "+")).map(([, fields]) => fields);
    const people = [];
    for (let i = 0; i < PEOPLE; i += 1) people.push(await signIn(system));
    const file_bytes = async () => Number(/aof_current_size:(\d+)/.exec(await system.admin.info("persistence"))[1]);
    const before = await file_bytes();
    for (const { client, tokens: first } of people) await refresh(system.base, client, first.refresh_token);
    return { dumps, audit, refresh_bytes: ((await file_bytes()) - before) / PEOPLE };
  } finally {
    await Promise.all([system.stop(), site.close()]);
  }
}

const used_bytes = async (client) => Number(/used_memory:(\d+)/.exec(await client.info("memory"))[1]);

// Bytes of one, after write(pipeline, i) has been done for each of count.
async function grown(client, count, write) {
  const before = await used_bytes(client);
  for (let made = 0; made < count; made += BATCH) {
    const pipeline = client.pipeline();
    for (let i = made; i < Math.min(count, made + BATCH); i += 1) write(pipeline, i);
    for (const [error] of await pipeline.exec()) if (error) throw error;
  }
  return ((await used_bytes(client)) - before) / count;
}

// How long another client waits for its answers meanwhile, in milliseconds: one question every few of them.
const PING_EVERY_MS = 2;
function start_waiting(client) {
  const waiting = { is_over: false, ms: [] };
  waiting.end = (async () => {
    while (!waiting.is_over || waiting.ms.length === 0) {
      const began = performance.now();
      await client.ping();
      waiting.ms.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, PING_EVERY_MS));
    }
    return waiting.ms.sort((a, b) => a - b);
  })();
  return waiting;
}

// `mcp-oauth keys` over all that lies there.
async function looked_at(redis, client) {
  const other = redis.client();
  await other.ping();
  await client.config("RESETSTAT");
  await client.slowlog("RESET");
  const pid = redis.process.pid;
  const [cpu_before, began] = [cpu_ns(pid), performance.now()];
  const child = spawn(join(bin, "mcp-oauth"), ["keys", "--once", "--json"], { stdio: ["ignore", "pipe", "inherit"], env: { PATH: process.env.PATH, REDIS_URL: redis.url } });
  child.stdout.resume();
  const waiting = start_waiting(other);
  const [code] = await once(child, "close");
  const [seconds, redis_s] = [(performance.now() - began) / 1000, (cpu_ns(pid) - cpu_before) / 1e9];
  waiting.is_over = true;
  const waited = await waiting.end;
  if (code !== 0) throw new Error(`mcp-oauth keys ended with ${code}`);
  const calls = await client.info("commandstats");
  return { keys: await client.dbsize(), seconds, redis_s, waited_ms: { p50: waited[Math.floor(waited.length / 2)], p99: waited[Math.floor(waited.length * 0.99)] },
    scan_us: Number(/cmdstat_scan:.*usec_per_call=([\d.]+)/.exec(calls)[1]), slow: await client.slowlog("LEN") };
}

async function with_redis(config, work) {
  const redis = await startRedis({ config: { ...encodings(), ...config } });
  try {
    return await work(redis.client(), redis);
  } finally {
    await redis.stop();
  }
}

export async function measure_keyspace(count, say) {
  const { dumps, audit, refresh_bytes } = await real_records();
  const copy = ({ prefix, name, lives_s }) => (pipeline, i) => pipeline.restore(name(i), lives_s * 1000, dumps[prefix]);
  const records = [];
  for (const kind of kinds) {
    say(`  ${count} times ${kind.what} ...`);
    records.push({ what: kind.what, bytes: await with_redis({}, (client) => grown(client, count, copy(kind))) });
  }
  const entries = Math.min(count, 100_000);
  records.push({ what: "an entry of the audit stream", bytes: await with_redis({}, (client) =>
    grown(client, entries, (pipeline, i) => pipeline.xadd("mcp:audit", "*", ...audit[i % audit.length]))) });
  const grants = kinds.filter(({ prefix }) => ["mcp:refresh:", "mcp:grants:"].includes(prefix));
  say(`  looking at ${count} grants and their indices ...`);
  const together = await with_redis({}, async (client, redis) => {
    for (const kind of grants) await grown(client, count, copy(kind));
    const looked = await looked_at(redis, client);
    await client.save();
    return { looked, disk_bytes: statSync(join(redis.folder, "dump.rdb")).size / count };
  });
  return { count, records, refresh_bytes, ...together };
}
