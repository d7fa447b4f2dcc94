// proto/README.md is the specification: its operations, members and marks are those of the field tables in proto/*.c.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const read = (name) => readFileSync(fileURLToPath(new URL(`../../proto/${name}`, import.meta.url)), "utf8");
const document = read("README.md");

// `name`*! (list) -> {name, marks}
function members_of(cell) {
  return [...cell.matchAll(/`([a-z_0-9]+)`([*!]*)(?: \((JSON|list|integer|boolean)\))?/g)].map(([, name, marks, type]) => ({
    name, secret: marks.includes("*"), required: marks.includes("!"), type: type ?? "text" }));
}

const kinds = { STR: "text", I64: "integer", BOOL: "boolean", STRS: "list", JSON: "JSON" };

// The rows of one table in C: FIELD(struct x, name, KIND, max, flags), or MEMBER(name, KIND, max, flags); CLIENT_MEMBERS
// stands for those that its macro lists as FIELD_AT(type, path, "name", KIND, max, flags).
function table_of(text, name) {
  const client_members = text.match(/#define CLIENT_MEMBERS[\s\S]*?[^\\]\n/)?.[0] ?? "";
  const expanded = [...client_members.matchAll(/FIELD_AT\(type, [\w.]+, "(\w+)", ([^)]*)\)/g)].map(([, member, rest]) => `MEMBER(${member}, ${rest})`);
  const body = text.match(new RegExp(`${name}_FIELDS\\[\\] = \\{([\\s\\S]*?)\\n\\};`))?.[1]?.replace(/CLIENT_MEMBERS\([^)]*\)/, expanded.join(",\n"));
  assert.ok(body, `${name}_FIELDS is in the source`);
  return [...body.matchAll(/(?:FIELD\(struct \w+, |MEMBER\()(\w+), (\w+), [^,]+,\s*([A-Z_0-9 |]+)\)/g)].map(([, member, kind, flags]) => ({
    name: member, type: kinds[kind], secret: /SECRET/.test(flags), required: /REQUIRED/.test(flags) }));
}

const reply_tables = { authorize: "AUTHORIZE_REPLY", register: "REGISTER_REPLY", client: "CLIENT_REPLY", client_update: "CLIENT_UPDATE_REPLY",
  protected_resource: "PROTECTED_RESOURCE_REPLY",
  validate: "VALIDATE_REPLY" };
const shared_replies = { "the sign-in reply": ["SIGN_IN_REPLY", "broker"], "the token reply": ["TOKEN_REPLY", "signer"] };

for (const kind of ["registry", "broker", "signer"]) {
  const source = read(`${kind}.c`);
  const section = document.split(`### ${kind}`)[1].split("\n###")[0];
  const rows = [...section.matchAll(/^\| `(\w+)\/(\d+)` \| (.*?) \| (.*?) \|$/gm)];

  test(`the document lists operations of the ${kind}`, () => assert.ok(rows.length >= 3));

  for (const [, operation, , request, reply] of rows) {
    test(`${operation}: the request's members are those of its table`, () =>
      assert.deepEqual(members_of(request), table_of(source, `${operation.toUpperCase()}_REQUEST`)));
    if (reply_tables[operation])
      test(`${operation}: the reply's members are those of its table`, () => {
        // A reply's member may be absent in a failing reply, so only requests mark what is required.
        const unmarked = (members) => members.map(({ required, ...member }) => member);
        assert.deepEqual(unmarked(members_of(reply)), unmarked(table_of(source, reply_tables[operation])));
      });
  }

  test(`every request table of ${kind}.c is an operation of the document`, () => {
    const tables = [...source.matchAll(/(\w+)_REQUEST_FIELDS\[\]/g)].map(([, name]) => name.toLowerCase());
    assert.deepEqual(tables.sort(), rows.map(([, operation]) => operation).sort());
  });
}

for (const [words, [table, kind]] of Object.entries(shared_replies))
  test(`${words} has the members of ${table}`, () => {
    const paragraph = document.match(new RegExp(`^${words.replace("the", "The")}: ([\\s\\S]*?)\\.\\n`, "m"))?.[1] ?? "";
    const names = [...paragraph.replace(/\([^)]*`[^)]*\)/g, "").matchAll(/`(\w+)`(\*?)/g)].map(([, name, mark]) => `${name}${mark}`);
    assert.deepEqual(names, table_of(read(`${kind}.c`), table).map(({ name, secret }) => `${name}${secret ? "*" : ""}`));
  });
