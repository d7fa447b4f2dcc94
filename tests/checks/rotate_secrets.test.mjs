// ctest: LABEL flow  TIMEOUT 180  SERIAL
// deploy/setup-secrets rotate: a key is added that comes into use later, old ones stay for as long as what they made lives,
// and running signers take it. That no token is refused meanwhile is shown by tests/flow/key_rotation.test.mjs.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { request } from "../support/client.mjs";
import { dev_place, dev_start } from "../support/dev.mjs";
import { eventually, temporary_folder } from "../support/process.mjs";
import { bin } from "../support/system.mjs";

const script = fileURLToPath(new URL("../../deploy/setup-secrets", import.meta.url));
const given = { BASE_URL: "https://auth.example.com", GITHUB_CLIENT_ID: "Iv1.abc", GITHUB_CLIENT_SECRET: "github-says-hush" };
const run = (args, environment = {}) => spawnSync(script, args, { encoding: "utf8", input: "",
  env: { PATH: process.env.PATH, HOME: "/nonexistent", MCP_OAUTH_BIN: bin, ...environment } });
const now_s = () => Math.floor(Date.now() / 1000);
const day_s = 24 * 3600;

function installation(form = "env") {
  const folder = join(temporary_folder("rotate"), "out");
  const { status, stderr } = run(["--output", form, folder], given);
  assert.equal(status, 0, stderr);
  return { folder, signing: join(folder, "keys/jwt-private-key.pem"), refresh: join(folder, "keys/refresh-encryption-key") };
}

function rotated(args) {
  const result = run(["rotate", ...args]);
  assert.equal(result.status, 0, result.stderr);
  assert.equal(result.stdout, "");
  assert.doesNotMatch(result.stderr, /PRIVATE KEY|[A-Za-z0-9+/]{40}/, "no secret is printed");
  return result.stderr;
}

// [{use_from, type}], as the file has them
const signing_ring = (text) => [...text.matchAll(/(?:# use_from: (\d+)\n)?(-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----)/g)]
  .map(([, use_from, pem]) => ({ use_from: Number(use_from ?? 0), pem, type: createPrivateKey(pem).asymmetricKeyType }));
const refresh_ring = (text) => text.trim().split("\n").map((line) => /^(?:(\d+):)?([^@]+?)(?:@(\d+))?$/.exec(line))
  .map(([, version, key, use_from]) => ({ version: Number(version), key, use_from: Number(use_from ?? 0) }));
const about = (seconds, expected) => assert.ok(Math.abs(seconds - expected) < 20, `${seconds} instead of ${expected}`);

test("a signing key is added that signs 15 minutes from now; the old one stays", () => {
  const { folder, signing } = installation();
  const [old] = signing_ring(readFileSync(signing, "utf8"));
  assert.match(rotated(["signing", "--output", "env", folder]), /2 keys now/);
  const ring = signing_ring(readFileSync(signing, "utf8"));
  assert.equal(ring.length, 2);
  about(ring[0].use_from, now_s() + 900);
  assert.deepEqual([ring[0].type, ring[1].pem, ring[1].use_from], ["rsa", old.pem, 0]);
  assert.equal(statSync(signing).mode & 0o777, 0o600);
});

test("another algorithm and another time may be chosen", () => {
  const { folder, signing } = installation();
  for (const [algorithm, type] of [["ES256", "ec"], ["EdDSA", "ed25519"], ["RS256", "rsa"]]) {
    rotated(["signing", "--output", "env", folder, "--algorithm", algorithm, "--in", "3600"]);
    const [newest] = signing_ring(readFileSync(signing, "utf8"));
    assert.equal(newest.type, type);
    about(newest.use_from, now_s() + 3600);
  }
});

test("a short time is warned about", () => {
  const { folder } = installation();
  assert.match(rotated(["signing", "--output", "env", folder, "--in", "0"]), /tokens may be refused/);
});

test("a signing key goes a day after its successor came into use, a refresh key after 90", () => {
  const { folder, signing, refresh } = installation();
  const [{ pem }] = signing_ring(readFileSync(signing, "utf8"));
  rotated(["signing", "--output", "env", folder, "--algorithm", "ES256"]);
  const [{ pem: second }] = signing_ring(readFileSync(signing, "utf8"));
  for (const [age_s, stays] of [[day_s, true], [day_s + 600, false]]) {
    writeFileSync(signing, `# use_from: ${now_s() - age_s}\n${second}\n${pem}\n`);
    rotated(["signing", "--output", "env", folder]);
    assert.deepEqual(signing_ring(readFileSync(signing, "utf8")).map((key) => key.pem === pem).includes(true), stays);
  }
  const [{ key }] = refresh_ring(readFileSync(refresh, "utf8"));
  for (const [age_s, stays] of [[89 * day_s, true], [91 * day_s, false]]) {
    writeFileSync(refresh, `2:${"A".repeat(43)}=@${now_s() - age_s}\n1:${key}\n`);
    rotated(["refresh", "--output", "env", folder]);
    assert.equal(refresh_ring(readFileSync(refresh, "utf8")).some((entry) => entry.key === key), stays);
  }
});

test("refresh keys get versions, newest first, and the old one keeps opening", () => {
  const { folder, refresh } = installation();
  const old = readFileSync(refresh, "utf8").trim();
  rotated(["refresh", "--output", "env", folder]);
  rotated(["refresh", "--output", "env", folder]);
  const ring = refresh_ring(readFileSync(refresh, "utf8"));
  assert.deepEqual(ring.map(({ version }) => version), [3, 2, 1]);
  assert.equal(ring[2].key, old);
  about(ring[0].use_from, now_s() + 900);
});

test("the single-key variables of an older installation become files first", () => {
  const { folder, signing, refresh } = installation();
  const [pem, key] = [readFileSync(signing, "utf8").trim(), readFileSync(refresh, "utf8").trim()];
  const file = join(folder, "signer.env");
  const others = readFileSync(file, "utf8").split("\n").filter((line) => !/_KEY_FILE=/.test(line) || /CURVE/.test(line)).join("\n");
  writeFileSync(file, `${others}JWT_PRIVATE_KEY='${pem.replaceAll("\n", "\\n")}'\nJWT_PUBLIC_KEY='x'\nREFRESH_ENCRYPTION_KEY='${key}'\n`);
  rmSync(join(folder, "keys"), { recursive: true });
  assert.match(rotated(["signing", "--output", "env", folder]), /Restart every signer/);
  assert.equal(signing_ring(readFileSync(signing, "utf8")).length, 2);
  assert.equal(readFileSync(refresh, "utf8").trim(), key);
  const env = readFileSync(file, "utf8");
  assert.match(env, new RegExp(`^JWT_PRIVATE_KEY_FILE='${signing}'$`, "m"));
  assert.doesNotMatch(env, /^(JWT_PRIVATE_KEY|JWT_PUBLIC_KEY|REFRESH_ENCRYPTION_KEY)=/m);
  assert.match(env, /^REDIS_PASSWORD=/m, "the rest stays");
});

test("the Kubernetes file is changed in its place, and nothing else in it", () => {
  const file = join(temporary_folder("rotate-kubernetes"), "secrets.yaml");
  assert.equal(run(["--output", "kubernetes", file], given).status, 0);
  const before = readFileSync(file, "utf8");
  rotated(["signing", "--output", "kubernetes", file]);
  rotated(["refresh", "--output", "kubernetes", file]);
  const after = readFileSync(file, "utf8");
  const block = (text, name) => new RegExp(`^  ${name}: \\|\\n((?:    .*\\n)+)`, "m").exec(text)?.[1].replace(/^ {4}/gm, "");
  assert.equal(signing_ring(block(after, "JWT_PRIVATE_KEY")).length, 2);
  assert.deepEqual(refresh_ring(block(after, "REFRESH_ENCRYPTION_KEY")).map(({ version }) => version), [2, 1]);
  const rest = (text) => text.replace(/^ {2}(JWT_PRIVATE_KEY|REFRESH_ENCRYPTION_KEY): (\|\n(?: {4}.*\n)+|'.*'\n)/gm, "").replace(/^# use_from.*\n/gm, "");
  assert.equal(rest(after), rest(before));
});

test("what is wrong is said in one sentence, and nothing changes", () => {
  const { folder, signing } = installation();
  const before = readFileSync(signing, "utf8");
  for (const [args, sentence] of [[["rotate"], /signing, refresh, github, redis or curve/], [["rotate", "all"], /signing, refresh/],
    [["rotate", "github", "--finish"], /--finish ends/], [["rotate", "signing", "--leaked", "--in", "5"], /takes no --in/], [["rotate", "curve", "dev"], /deploy\/dev has no curve/],
    [["prod", "--leaked"], /goes with rotate/],
    [["rotate", "signing", "--output", "env", folder, "--algorithm", "HS256"], /RS256, ES256 or EdDSA/],
    [["rotate", "signing", "--output", "env", folder, "--in", "soon"], /number of seconds/],
    [["rotate", "signing", "--output", "env", `${folder}-none`], /cannot read/]]) {
    const { status, stderr } = run(args);
    assert.ok(status > 0, args.join(" "));
    assert.match(stderr, sentence);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  }
  writeFileSync(signing, "-----BEGIN PRIVATE KEY-----\nAAAA\n");
  assert.match(run(["rotate", "signing", "--output", "env", folder]).stderr, /cut off/);
  assert.equal(readFileSync(signing, "utf8"), "-----BEGIN PRIVATE KEY-----\nAAAA\n");
  assert.ok(before.length > 100);
});

test("running signers take a rotated key by themselves", async (t) => {
  const at = await dev_place();
  await dev_start(t, at);
  const kids = async () => (await request(`${at.base}/.well-known/jwks.json`, { own_connection: true })).body.keys.map(({ kid }) => kid);
  const [old] = await kids();
  const { status, stderr } = run(["rotate", "signing", "dev", "--algorithm", "ES256"], { MCP_OAUTH_DEV_RUN: at.folder });
  assert.equal(status, 0, stderr);
  await eventually(async () => (await kids()).length === 2, { what: "the new key is published" });
  assert.ok((await kids()).includes(old));
  assert.equal(run(["rotate", "refresh", "dev"], { MCP_OAUTH_DEV_RUN: at.folder }).status, 0);
});
