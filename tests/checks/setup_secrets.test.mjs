// ctest: LABEL flow
// deploy/setup-secrets: each secret is made well, lands only with its holder, and shows itself nowhere else.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Child, temporary_folder } from "../support/process.mjs";
import { bin } from "../support/system.mjs";

const script = fileURLToPath(new URL("../../deploy/setup-secrets", import.meta.url));
const given = { BASE_URL: "https://auth.example.com", GITHUB_CLIENT_ID: "Iv1.abc", GITHUB_CLIENT_SECRET: "github-says-hush" };
const kinds = ["edge", "signer", "broker", "registry", "redis", "operator"];

function run(args, environment = given, options = {}) {
  return spawnSync(script, args, { encoding: "utf8", input: "", ...options,
    env: { PATH: process.env.PATH, HOME: options.cwd ?? "/nonexistent", MCP_OAUTH_BIN: bin, ...environment } });
}

// What a shell makes of an env file, which is what systemd and compose make of it too.
function read_env(path) {
  const shown = spawnSync("env", ["-i", "bash", "-c", 'set -a; . "$1"; env -0', "bash", path], { encoding: "utf8" });
  assert.equal(shown.status, 0, shown.stderr);
  const own = /^(?:PWD|SHLVL|_|PATH|OLDPWD)=/;
  return Object.fromEntries(shown.stdout.split("\0").filter((line) => line && !own.test(line))
    .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

// The keys of the signer, which are files because they change while it runs.
const key_file = (folder, name) => join(folder, "keys", name);
const signing_keys = (folder) => readFileSync(key_file(folder, "jwt-private-key.pem"), "utf8");
const refresh_keys = (folder) => readFileSync(key_file(folder, "refresh-encryption-key"), "utf8");
const pems_of = (text) => text.match(/-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----/g);

function made(args = []) {
  const folder = join(temporary_folder("secrets"), "out");
  const result = run(["prod", "--output", "env", folder, ...args]);
  assert.equal(result.status, 0, result.stderr);
  return { folder, result, env: Object.fromEntries(kinds.map((kind) => [kind, read_env(join(folder, `${kind}.env`))])) };
}

test("every file is its owner's alone", () => {
  const { folder } = made();
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  for (const name of readdirSync(folder, { recursive: true })) {
    const about = statSync(join(folder, name));
    assert.equal(about.mode & 0o777, about.isDirectory() ? 0o700 : 0o600, name);
  }
});

test("each secret is only where DESIGN's table of processes puts it", () => {
  const { env } = made();
  const holders = {
    JWT_PRIVATE_KEY_FILE: ["signer"], REFRESH_ENCRYPTION_KEY_FILE: ["signer"], GITHUB_CLIENT_SECRET: ["broker"],
    REDIS_PASSWORD: ["broker", "operator", "registry", "signer"], CURVE_SECRET_KEY: ["broker", "edge", "registry", "signer"],
    REDIS_PASSWORD_SIGNER: ["redis"], REDIS_PASSWORD_OPERATOR: ["redis"] };
  for (const [name, expected] of Object.entries(holders))
    assert.deepEqual(kinds.filter((kind) => name in env[kind]).sort(), expected, name);
  const values = kinds.flatMap((kind) => Object.entries(env[kind]).filter(([name]) => /SECRET|PRIVATE|PASSWORD|ENCRYPTION/.test(name)).map(([, value]) => value));
  const shared = values.filter((value, at) => values.indexOf(value) !== at);
  assert.equal(shared.length, 4, "only the four Redis passwords stand twice: with their user and with Redis");
  for (const kind of ["registry", "broker", "signer", "operator"])
    assert.equal(env[kind].REDIS_PASSWORD, env.redis[`REDIS_PASSWORD_${kind.toUpperCase()}`]);
});

test("the keys are what the processes want", () => {
  const { env, folder } = made();
  assert.equal(env.signer.JWT_PRIVATE_KEY_FILE, key_file(folder, "jwt-private-key.pem"));
  assert.equal(env.signer.REFRESH_ENCRYPTION_KEY_FILE, key_file(folder, "refresh-encryption-key"));
  const key = createPrivateKey(signing_keys(folder));
  assert.deepEqual([key.asymmetricKeyType, key.asymmetricKeyDetails.modulusLength], ["rsa", 2048]);
  assert.equal(Buffer.from(refresh_keys(folder).trim(), "base64").length, 32);
  for (const kind of ["edge", "signer", "broker", "registry"]) assert.equal(env[kind].CURVE_SECRET_KEY.length, 40);
  const allowed = readFileSync(env.edge.CURVE_ALLOWED_KEYS_FILE, "utf8").trim().split("\n").map((line) => line.split(" "));
  assert.deepEqual(allowed.map(([kind]) => kind), ["signer", "broker", "registry"]);
  const acl = readFileSync(join(folder, "users.acl"), "utf8");
  for (const user of ["registry", "broker", "signer", "reader", "operator"]) assert.match(acl, new RegExp(`^user ${user} `, "m"));
});

test("two installations share no secret", () => {
  const secrets = () => {
    const { env, folder } = made();
    return [signing_keys(folder), refresh_keys(folder), ...Object.values(env).flatMap(Object.entries)
      .filter(([name]) => /SECRET_KEY|PASSWORD/.test(name)).map(([, value]) => value)];
  };
  const [first, second] = [secrets(), secrets()];
  assert.deepEqual(first.filter((value) => second.includes(value)), []);
});

test("what was made before is not overwritten without --force", () => {
  const { folder, env } = made();
  const keys = refresh_keys(folder);
  const again = run(["--output", "env", folder]);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /signer\.env.*keys\/refresh-encryption-key.*--force/);
  assert.deepEqual(read_env(join(folder, "signer.env")), env.signer);
  assert.equal(run(["--output", "env", folder, "--force"]).status, 0);
  assert.notEqual(refresh_keys(folder), keys);
});

test("no secret is printed, and none is in the arguments of a program", () => {
  const folder = temporary_folder("argv");
  const shims = join(folder, "bin");
  mkdirSync(shims);
  for (const name of ["openssl", "base64", "sed", "cat", "mv", "wc", "mkdir", "chmod"]) {
    writeFileSync(join(shims, name), `#!/bin/bash\nprintf '%s\\n' "$0 $*" >>"${folder}/argv"\nPATH=\${PATH#*:} exec ${name} "$@"\n`);
    chmodSync(join(shims, name), 0o700);
  }
  const out = join(folder, "out");
  const result = run(["--output", "env", out], { ...given, PATH: `${shims}:${process.env.PATH}` });
  assert.equal(result.status, 0, result.stderr);
  const argv = readFileSync(join(folder, "argv"), "utf8");
  assert.match(argv, /openssl genpkey/);
  const secrets = kinds.flatMap((kind) => Object.entries(read_env(join(out, `${kind}.env`))))
    .filter(([name]) => /SECRET|PASSWORD/.test(name)).map(([, value]) => value)
    .concat(signing_keys(out).replace(/-----[A-Z ]+-----|\n/g, ""), refresh_keys(out).trim());
  assert.ok(secrets.length > 15);
  const places = { arguments: argv, "standard output": result.stdout, "standard error": result.stderr };
  const pieces = (secret) => Array.from({ length: Math.max(1, secret.length - 15) }, (_, at) => secret.slice(at, at + 16));
  for (const [where, text] of Object.entries(places)) {
    const unbroken = text.replace(/\s+/g, "");
    const leaked = secrets.filter((secret) => pieces(secret).some((piece) => unbroken.includes(piece)));
    assert.equal(leaked.length, 0, `${leaked.length} secrets stand in the ${where}`);
  }
});

test("keys of an existing installation are taken over from the original's variable names", () => {
  const { folder: before } = made();
  const one_line = signing_keys(before).trim().replaceAll("\n", "\\n"); // the original's spelling
  for (const REFRESH_ENCRYPTION_KEY of [refresh_keys(before).trim(), "a-text-key-of-the-original"]) {
    const folder = join(temporary_folder("again"), "out");
    const result = run(["--output", "env", folder], { ...given, JWT_PRIVATE_KEY: one_line, REFRESH_ENCRYPTION_KEY });
    assert.equal(result.status, 0, result.stderr);
    assert.equal(signing_keys(folder), signing_keys(before));
    assert.equal(refresh_keys(folder).trim(), REFRESH_ENCRYPTION_KEY);
  }
});

test("the Kubernetes form is one Secret per kind with the same contents", () => {
  const file = join(temporary_folder("kubernetes"), "secrets.yaml");
  const result = run(["staging", "--output", "kubernetes", file, "--namespace", "auth", "--name", "mcp"]);
  assert.equal(result.status, 0, result.stderr);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const documents = readFileSync(file, "utf8").split(/^---\n/m).filter(Boolean);
  assert.deepEqual(documents.map((text) => /^ {2}name: (\S+)$/m.exec(text)[1]), kinds.map((kind) => `mcp-${kind}`));
  for (const text of documents) {
    assert.match(text, /^apiVersion: v1\nkind: Secret\n/);
    assert.match(text, /^ {2}namespace: auth$/m);
  }
  const signer = documents[1];
  const pem = /^ {2}JWT_PRIVATE_KEY: \|\n((?: {4}.*\n)+)/m.exec(signer)[1].replace(/^ {4}/gm, "");
  assert.equal(createPrivateKey(pem).asymmetricKeyType, "rsa");
  assert.deepEqual(documents.map((text) => text.includes("GITHUB_CLIENT_SECRET")), kinds.map((kind) => kind === "broker"));
  assert.deepEqual(documents.map((text) => text.includes("JWT_PRIVATE_KEY")), kinds.map((kind) => kind === "signer"));
  assert.equal(run(["--output", "kubernetes", file]).status, 1, "a file is not overwritten either");
});

test("on standard output there is nothing but the Secrets", () => {
  const result = run(["--output", "kubernetes"]);
  assert.equal(result.status, 0, result.stderr);
  assert.match(result.stdout, /^---\napiVersion: v1\nkind: Secret\n/);
  for (const line of result.stdout.trim().split("\n")) assert.match(line, /^(?:---|[a-zA-Z]+:| {2,})/);
});

test("the compose form hands each service its own file", () => {
  const folder = join(temporary_folder("compose"), "out");
  const result = run(["--output", "compose", folder]);
  assert.equal(result.status, 0, result.stderr);
  const override = readFileSync(join(folder, "compose.secrets.yaml"), "utf8");
  for (const kind of ["edge", "signer", "broker", "registry"])
    assert.ok(override.includes(`  ${kind}:\n    env_file: ["${folder}/${kind}.env"]\n`), kind);
});

test("a sample servers file says which clients may be sent back to, and an edited one is kept", () => {
  const { folder } = made();
  const file = join(folder, "servers.json");
  const { redirect_hosts } = JSON.parse(readFileSync(file, "utf8"));
  for (const target of ["localhost", "claude.ai", "vscode.dev", "cursor:"]) assert.ok(redirect_hosts.includes(target), target);
  writeFileSync(file, "mine");
  assert.equal(run(["--output", "env", folder, "--force"]).status, 0);
  assert.equal(readFileSync(file, "utf8"), "mine");
});

test("what is missing or wrong is said in one sentence, and nothing is written", () => {
  const folder = join(temporary_folder("refused"), "out");
  const refusals = [
    [["--output", "env", folder], { ...given, BASE_URL: "" }, /BASE_URL is not set/],
    [["--output", "env", folder], { ...given, BASE_URL: "http://auth.example.com" }, /BASE_URL must be an https URL/],
    [["--output", "env", folder], { ...given, GITHUB_CLIENT_ID: "" }, /GITHUB_CLIENT_ID is not set/],
    [["--output", "env", folder], { ...given, GITHUB_CLIENT_SECRET: "" }, /GITHUB_CLIENT_SECRET is not set/],
    [["--output", "env", folder], { ...given, GITHUB_CLIENT_SECRET: "a b'c" }, /GITHUB_CLIENT_SECRET has characters/],
    [["--output", "env", folder], { ...given, REFRESH_ENCRYPTION_KEY: "c2hvcnQ=" }, /not 32 bytes in base64/],
    [["--output", "env", folder], { ...given, JWT_PRIVATE_KEY: "no key" }, /not a private key in PEM/],
    [["--output", "paper"], given, /--output takes env, compose, kubernetes or cluster/],
    [["--output", "env", "-"], given, /takes a folder/],
    [["--name", "Not_A_Name"], given, /--name takes/],
    [["production"], given, /production is not an option/],
  ];
  for (const [args, environment, sentence] of refusals) {
    const result = run(args, environment);
    assert.ok(result.status > 0, args.join(" "));
    assert.match(result.stderr, sentence);
    assert.equal(result.stderr.trim().split("\n").length, 1, result.stderr);
    assert.doesNotMatch(result.stderr, /a b'c|c2hvcnQ|no key/, "the refused secret is not repeated");
  }
  assert.equal(existsSync(folder), false);
});

test("on a terminal it asks, and does not show the secret that is typed", async () => {
  const folder = join(temporary_folder("asked"), "out");
  const terminal = new Child("setup-secrets", "script", ["-qefc", `${script} --output env ${folder}`, "/dev/null"],
    { HOME: "/nonexistent", MCP_OAUTH_BIN: bin }, { stdin: null });
  let shown = "";
  const answers = [[/Public URL, .*: $/, "https://auth.example.com"], [/GitHub client ID: $/, "Iv1.typed"], [/\(not shown\): $/, "typed-and-hidden"]];
  terminal.child.stdout.on("data", (chunk) => {
    shown += chunk;
    if (answers[0]?.[0].test(shown)) terminal.child.stdin.write(`${answers.shift()[1]}\n`);
  });
  const { code } = await terminal.exited;
  assert.equal(code, 0, shown);
  assert.match(shown, /Iv1\.typed/, "what is no secret is echoed");
  assert.doesNotMatch(shown, /typed-and-hidden/);
  const broker = read_env(join(folder, "broker.env"));
  assert.deepEqual([broker.GITHUB_CLIENT_ID, broker.GITHUB_CLIENT_SECRET], ["Iv1.typed", "typed-and-hidden"]);
});
