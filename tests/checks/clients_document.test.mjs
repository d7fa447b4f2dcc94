// ctest: LABEL check
// tests/clients/README.md has a table of every test file that records what it proves, and of no other. That a table is
// what the run proved, each of those files checks itself.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { legend, readme } from "../clients/record.mjs";
import { section_of, sections_of } from "../support/sections.mjs";

const folder = fileURLToPath(new URL("../clients/", import.meta.url));
const text = readFileSync(readme, "utf8");
const recording = readdirSync(folder).filter((file) => file.endsWith(".test.mjs") && readFileSync(folder + file, "utf8").includes("new Record("));

test("there is something to check", () => assert.ok(recording.length > 0));

test("every recording test file has its table, and every table its test file", () => {
  const sections = sections_of(text).filter((name) => name !== "behaviours");
  assert.deepEqual(sections.sort(), recording.map((file) => file.replace(".test.mjs", "")).sort());
  for (const file of recording) assert.match(readFileSync(folder + file, "utf8"), /^record\.check\(\);$/m, `${file} checks its table`);
});

test("the behaviours are explained as record.mjs has them", () => assert.equal(section_of(text, "behaviours"), legend()));
