// The figures of a run as Markdown.

export const markdown_table = (head, rows) => [head, head.map((_, i) => (i === 0 ? "---" : "---:")), ...rows]
  .map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const us = (value) => (value < 10 ? value.toFixed(1) : String(Math.round(value)));
const ms = (value) => (value / 1000).toFixed(2);
const kinds = ["edge", "registry", "broker", "signer", "redis"];

// What a row must cost at least: a signature, or a static answer. Its own floors, or those of the run.
const floor_of = ({ endpoint, algorithm, floors: own }, floors, endpoints) =>
  endpoints[endpoint].signs ? own?.signature ?? floors[algorithm] : own?.static ?? floors.static;

export const endpoint_table = ({ rows, floors }, endpoints) => markdown_table(
  ["endpoint", "in flight", "requests/s", "p50 ms", "p99 ms", "p99.9 ms", ...kinds.map((kind) => `${kind} µs`), "all µs", "by its floor"],
  rows.map((row) => ({ ...row, ratio: row.cpu_us.all / floor_of(row, floors, endpoints) }))
    .map(({ endpoint, algorithm, variant, in_flight, per_second, latency_us, cpu_us, ratio }) => [
    `${endpoints[endpoint].what}${endpoints[endpoint].signs ? `, ${algorithm}` : ""}${variant ? `, ${variant}` : ""}`, in_flight, Math.round(per_second),
    ms(latency_us.p50), ms(latency_us.p99), ms(latency_us.p999), ...kinds.map((kind) => us(cpu_us[kind])), us(cpu_us.all), ratio.toFixed(2)]));

export const floor_table = ({ floors }) => markdown_table(["the parts by themselves, same run", "CPU µs"], [
  ["a signature, RS256 with 2048 bits", us(floors.RS256)], ["a signature, ES256", us(floors.ES256)], ["a signature, EdDSA", us(floors.EdDSA)],
  ["a static answer of libh2o, 32 in flight", us(floors.static)], ["a GET of Redis, 32 in a batch", us(floors.store)],
  ["a ZeroMQ round trip of two processes, 32 in flight", us(floors.message)], ["the same, 1 in flight", us(floors.message_alone)]]);

// DESIGN 11: microseconds of a machine where libh2o's bare static answer costs 7 µs, scaled to this one by that answer:
// of the two costs that it tells of that machine, the one that is system calls and copies, as these rows are. A
// signature says nothing about them (what RS256 costs depends on the processor's vector instructions).
const REFERENCE_STATIC_US = 7;
const sum = (object) => Object.values(object).reduce((total, value) => total + value, 0);

// Rows that target_table reads, each with floors of its own.
export const is_judged = (endpoint, in_flight) => in_flight === 32 || (endpoint === "token_refresh" && in_flight === 1);

export function target_table({ rows, system }) {
  const find = (endpoint, in_flight, algorithm) => rows.find((row) => row.endpoint === endpoint && row.in_flight === in_flight && !row.variant && (!algorithm || row.algorithm === algorithm));
  const table = [];
  const add = (what, value, limit, unit) => table.push([what, `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`, `${limit.toFixed(limit < 10 ? 2 : 0)} ${unit}`, value <= limit ? "yes" : "no"]);
  const add_scaled = (endpoint, limit_us, algorithm) => {
    const row = find(endpoint, 32, algorithm);
    if (row) add(`\`${endpoint}\`${algorithm ? `, ${algorithm}` : ""}: CPU, ${limit_us} µs there`, row.cpu_us.all, limit_us * row.floors.static / REFERENCE_STATIC_US, "µs");
  };
  for (const endpoint of ["token_code", "token_refresh"]) {
    const row = find(endpoint, 32, "RS256");
    if (row) add(`\`${endpoint}\`, RS256: CPU by bare signatures`, row.cpu_us.all / row.floors.signature, 1.3, "x");
    add_scaled(endpoint, 75, "ES256");
  }
  add_scaled("validate", 55);
  add_scaled("introspect", 55);
  add_scaled("register", 70);
  add_scaled("authorize", 90);
  for (const endpoint of ["jwks", "metadata"]) {
    const row = find(endpoint, 32);
    if (row) add(`\`${endpoint}\`: CPU by bare static answers`, row.cpu_us.all / row.floors.static, 1.3, "x");
  }
  const alone = find("token_refresh", 1, "RS256");
  if (alone) add("`token_refresh`, 1 in flight: p50 beyond the signature", (alone.latency_us.p50 - alone.floors.signature) / 1000, 0.5, "ms");
  const { redis, ...processes } = system.memory_idle_kib;
  add("memory of the four processes, idle", sum(processes) / 1024, 40, "MB");
  add("from start to the first 200", system.started_in_ms / 1000, 0.5, "s");
  return markdown_table(["DESIGN 11", "measured", "must reach", "reached"], table);
}

export const scaling_table = ({ rows, slow, autoscaling }) => [
  markdown_table(["signers that wait 2 ms", "requests/s", "of one signer's", "for each", "p50 ms", "p99 ms"], rows.map(({ signers, per_second, latency_us }) => [
    signers, Math.round(per_second), (per_second / rows[0].per_second).toFixed(2), (per_second / rows[0].per_second / signers).toFixed(3), ms(latency_us.p50), ms(latency_us.p99)])),
  markdown_table(["4 signers", "requests/s", "p50 ms", "p90 ms", "p99 ms"], slow.map(({ what, per_second, latency_us }) => [what, Math.round(per_second), ms(latency_us.p50), ms(latency_us.p90), ms(latency_us.p99)])),
  markdown_table(["signers 1 to 8 and back under load", "count"], Object.entries(autoscaling)),
].join("\n\n");

export const soak_table = ({ minutes, requests, failed, memory_kib: { settled, end } }) => markdown_table(
  [`${minutes} minutes`, "requests", "failed", ...Object.keys(end).map((kind) => `${kind}, private KiB`)],
  [["after a tenth of the time", "", "", ...Object.values(settled)], ["at the end", requests, failed, ...Object.values(end)]]);

export const keyspace_table = ({ count, records, refresh_bytes, disk_bytes, looked }) => [
  markdown_table([`Redis, ${count} of each`, "bytes"], [...records.map(({ what, bytes }) => [what, Math.round(bytes)]),
    ["on the disk after a rewrite: a grant with its index", Math.round(disk_bytes)], ["appended to the file for each refresh", Math.round(refresh_bytes)]]),
  markdown_table([`\`mcp-oauth keys\` over ${looked.keys} keys`, ""], [["seconds", looked.seconds.toFixed(1)], ["seconds of Redis's core", looked.redis_s.toFixed(1)],
    ["ms that another client waits meanwhile, p50", looked.waited_ms.p50.toFixed(2)], ["the same, p99", looked.waited_ms.p99.toFixed(2)],
    ["µs for each SCAN", looked.scan_us.toFixed(0)], ["commands of more than 10 ms (SLOWLOG)", looked.slow]]),
].join("\n\n");

export const events_table = ({ flags, redis_us }) => markdown_table([`Redis's CPU for one refresh, notify-keyspace-events ${flags}`, "µs", "ratio"],
  [["no events", "off"], ["events, nobody listens", "on"], ["events, and `mcp-oauth watch`", "watched"]].map(([what, name]) => [what, us(redis_us[name]), (redis_us[name] / redis_us.off).toFixed(2)]));
