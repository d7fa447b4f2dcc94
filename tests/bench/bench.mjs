// tests/bench/run builds and then calls this.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startSystem } from "../support/system.mjs";
import { endpoints, servers, sign_in } from "./endpoints.mjs";
import { measure_events } from "./events.mjs";
import { floors, floors_beside, keys, mean } from "./floors.mjs";
import { measure_keyspace } from "./keyspace.mjs";
import { measured, load, memory_kib } from "./measure.mjs";
import { plot } from "./plot.mjs";
import { measure_scaling } from "./scaling.mjs";
import { measure_soak } from "./soak.mjs";
import { endpoint_table, events_table, floor_table, is_judged, keyspace_table, scaling_table, soak_table, target_table } from "./tables.mjs";

const usage = `usage: tests/bench/run [OPTIONS]

Measures the release build on this machine: for each endpoint requests per second, latency, and the CPU time of every
process and of Redis for one request, beside what the parts cost by themselves in the same run. Compare figures of one
run with each other, never with another machine's. The tables go to standard output; tests/output/bench/ gets them
as JSON, as Markdown and as plots (SVG).

  --only LIST        endpoints: ${Object.keys(endpoints).join(",")}
  --in-flight LIST   requests in flight, 1,32,256 when not given
  --seconds N        for each measurement, 3 when not given
  --rounds N         for each row that is judged, 3 when not given: the middle one counts
  --algorithms LIST  of RS256,ES256,EdDSA; the first one signs while the endpoints that do not sign are measured
  --variants LIST    of curve,fsync: extra rows with CURVE between the processes, with appendfsync always; or none
  --scaling          signers 1 to 8 that wait 2 ms instead of signing, a slow one among them, and their number changing
  --keyspace N       Redis memory of N records of each kind, and \`mcp-oauth keys\` over N grants
  --events           what Redis's events of keys cost
  --soak MINUTES     every endpoint in turn: errors, and the memory of the processes
  --quick            a second for each, 1 and 8 in flight: whether the bench works, not a measurement; no files
  --help
`;

const list = { type: "string" }, flag = { type: "boolean", default: false };
const { values: wish } = parseArgs({ options: { only: list, "in-flight": list, seconds: list, rounds: list, algorithms: list, variants: list, keyspace: list, soak: list, scaling: flag, events: flag, quick: flag, help: { ...flag, short: "h" } } });
if (wish.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const words = (text, fallback) => (text ?? fallback).split(",").filter((word) => word && word !== "none");
const only_extra = (wish.scaling || wish.events || wish.keyspace || wish.soak) && !wish.only;
const plan = {
  endpoints: words(wish.only, only_extra ? "" : Object.keys(endpoints).join(",")),
  in_flight: words(wish["in-flight"], wish.quick ? "1,8" : "1,32,256").map(Number),
  seconds: Number(wish.seconds ?? (wish.quick ? 1 : 3)),
  rounds: Number(wish.rounds ?? (wish.quick ? 1 : 3)),
  algorithms: words(wish.algorithms, "RS256,ES256,EdDSA"),
  variants: words(wish.variants, wish.only || wish.quick ? "" : "curve,fsync"),
};
for (const name of plan.endpoints) if (!endpoints[name]) throw new Error(`--only: ${name} is no endpoint`);
const say = (text) => process.stderr.write(`${text}\n`);

const conditions = (algorithm, { curve = false, appendfsync = "everysec" } = {}) => ({ servers, curve, redis_options: { appendonly: appendfsync },
  env: { all: { LOG_LEVEL: "error" }, signer: { JWT_PRIVATE_KEY: keys[algorithm] } } });

const pids_of = (system) => ({ ...Object.fromEntries(["edge", "registry", "broker", "signer"].map((kind) =>
  [kind, system.processes[kind].map(({ pid }) => pid)])), redis: [system.redis_server.process.pid] });
const memory_of = (system) => Object.fromEntries(Object.entries(pids_of(system)).map(([name, pids]) => [name, pids.reduce((sum, pid) => sum + memory_kib(pid), 0)]));

async function measure_endpoint(system, world, name, { connections, ...labels }) {
  const { status, prepare, per_second = 1 } = endpoints[name];
  const requests = await prepare(system, world, { connections, count: Math.max(connections, per_second * plan.seconds) });
  const { result, cpu_us } = await measured(pids_of(system), () => load(system.edges[0].port, { connections, seconds: plan.seconds, ...requests }));
  const answered = result.statuses[status] ?? 0;
  if (answered !== result.requests || result.unanswered > 0 || answered === 0)
    throw new Error(`${name} at ${connections} in flight: ${status} was expected, seen ${JSON.stringify(result.statuses)}, ${result.unanswered} without an answer`);
  const per_request = Object.fromEntries(Object.entries(cpu_us).map(([who, us]) => [who, us / answered]));
  const row = { endpoint: name, in_flight: connections, ...labels, requests: answered, per_second: answered / result.seconds, latency_us: result.latency_us,
    cpu_us: { ...per_request, all: Object.values(per_request).reduce((sum, us) => sum + us, 0) } };
  say(`  ${name} ${labels.algorithm}${labels.variant ? ` ${labels.variant}` : ""}, ${connections} in flight: ${Math.round(row.per_second)}/s, ${row.cpu_us.all.toFixed(1)} us of CPU`);
  return row;
}

// A row that is judged is measured several times, each time between its floors: a shared machine changes its speed from
// one second to the next, and what stands beside each other in time can be compared. The round in the middle counts.
async function measure_judged(system, world, name, labels) {
  const rounds = [];
  let before = await floors_beside(endpoints[name], labels.algorithm);
  for (let round = 0; round < plan.rounds; round += 1) {
    const row = await measure_endpoint(system, world, name, labels);
    const after = await floors_beside(endpoints[name], labels.algorithm);
    rounds.push({ ...row, floors: mean(before, after) });
    before = after;
  }
  const cost = ({ cpu_us, floors: { signature, static: bare } }) => cpu_us.all / (signature ?? bare);
  return rounds.sort((a, b) => cost(a) - cost(b))[Math.floor(rounds.length / 2)];
}

async function measure_system(algorithm, names, in_flight, { variant, ...options } = {}) {
  const system = await startSystem(conditions(algorithm, options));
  try {
    const start = { started_in_ms: system.started_in_ms, memory_idle_kib: memory_of(system) };
    const world = await sign_in(system);
    const rows = [];
    for (const name of names) {
      const most = endpoints[name].in_flight_max ?? Infinity;
      for (const connections of new Set(in_flight.map((wished) => Math.min(wished, most)))) {
        const measure = !variant && is_judged(name, connections) ? measure_judged : measure_endpoint;
        rows.push(await measure(system, world, name, { connections, algorithm, variant }));
      }
    }
    return { rows, system: { ...start, memory_loaded_kib: memory_of(system) } };
  } finally {
    await system.stop();
  }
}

async function measure_all() {
  const [first, ...others] = plan.algorithms;
  const signing = plan.endpoints.filter((name) => endpoints[name].signs);
  say("floors ...");
  const before = await floors({ seconds: Math.min(2, plan.seconds) });
  say("endpoints ...");
  const { rows, system } = await measure_system(first, plan.endpoints, plan.in_flight);
  for (const algorithm of others) if (signing.length) rows.push(...(await measure_system(algorithm, signing, plan.in_flight)).rows);
  const middle = plan.in_flight.includes(32) ? [32] : plan.in_flight.slice(-1);
  const changed = plan.endpoints.filter((name) => endpoints[name].signs || name === "validate");
  if (plan.variants.includes("curve")) rows.push(...(await measure_system(first, changed, middle, { variant: "CURVE", curve: true })).rows);
  if (plan.variants.includes("fsync")) rows.push(...(await measure_system(first, signing, middle, { variant: "appendfsync always", appendfsync: "always" })).rows);
  return { rows, system, floors: mean(before, await floors({ seconds: Math.min(2, plan.seconds) })) };
}

const results = { plan };
if (plan.endpoints.length) Object.assign(results, await measure_all());
if (wish.scaling) results.scaling = await measure_scaling({ seconds: plan.seconds, say });
if (wish.soak) results.soak = await measure_soak({ minutes: Number(wish.soak), say });
if (wish.events) results.events = await measure_events({ seconds: plan.seconds, rounds: wish.quick ? 1 : 8, say });
if (wish.keyspace) results.keyspace = await measure_keyspace(Number(wish.keyspace), say);

const output = fileURLToPath(new URL("../output/bench", import.meta.url));
const text = [
  ...(results.rows ? [endpoint_table(results, endpoints), floor_table(results), target_table(results)] : []),
  ...(results.scaling ? [scaling_table(results.scaling)] : []),
  ...(results.soak ? [soak_table(results.soak)] : []),
  ...(results.events ? [events_table(results.events)] : []),
  ...(results.keyspace ? [keyspace_table(results.keyspace)] : []),
].join("\n\n");
const what = plan.endpoints.length ? "bench" : ["scaling", "soak", "events", "keyspace"].filter((name) => results[name]).join("-");
const files = [[`${what}.json`, `${JSON.stringify(results, null, 2)}\n`], [`${what}.md`, `${text}\n`], ...plot(results).map(([name, svg]) => [`${name}.svg`, svg])];
if (!wish.quick) {
  mkdirSync(output, { recursive: true });
  for (const [name, content] of files) writeFileSync(join(output, name), content);
}
process.stdout.write(`${text}\n`);
