// ctest: LABEL check
// deploy/systemd: systemd reads the units without a complaint, they and the files that setup-secrets writes name options that
// exist, and no process is less locked in than the others. That the whole works is shown by tests/guides.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert_options } from "../support/options.mjs";
import { Child, free_port, temporary_folder } from "../support/process.mjs";
import { bin, kinds, program } from "../support/system.mjs";

const folder = fileURLToPath(new URL("../../deploy/systemd/", import.meta.url));
const files = readdirSync(folder);
const file_of = (kind) => files.find((name) => name.replace(/@?\.service$/, "") === `mcp-oauth-${kind}`);

// [{name, value}] of a unit: names may repeat.
const entries_of = (file) => readFileSync(join(folder, file), "utf8").split("\n")
  .map((line) => line.match(/^([A-Za-z]+)=(.*)$/)).filter(Boolean).map(([, name, value]) => ({ name, value }));
const values = (file, wanted) => entries_of(file).filter(({ name }) => name === wanted).map(({ value }) => value);

// What setup-secrets tells each process.
const directory = temporary_folder("systemd");
const made = spawnSync(fileURLToPath(new URL("../../deploy/setup-secrets", import.meta.url)), ["prod", "--output", "env", directory], { encoding: "utf8",
  env: { ...process.env, MCP_OAUTH_BIN: bin, BASE_URL: "https://auth.example.com", GITHUB_CLIENT_ID: "Iv1.abc", GITHUB_CLIENT_SECRET: "hush" } });
assert.equal(made.status, 0, made.stderr);
const environment_of = (kind) => Object.fromEntries([...readFileSync(join(directory, `${kind}.env`), "utf8").matchAll(/^([A-Z_]+)='(.*)'$/gm)].map(([, ...pair]) => pair));

const analyze = (...args) => {
  const { status, stdout, stderr } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
  return { status, text: stdout + stderr };
};

test("there is a unit for each process", () => assert.deepEqual(kinds.map(file_of).filter(Boolean).length, kinds.length));

test("systemd reads them, and finds little that is open", () => {
  const copies = mkdtempSync(join(tmpdir(), "mcp-oauth-units-"));
  const paths = files.filter((name) => /\.(service|socket|target)$/.test(name)).map((name) => {
    const path = join(copies, name.replace("@.", "@1."));
    writeFileSync(path, readFileSync(join(folder, name), "utf8").replaceAll(/\/usr\/bin\/(mcp-oauth(?:-[a-z]+)?)\b/g, (_, each) => program(each)));
    return path;
  });
  assert.deepEqual(analyze("verify", ...paths), { status: 0, text: "" });
  for (const path of paths.filter((each) => each.endsWith(".service"))) {
    const { text } = analyze("security", "--offline=true", path);
    const [, exposure] = text.match(/Overall exposure level for \S+: ([0-9.]+)/) ?? [, NaN];
    assert.ok(Number(exposure) < 2, text.split("\n").at(-2));
  }
});

const own = new Set(["Description", "Wants", "Requires", "After", "Environment", "LoadCredential", "ExecStart", "User", "SupplementaryGroups", "IPAddressDeny", "IPAddressAllow"]);
const common = (file) => entries_of(file).filter(({ name }) => !own.has(name)).map(({ name, value }) => `${name}=${value}`);

for (const kind of kinds) {
  const file = file_of(kind);
  test(`${file}: its own user, its own secrets, options that exist`, () => {
    assert.deepEqual(values(file, "User"), [`mcp-oauth-${kind}`]);
    assert.deepEqual(values(file, "LoadCredential"), [`${kind}.env:/etc/mcp-oauth/${kind}.env`]);
    assert.deepEqual(values(file, "ExecStart"), [`/usr/bin/mcp-oauth-${kind} --config=%d/${kind}.env`]);
    assert_options(kind, [...Object.keys(environment_of(kind)), ...values(file, "Environment").map((pair) => pair.split("=")[0])]);
    assert.match(readFileSync(join(folder, "sysusers.conf"), "utf8"), new RegExp(`^u mcp-oauth-${kind} -`, "m"));
  });
  test(`${file}: locked in like the others`, () => assert.deepEqual(common(file), common(file_of("edge"))));
}

test("workers find the edge where it listens, and the edge has no Redis", () => {
  const edge = environment_of("edge");
  for (const kind of kinds.filter((each) => each !== "edge"))
    assert.equal(environment_of(kind).EDGES, edge[`${kind.toUpperCase()}_LISTEN`]);
  assert.ok(!("REDIS_URL" in edge));
  assert.deepEqual(values(file_of("edge"), "SupplementaryGroups"), []);
});

test("systemd holds the address that the edge would open by itself", () => {
  assert.deepEqual(values("mcp-oauth-edge.socket", "ListenStream"), [environment_of("edge").LISTEN]);
  assert.deepEqual(values(file_of("edge"), "Requires"), ["mcp-oauth-edge.socket"]);
});

test("the edge takes the socket that systemd's own program hands over", async () => {
  const port = await free_port(), configuration = join(directory, "edge-of-socket.env");
  writeFileSync(configuration, ["BASE_URL=http://127.0.0.1", `LISTEN=127.0.0.1:${await free_port()}`,
    ...["SIGNER", "BROKER", "REGISTRY"].map((kind) => `${kind}_LISTEN=ipc://${directory}/${kind}.ipc`)].join("\n"));
  const edge = new Child("edge", "systemd-socket-activate", ["-l", `127.0.0.1:${port}`, program("mcp-oauth-edge"), `--config=${configuration}`]);
  await edge.seen(({ text }) => /^Listening on /.test(text ?? ""));
  const response = await fetch(`http://127.0.0.1:${port}/health`, { headers: { Connection: "close" } }); // starts it
  assert.equal(response.status, 200);
  assert.deepEqual(await edge.stop(), { code: 0, signal: null, stuck: false });
});

test("the target wants all of them", () => {
  const [wants] = values("mcp-oauth.target", "Wants");
  for (const kind of kinds) assert.match(wants, new RegExp(`mcp-oauth-${kind}(@1)?\\.service`));
});
