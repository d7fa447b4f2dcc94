// The configuration table of README.md is what the programs' own --help says. Run with --write to bring it up to date:
//   MCP_OAUTH_BIN=build/dev/bin node tests/checks/options_document.test.mjs --write

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { options_of } from "../support/options.mjs";
import { kinds } from "../support/system.mjs";

const readme = fileURLToPath(new URL("../../README.md", import.meta.url));
const [begin, end] = [/<!-- options: [^\n]* -->\n/, "<!-- options end -->"];

function table() {
  const rows = new Map();
  for (const kind of kinds)
    for (const { name, what } of options_of(kind)) {
      const row = rows.get(name) ?? { what, users: [] };
      row.users.push(kind);
      rows.set(name, row);
    }
  const users_of = ({ users }) => (users.length === kinds.length ? "all" : users.join(", "));
  const lines = [...rows].map(([name, row]) => `| \`${name}\` | ${users_of(row)} | ${row.what.replaceAll("|", "\\|")} |`);
  return ["| option | process | what |", "|---|---|---|", ...lines, ""].join("\n");
}

const text = readFileSync(readme, "utf8");
const start = text.match(begin);

if (process.argv.includes("--write")) {
  const from = start.index + start[0].length;
  writeFileSync(readme, text.slice(0, from) + table() + text.slice(text.indexOf(end)));
} else {
  test("README.md documents every option as --help does", () => {
    assert.ok(start && text.includes(end), "the marks of the table are in README.md");
    assert.equal(text.slice(start.index + start[0].length, text.indexOf(end)), table());
  });
}
