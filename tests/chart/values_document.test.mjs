// k8s/mcp-oauth/README.md's table is what values.yaml says: each value with its comment (# --) and its default, and the
// schema knows exactly the same values. Run with --write to bring the table up to date:
//   node tests/chart/values_document.test.mjs --write

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isMap, isScalar, parseDocument } from "yaml";
import { chart } from "./helm.mjs";
import { section_of, with_section } from "../support/sections.mjs";

const readme = join(chart, "README.md");
const document = parseDocument(readFileSync(join(chart, "values.yaml"), "utf8"));
const schema = JSON.parse(readFileSync(join(chart, "values.schema.json"), "utf8"));

// A value is what has a comment; what has none is a group of such.
function* values(map, path = []) {
  for (const { key, value } of map.items) {
    const name = [...path, key.value];
    const said = [key.commentBefore, map.items[0].key === key ? map.commentBefore : undefined].filter(Boolean).join("\n");
    const comment = said.match(/^ -- ([\s\S]*)$/m)?.[1].split("\n").map((line) => line.trim()).join(" ");
    if (comment) yield { name, comment, value: value.toJSON(), text: isScalar(value) ? JSON.stringify(value.value) : JSON.stringify(value.toJSON()) };
    else if (isMap(value)) yield* values(value, name);
    else throw new Error(`${name.join(".")} has no comment`);
  }
}

const all = [...values(document.contents)];
const cell = (text) => text.replaceAll("|", "\\|");
const table = () => ["| value | default | what |", "|---|---|---|",
  ...all.map(({ name, text, comment }) => `| \`${name.join(".")}\` | ${text.length > 60 ? "see values.yaml" : `\`${cell(text)}\``} | ${cell(comment)} |`), ""].join("\n");

if (process.argv.includes("--write")) writeFileSync(readme, with_section(readFileSync(readme, "utf8"), "values", table()));
else {
  test("the README documents every value", () => {
    assert.ok(all.length > 60, `${all.length} values`);
    assert.equal(section_of(readFileSync(readme, "utf8"), "values"), table(), "run node tests/chart/values_document.test.mjs --write");
  });

  test("the schema knows every value, and no other", () => {
    const resolve = (node) => node.$ref ? schema.$defs[node.$ref.split("/").at(-1)] : node;
    const known = new Set();
    const walk = (node, path) => {
      const { properties } = resolve(node);
      const is_value = all.some(({ name }) => name.join(".") === path.join("."));
      if (properties && !is_value) for (const [name, child] of Object.entries(properties)) walk(child, [...path, name]);
      else known.add(path.join("."));
    };
    walk(schema, []);
    known.delete("global"); // helm's own, for charts within charts
    assert.deepEqual([...known].sort(), all.map(({ name }) => name.join(".")).sort());
  });

  test("the schema refuses what it does not know at every level", () => {
    const open = [];
    const walk = (node, path) => {
      if (node.properties && node.additionalProperties !== false) open.push(path.join("."));
      for (const [name, child] of Object.entries(node.properties ?? {})) walk(child, [...path, name]);
    };
    walk(schema, ["values"]);
    for (const [name, definition] of Object.entries(schema.$defs)) walk(definition, [name]);
    assert.deepEqual(open, []);
  });
}
