// ctest: LABEL flow  TIMEOUT 60
// One table says everything: --help, the manual page and both shells' completions name every subcommand and every option.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporary_folder } from "../support/process.mjs";
import { command } from "../support/system.mjs";

const folder = temporary_folder("help");
const help = command(["--help"]);
const subcommands = [...help.matchAll(/^ {2}([a-z-]+) +\S/gm)].map(([, name]) => name).filter((name) => name !== "help" && !name.startsWith("-"));
const options_of = (name) => [...command(["help", name]).matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, option]) => option);

const printed = (name, args) => {
  const file = join(folder, name);
  writeFileSync(file, command(args));
  return file;
};
const run = (program, args, input) => {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", input });
  assert.equal(error, undefined, `${program} is installed`);
  return { status, said: stdout + stderr };
};

test("there is something to print", () => assert.ok(subcommands.length >= 12 && subcommands.includes("keys"), help));

test("each subcommand tells about itself, in both ways of asking", () => {
  for (const name of subcommands) {
    assert.match(command(["help", name]), new RegExp(`^mcp-oauth ${name}: .+\n\nusage: mcp-oauth ${name}`));
    assert.equal(command([name, "--help"]), command(["help", name]));
  }
  assert.throws(() => command(["help", "nonsense"]), /there is no subcommand nonsense/);
});

test("the manual page is clean and names everything", () => {
  const file = printed("mcp-oauth.1", ["man"]);
  assert.deepEqual(run("mandoc", ["-T", "lint", "-W", "warning", file]), { status: 0, said: "" });
  const { said } = run("mandoc", ["-T", "ascii", file]);
  const text = said.replace(/.\x08/g, "");
  for (const name of subcommands) {
    assert.match(text, new RegExp(`^ {3}${name}$`, "m"));
    for (const option of options_of(name)) assert.ok(text.includes(option), `${name} ${option}`);
  }
});

test("bash completes subcommands, their options and what they take", () => {
  const file = printed("completion.bash", ["completion", "bash"]);
  const complete = (...words) => {
    const script = `source ${file}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _mcp_oauth; printf '%s\\n' "\${COMPREPLY[@]}"`;
    // Without --norc bash takes an input that is a socket for a remote login, and reads the machine's bashrc.
    const { status, said } = run("bash", ["--norc", "-euc", script]);
    assert.equal(status, 0, said);
    return said.trim().split("\n").filter(Boolean);
  };
  for (const name of subcommands) {
    assert.ok(complete("mcp-oauth", name.slice(0, 2)).includes(name), name);
    assert.deepEqual(complete("mcp-oauth", name, "--").sort(), [...options_of(name), "--help"].sort(), name);
  }
  assert.deepEqual(complete("mcp-oauth", "revoke", "u"), ["user"]);
  assert.deepEqual(complete("mcp-oauth", "help", "key"), ["keys", "keyspace"]);
  assert.deepEqual(run("shellcheck", ["-s", "bash", file]), { status: 0, said: "" });
});

test("zsh reads its completions, which name everything", () => {
  const file = printed("_mcp-oauth", ["completion", "zsh"]);
  assert.deepEqual(run("zsh", ["-n", file]), { status: 0, said: "" });
  // _describe and _arguments stand in for zsh's own and tell what they were given.
  const complete = (...words) => {
    const script = `_describe() { print -l -- \${(P)2} }; _arguments() { print -l -- "$@" }; words=(${words.join(" ")} ''); CURRENT=${words.length + 1}; source ${file}`;
    const { status, said } = run("zsh", ["-fc", script]);
    assert.equal(status, 0, said);
    return said;
  };
  for (const name of subcommands) {
    assert.match(complete("mcp-oauth"), new RegExp(`^${name}:`, "m"));
    for (const option of options_of(name)) assert.ok(complete("mcp-oauth", name).includes(`${option}[`), `${name} ${option}`);
  }
});
