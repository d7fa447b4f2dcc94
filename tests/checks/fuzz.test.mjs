// ctest: LABEL check
// Everything that decodes a message or a record is attacked, and whoever reads a fuzz target learns by whom.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path) => readFileSync(join(root, path), "utf8");

const build = read("tests/fuzz/CMakeLists.txt");
const targets = [...build.matchAll(/^fuzz_target\((\w+)/gm)].map(([, name]) => name);

function tables_of(folder) {
  const headers = readdirSync(join(root, folder)).filter((name) => name.endsWith(".h"));
  return headers.flatMap((name) =>
    [...read(join(folder, name)).matchAll(/^extern const struct fields ([^;]+);/gm)].flatMap(([, names]) => names.split(/,\s*/)),
  );
}

test("there is something to check", () => assert.ok(targets.length > 30, `${targets.length} targets`));

for (const [folder, target, least] of [
  ["proto", "message", 30],
  ["common/store", "record", 6],
])
  test(`every field table of ${folder} is attacked by the target ${target}`, () => {
    const tables = tables_of(folder);
    const source = read(`tests/fuzz/${target}.c`);
    assert.ok(tables.length >= least, `${tables.length} tables`);
    assert.deepEqual(tables.filter((table) => !source.includes(`&${table}`)), []);
  });

test("each target opens with what it attacks and who controls its input, and has seeds", () => {
  for (const target of targets) {
    const opening = read(`tests/fuzz/${target}.c`).match(/^\/\*[^]*?\*\//)?.[0] ?? "";
    assert.match(opening, /[Aa]ttacks/, target);
    assert.match(opening, /control/, target);
    assert.notEqual(readdirSync(join(root, "tests/fuzz/corpus", target)).length, 0, target);
  }
});

test("the README names every target", () => {
  const readme = read("tests/fuzz/README.md");
  assert.deepEqual(targets.filter((target) => !readme.includes(`\`${target}\``)), []);
});

test("the corpus has no folder without a target", () => {
  assert.deepEqual(readdirSync(join(root, "tests/fuzz/corpus")).filter((name) => !targets.includes(name)), []);
});
