// Collects what the last runs counted (tests/output/fault/*.json) in tests/output/fault-summary.md and prints it; with
// --write also carries it over into README.md, where sections of tests that were not run stay as they are.

import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { with_section } from "../support/sections.mjs";
import { legend, output, readme, table_of } from "./record.mjs";

const files = existsSync(output) ? readdirSync(output).sort() : [];
const runs = files.map((file) => [basename(file, ".json"), JSON.parse(readFileSync(output + file, "utf8"))]);
const summary = `# Requests sent, answered and lost under faults\n\n${legend()}\n${table_of(runs.flatMap(([, rows]) => rows))}`;
if (runs.length > 0) {
  writeFileSync(join(output, "../fault-summary.md"), summary);
  process.stdout.write(summary);
}
if (process.argv.includes("--write")) {
  const before = readFileSync(readme, "utf8");
  writeFileSync(readme, runs.reduce((text, [name, rows]) => with_section(text, name, table_of(rows)), with_section(before, "promises", legend())));
}
