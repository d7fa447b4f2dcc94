// ctest: LABEL check
// tests/requirements.md names tests that exist, and a test for every requirement.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const tests = fileURLToPath(new URL("..", import.meta.url));
const text = readFileSync(`${tests}/requirements.md`, "utf8");
const cells = (line) => line.slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim());
const rows = text.split("\n").map((line, at) => ({ line, number: at + 1 }))
  .filter(({ line }) => line.startsWith("|") && !/^\|(---|\s*clause\s*\|)/.test(line))
  .map(({ line, number }) => ({ number, cells: cells(line) }));

// `flow/token_code` name, or `unit/common/oauth/pkce` function
function complaint_about(proof) {
  const [, path, name] = /^`([a-z0-9_/]+)` (.+)$/.exec(proof) ?? [];
  if (!path) return `not of the form \`path\` name: ${proof}`;
  const endings = path.startsWith("unit/") ? ["_test.c"] : [".test.mjs", ".mjs"]; // .mjs: tests that several files run
  const file = endings.map((ending) => `${tests}/${path}${ending}`).find(existsSync);
  if (!file) return `there is no ${path}`;
  const source = readFileSync(file, "utf8");
  const found = path.startsWith("unit/")
    ? new RegExp(`\\(\\s*${name}[,)]`).test(source) && source.includes(`static void ${name}(void`)
    : ['"', "`"].some((quote) => source.includes(`test(${quote}${name}${quote}`));
  return found ? null : `${path} has no test named: ${name}`;
}

test("there is something to check", () => assert.ok(rows.length > 50, `${rows.length} requirements`));

test("every requirement has a clause, a sentence and a test that exists", () => {
  const complaints = rows.flatMap(({ number, cells: [clause, requirement, proofs, ...rest] }) => [
    ...(clause && requirement && proofs && rest.length === 0 ? [] : [`line ${number}: three cells, none empty`]),
    ...(proofs ?? "").split("<br>").map(complaint_about).filter(Boolean).map((what) => `line ${number}: ${what}`)]);
  assert.deepEqual(complaints, []);
});

test("every specification that binds this server has its section", () => {
  const headings = text.split("\n").filter((line) => line.startsWith("## ")).join("\n");
  const missing = ["RFC 6749", "RFC 6750", "RFC 7636", "RFC 7591", "RFC 7592", "RFC 7009", "RFC 7521", "RFC 7523", "RFC 7662",
    "RFC 8414", "RFC 8707", "RFC 9068", "RFC 9207", "RFC 9728", "OpenID Connect", "draft-ietf-oauth-client-id-metadata-document",
    "Model Context Protocol"].filter((name) => !headings.includes(name));
  assert.deepEqual(missing, []);
});
