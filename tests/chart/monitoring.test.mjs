// The chart carries the alerts and the dashboards as they are, and promtool understands what the dashboards ask.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { chart, documents, rendered } from "./helm.mjs";

const folder = join(chart, "files/dashboards");
const dashboards = readdirSync(folder).map((name) => ({ name, ...JSON.parse(readFileSync(join(folder, name), "utf8")) }));
const objects = documents(rendered("ha"));

test("promtool understands every query", () => {
  const queries = dashboards.flatMap(({ panels }) => panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)));
  assert.ok(queries.length >= 15);
  const rules = { groups: [{ name: "dashboards", rules: queries.map((expr, i) => ({ record: `query_${i}`,
    expr: expr.replaceAll(/\$__rate_interval|\$__interval|\$__range/g, "5m").replaceAll(/\$\w+/g, ".*") })) }] };
  const file = join(mkdtempSync(join(tmpdir(), "mcp-oauth-queries-")), "rules.yaml");
  writeFileSync(file, JSON.stringify(rules));
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "rules", "--lint=none", file], { encoding: "utf8" });
  rmSync(dirname(file), { recursive: true });
  assert.equal(status, 0, stdout + stderr);
});

test("the alerts are the PrometheusRule", () => {
  assert.deepEqual(objects.find(({ kind }) => kind === "PrometheusRule").spec, parse(readFileSync(join(chart, "files/alerts.yaml"), "utf8")));
});

test("each dashboard is a ConfigMap that Grafana's sidecar finds", () => {
  for (const { name } of dashboards) {
    const map = objects.find(({ kind, data }) => kind === "ConfigMap" && data[name]);
    assert.equal(map.metadata.labels.grafana_dashboard, "1");
    assert.deepEqual(JSON.parse(map.data[name]), JSON.parse(readFileSync(join(folder, name), "utf8")));
  }
});

test("the PodMonitor scrapes the admin port of every process", () => {
  const { spec } = objects.find(({ kind }) => kind === "PodMonitor");
  assert.deepEqual(spec.podMetricsEndpoints.map(({ port, path }) => [port, path]), [["admin", "/metrics"]]);
});
