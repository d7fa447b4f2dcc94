// ctest: LABEL check  TIMEOUT 180
// The alert rules hold in Prometheus's own judgement (promtool), each has a unit test and a section in the runbook, and they name only
// metrics that there are.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { known_metrics, metrics_named } from "../support/metrics.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const rules_file = join(root, "k8s/mcp-oauth/files/alerts.yaml");
const unit_tests = join(root, "tests/chart/alerts");
const read = (path) => readFileSync(path, "utf8");
const alerts = [...read(rules_file).matchAll(/^ +- alert: (\w+)$/gm)].map(([, name]) => name);

function promtool(...args) {
  const run = spawnSync("promtool", args, { encoding: "utf8" });
  assert.equal(run.status, 0, `promtool ${args.join(" ")}: ${run.error ?? ""}${run.stdout}${run.stderr}`);
}

test("promtool takes the rules and the example configuration", () => {
  assert.ok(alerts.length > 15, `${alerts.length} alerts`);
  promtool("check", "rules", rules_file);
  promtool("check", "config", join(root, "deploy/prometheus/prometheus.yml"));
});

for (const name of readdirSync(unit_tests))
  test(`${name} passes`, () => promtool("test", "rules", join(unit_tests, name)));

test("every alert is seen firing and seen quiet in a unit test", () => {
  const told = readdirSync(unit_tests).map((name) => read(join(unit_tests, name))).join("\n");
  for (const alert of alerts) {
    assert.match(told, new RegExp(`alertname: ${alert}\\n`), `${alert} fires in a test`);
    assert.match(told, new RegExp(`alertname: ${alert}, .*exp_alerts: \\[\\] `), `${alert} is quiet in a test`);
  }
});

test("every alert's runbook is a section of deploy/prometheus/README.md, and every such section an alert", () => {
  const sections = [...read(join(root, "deploy/prometheus/README.md")).matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
  assert.deepEqual(sections, alerts);
  const runbooks = [...read(rules_file).matchAll(/^ +runbook: (\S+)$/gm)].map(([, anchor]) => anchor);
  assert.deepEqual(runbooks, alerts.map((alert) => `deploy/prometheus/README.md#${alert.toLowerCase()}`));
});

test("the rules name only metrics that a process or the Redis exporter has", () => {
  const known = known_metrics();
  const expressions = read(rules_file).replace(/^ *(#|- alert|runbook|summary).*$/gm, "");
  const named = metrics_named(expressions);
  assert.ok(named.length > 10, named.join(" "));
  for (const name of named) assert.ok(known.has(name), name);
});
