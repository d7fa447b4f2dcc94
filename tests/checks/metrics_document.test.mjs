// The table of deploy/prometheus/README.md is what the programs' own --metrics says, and names follow Prometheus's convention.
// Run with --write to bring the table up to date:
//   MCP_OAUTH_BIN=build/dev/bin node tests/checks/metrics_document.test.mjs --write

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bin, kinds } from "../support/system.mjs";

const readme = fileURLToPath(new URL("../../deploy/prometheus/README.md", import.meta.url));
const [begin, end] = [/<!-- metrics: [^\n]* -->\n/, "<!-- metrics end -->"];

function metrics_of(kind) {
  const run = spawnSync(join(bin, `mcp-oauth-${kind}`), ["--metrics"], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  const rows = run.stdout.trimEnd().split("\n").map((line) => line.split("\t"));
  assert.ok(rows.length > 10, `metrics of ${kind}: ${run.stdout}`);
  return rows.map(([name, type, labels, help]) => ({ name, type, labels: labels.split(" ").filter(Boolean), help }));
}

// Of all processes, each once, with those that have it.
function metrics() {
  const rows = new Map();
  for (const kind of kinds)
    for (const metric of metrics_of(kind)) {
      const key = `${metric.name}\t${metric.help}`;
      const row = rows.get(key) ?? { ...metric, users: [] };
      row.users.push(kind);
      rows.set(key, row);
    }
  return [...rows.values()];
}

const users_of = ({ users }) =>
  users.length === kinds.length ? "all" : users.length === kinds.length - 1 && !users.includes("edge") ? "workers" : users.join(", ");
const table = () => ["| metric | type | labels | process | what |", "|---|---|---|---|---|", ...metrics().map((row) =>
  `| \`${row.name}\` | ${row.type} | ${row.labels.map((label) => `\`${label}\``).join(" ")} | ${users_of(row)} | ${row.help.replaceAll("|", "\\|")} |`), ""].join("\n");

const text = readFileSync(readme, "utf8");
const start = text.match(begin);

if (process.argv.includes("--write")) {
  const from = start.index + start[0].length;
  writeFileSync(readme, text.slice(0, from) + table() + text.slice(text.indexOf(end)));
} else {
  test("deploy/prometheus/README.md documents every metric as --metrics does", () => {
    assert.ok(start && text.includes(end), "the marks of the table are there");
    assert.equal(text.slice(start.index + start[0].length, text.indexOf(end)), table());
  });

  test("names follow Prometheus's convention", () => {
    for (const { name, type, labels, help } of metrics()) {
      assert.match(name, /^(mcp_oauth|process)_[a-z0-9_]+$/);
      assert.equal(type === "counter", name.endsWith("_total"), `${name}: counters, and only they, end in _total`);
      assert.ok(type !== "histogram" || name.endsWith("_seconds"), `${name}: a histogram names its unit`);
      assert.ok(help.length > 3, `${name} is explained`);
      for (const label of labels) assert.match(label, /^[a-z_]+$/, name);
    }
  });
}
