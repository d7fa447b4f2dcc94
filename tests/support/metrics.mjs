// The admin ports of a system under test, and what their /metrics says.
//
//   const admin = await admin_ports({ edge: 1, registry: 1, broker: 1, signer: 2 });
//   const system = await startSystem({ signers: 2, env: admin.env({ signer: { REFRESH_GRACE_S: "0" } }) });
//   const samples = parse(await admin.scrape("signer", 1));
//   value_of(samples, "mcp_oauth_replays_total", { what: "code" });

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { request } from "./client.mjs";
import { free_port } from "./process.mjs";
import { bin, kinds } from "./system.mjs";

export async function admin_ports(counts) {
  const ports = {};
  for (const [kind, count] of Object.entries(counts)) {
    ports[kind] = [];
    for (let i = 0; i < count; i += 1) ports[kind].push(await free_port());
  }
  return {
    ports,
    // For startSystem; more: further options by kind, as there.
    env: (more = {}) => ({ ...more, ...Object.fromEntries(Object.keys(counts).map((kind) => [kind, (index, system) => ({
      ADMIN_LISTEN: `127.0.0.1:${ports[kind][index]}`, ...(typeof more[kind] === "function" ? more[kind](index, system) : more[kind]) })])) }),
    async scrape(kind, index = 0) {
      const { status, headers, text } = await request(`http://127.0.0.1:${ports[kind][index]}/metrics`, { own_connection: true });
      assert.equal(status, 200, text);
      assert.equal(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
      return text;
    },
  };
}

// [{name, labels, value}]
export const parse = (text) => text.split("\n").filter((line) => line && !line.startsWith("#")).map((line) => {
  const [, name, labels = "", value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
  return { name, value: Number(value), labels: Object.fromEntries([...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text_of]) => [key, text_of])) };
});

// The sum of the samples of that name whose labels have these values; undefined without any.
export function value_of(samples, name, labels = {}) {
  const found = samples.filter((sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value));
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
}

// ---- queries

// The metrics of ours that a PromQL expression names, without a histogram's suffixes.
export const metrics_named = (expr) => [...new Set((expr.match(/\bmcp_oauth_[a-z_]+/g) ?? []).map((name) => name.replace(/_(?:bucket|sum|count)$/, "")))];

// Those of redis_exporter.
export const exporter_metrics_named = (expr) => [...new Set(expr.match(/\bredis_[a-z_]+/g))];

// The names of all metrics that the programs say they have.
export function known_metrics() {
  const told = kinds.map((kind) => spawnSync(join(bin, `mcp-oauth-${kind}`), ["--metrics"], { encoding: "utf8" }).stdout);
  return new Set(told.flatMap((text) => text.trimEnd().split("\n").map((line) => line.split("\t")[0])));
}
