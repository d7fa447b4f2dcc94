// ctest: LABEL check
// tests/fault/README.md has a table of every fault test and of no other. That a table has the faults and promises of its
// test, each of those files checks itself.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { legend, readme } from "../fault/record.mjs";
import { section_of, sections_of } from "../support/sections.mjs";

const folder = fileURLToPath(new URL("../fault/", import.meta.url));
const text = readFileSync(readme, "utf8");
const files = readdirSync(folder).filter((file) => file.endsWith(".test.mjs"));

test("there is something to check", () => assert.ok(files.length > 0));

test("every fault test records what it counts, and has its table, and every table its test", () => {
  assert.deepEqual(sections_of(text).filter((name) => name !== "promises").sort(), files.map((file) => file.replace(".test.mjs", "")).sort());
  for (const file of files) assert.match(readFileSync(folder + file, "utf8"), /^record\.check\(\);$/m, `${file} checks its table`);
});

test("the promises are explained as record.mjs has them", () => assert.equal(section_of(text, "promises"), legend()));

test("nothing was lost that must not be, in the run that the tables tell of", () => {
  const rows = text.split("\n").filter((line) => /^\| .* \| (nothing noticed|come again) \| \d/.test(line));
  assert.ok(rows.length > 0);
  for (const line of rows) assert.match(line, / 0 \|$/);
});
