// Carries what the last runs proved (tests/output/clients/*.json) over into README.md, with --write; without it, says
// whether README.md differs. Sections of tests that were not run stay as they are.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { with_section } from "../support/sections.mjs";
import { legend, output, readme, table_of } from "./record.mjs";

const before = readFileSync(readme, "utf8");
const runs = readdirSync(output).sort().map((file) => [basename(file, ".json"), JSON.parse(readFileSync(output + file, "utf8"))]);
const after = runs.reduce((text, [name, rows]) => with_section(text, name, table_of(rows)), with_section(before, "behaviours", legend()));
if (process.argv.includes("--write")) writeFileSync(readme, after);
else if (after !== before) {
  process.stderr.write("README.md differs from what the last runs proved: node tests/clients/table.mjs --write\n");
  process.exitCode = 1;
}
