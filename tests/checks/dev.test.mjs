// ctest: LABEL flow  TIMEOUT 180  SERIAL
// deploy/dev with the programs of this build: it comes up, tells the truth about what to open, survives killed
// processes, keeps its secrets to itself, and leaves nothing behind.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { Browser, forms_of, request } from "../support/client.mjs";
import { dev_place, dev_script, dev_start } from "../support/dev.mjs";
import { eventually, free_port, temporary_folder } from "../support/process.mjs";

const run = ({ environment }, args) => spawnSync(dev_script, args, { encoding: "utf8", timeout: 60_000, env: { PATH: process.env.PATH, HOME: "/nonexistent", ...environment } });

const pid_of = ({ folder }, name) => Number(readFileSync(join(folder, "pids", name), "utf8"));
const pids = (at) => readdirSync(join(at.folder, "pids")).map((name) => pid_of(at, name));
const lives = (pid) => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
const is_ready = async ({ base }) => (await request(`${base}/ready`, { own_connection: true })).status === 200;

test("it comes up, names what to open, and Ctrl-C ends every process", async (t) => {
  const at = await dev_place();
  const dev = await dev_start(t, at, ["--signers", "3"]);
  assert.ok(await is_ready(at));
  assert.deepEqual(readdirSync(join(at.folder, "pids")).sort(),
    ["broker-0", "edge-0", "github", "redis", "registry-0", "signer-0", "signer-1", "signer-2", "supervisor"]);
  const told = dev.text.join("\n");
  for (const line of [`mcp-oauth is up at http://localhost:${at.port}`, "sends users back to localhost claude.ai", "/authorize?response_type=code", "redis-cli -s"])
    assert.ok(told.includes(line), line);
  const all = pids(at);
  dev.signal("SIGINT");
  assert.deepEqual(await dev.exited, { code: 0, signal: null });
  assert.deepEqual(all.filter(lives), []);
});

test("the printed lines lead from the browser to a valid token and to keys with a TTL", async (t) => {
  const at = await dev_place();
  const dev = await dev_start(t, at);
  const told = dev.text.join("\n");
  const [, authorize] = /^ +(http:\S+\/authorize\?\S+)$/m.exec(told);
  const [, token_line] = /^ +(curl -s \S+\/token .*)$/m.exec(told);
  const [, validate_line] = /^ +(curl -s -X POST \S+\/validate .*)$/m.exec(told);
  const origin = `http://localhost:${at.port}`;
  const github = /a stand-in at (\S+),/.exec(told)[1];
  const within = [origin, github];
  const browser = new Browser();
  const picker = await browser.navigate(authorize, { within });
  assert.ok(picker.url.startsWith(`${github}/login/oauth/authorize`), `${picker.url} ${picker.status} ${picker.text}`);
  const consent = await browser.submit(picker, { within, button: { name: "user", value: "octocat" } });
  assert.ok(forms_of(consent.text)[0]?.buttons.some(({ value }) => value === "approve"), consent.text);
  const landed = await browser.submit(consent, { within, button: { name: "decision", value: "approve" } });
  const code = new URL(landed.url).searchParams.get("code");
  assert.ok(code && landed.text.includes(code), "the sample client's page shows the code");
  const shell = (line) => execFileSync("bash", ["-c", line], { encoding: "utf8" });
  const tokens = JSON.parse(shell(token_line.replace("=CODE", `=${code}`)));
  assert.equal(tokens.token_type.toLowerCase(), "bearer");
  assert.equal(JSON.parse(shell(validate_line.replace("ACCESS_TOKEN", tokens.access_token))).valid, true);
  const [, password_line] = /^ +(export REDISCLI_AUTH=.*)$/m.exec(told);
  const [, scan_line] = /^ +(redis-cli .* --scan .*)$/m.exec(told);
  const [, ttl_line] = /^ +(redis-cli .* ttl) KEY$/m.exec(told);
  const keys = shell(`${password_line}\n${scan_line}`).trim().split("\n");
  assert.ok(keys.some((key) => key.startsWith("mcp:client:")), keys.join(" "));
  for (const key of keys.filter((name) => name !== "mcp:audit" && !name.startsWith("mcp:worker:")))
    assert.notEqual(shell(`${password_line}\n${ttl_line} '${key}'`).trim(), "-1", `${key} has a TTL`);
  const [, reader_line] = /^ +(export REDIS_URL=.*)$/m.exec(told);
  const [keys_line, watch_line] = ["keys", "watch"].map((name) => new RegExp(`^ +(\\S+/mcp-oauth ${name})  `, "m").exec(told)[1]);
  assert.match(shell(`${reader_line}\n${keys_line}`), /^mcp:client:\{client_id\} +[1-9]/m);
  assert.equal(shell(`${reader_line}\n${watch_line} --last 100 | sed '/ audit issue /q' | grep -c ' audit issue '`).trim(), "1");
});

test("a killed process is started again", async (t) => {
  const at = await dev_place();
  const dev = await dev_start(t, at, ["--signers", "1"]);
  for (const name of ["signer-0", "broker-0", "registry-0", "edge-0", "redis"]) {
    const old = pid_of(at, name);
    process.kill(old, "SIGKILL");
    await dev.seen(({ text }) => text?.startsWith(`${name} ended by signal 9`));
    await eventually(() => pid_of(at, name) !== old && lives(pid_of(at, name)), { what: `${name} is back` });
    await eventually(() => is_ready(at), { what: `ready after ${name} was killed`, timeout_ms: 20_000 });
  }
});

test("--detach returns when it is up, a second one is refused, and stop ends it", async (t) => {
  const at = await dev_place();
  const up = run(at, ["--detach", "--port", String(at.port)]);
  t.after(() => run(at, ["stop"]));
  assert.equal(up.status, 0, up.stderr);
  assert.ok(await is_ready(at));
  const all = pids(at);
  const second = run(at, ["--port", String(await free_port())]);
  assert.equal(second.status, 1);
  assert.match(second.stderr, /^deploy\/dev: it already runs, .* deploy\/dev stop ends it\n$/);
  assert.equal(run(at, ["stop"]).status, 0);
  assert.deepEqual(all.filter(lives), []);
  assert.match(run(at, ["stop"]).stderr, /^Nothing is running\.\n$/);
});

test("clients, keys and approvals survive a restart", async () => {
  const at = await dev_place();
  const key_set = async () => (await request(`${at.base}/.well-known/jwks.json`, { own_connection: true })).text;
  assert.equal(run(at, ["--detach", "--port", String(at.port)]).status, 0);
  const before = await key_set();
  assert.equal(run(at, ["stop"]).status, 0);
  assert.equal(run(at, ["--detach", "--port", String(at.port)]).status, 0);
  assert.equal(await key_set(), before);
  assert.equal(run(at, ["stop"]).status, 0);
});

test("secrets are in private files, in no arguments, and in no environment but Redis users' own", async (t) => {
  const at = await dev_place();
  await dev_start(t, at);
  assert.equal(statSync(at.folder).mode & 0o777, 0o700);
  const folder = join(at.folder, "secrets");
  const secrets = readdirSync(folder).map((name) => {
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
    return [name, readFileSync(join(folder, name), "utf8").trim().split("\n").slice(0, 2).at(-1)];
  });
  assert.ok(secrets.length >= 8);
  for (const file of readdirSync(join(at.folder, "pids")))
    for (const what of ["cmdline", "environ"]) {
      const text = readFileSync(`/proc/${pid_of(at, file)}/${what}`, "latin1");
      const found = secrets.filter(([name, secret]) => text.includes(secret) && !(file === "github" && what === "environ" && name === "stand-in-client-secret"));
      assert.deepEqual(found.map(([name]) => name), [], `${what} of ${file}`);
    }
});

test("a busy port is said in one sentence, before anything is started", async (t) => {
  const at = await dev_place();
  const other = createServer();
  await new Promise((resolve) => other.listen(at.port, "127.0.0.1", resolve));
  t.after(() => other.close());
  const result = run(at, ["--port", String(at.port)]);
  assert.equal(result.status, 1);
  assert.equal(result.stderr, `deploy/dev: port ${at.port} of this machine is already in use; choose another with --port\n`);
  assert.equal(existsSync(at.folder), false);
});

test("wrong arguments are said in one sentence", async () => {
  const at = await dev_place();
  for (const [args, sentence] of [
    [["--port"], /--port needs a value/], [["--port", "web"], /--port takes a number from 1 to 65535, not web/],
    [["--signers", "0"], /--signers takes a number from 1 to 32/], [["--what"], /--what is not an option/],
    [["--servers", "/nonexistent/servers.json"], /cannot read the servers file/]]) {
    const result = run(at, args);
    assert.ok(result.status > 0);
    assert.match(result.stderr, sentence);
    assert.equal(result.stderr.trim().split("\n").length, 1, result.stderr);
  }
  const half = run({ environment: { ...at.environment, GITHUB_CLIENT_ID: "x" } }, []);
  assert.match(half.stderr, /^deploy\/dev: GITHUB_CLIENT_ID is set but GITHUB_CLIENT_SECRET is not\n$/);
});

test("a broken servers file ends the start with the reason, and nothing stays behind", async () => {
  const at = await dev_place();
  const servers = join(temporary_folder("servers"), "servers.json");
  writeFileSync(servers, '{"servers": ');
  const result = run(at, ["--port", String(at.port), "--servers", servers]);
  assert.equal(result.status, 1);
  assert.match(result.stderr, /ended before the system was ready; its last words:\n.*servers/);
  assert.equal(existsSync(join(at.folder, "pids")), false);
});

test("a servers file of one's own is used and none is written", async (t) => {
  const at = await dev_place();
  const servers = join(temporary_folder("servers"), "servers.json");
  writeFileSync(servers, JSON.stringify({ servers: { "tools.example": { wrench: { name: "Wrench", description: "Turns", allowed_users: ["octocat"] } } }, redirect_hosts: ["localhost"] }));
  const dev = await dev_start(t, at, ["--servers", servers]);
  assert.ok(dev.text.join("\n").includes("scope=mcp%3Atools.example%3Awrench"));
  assert.equal(existsSync(join(at.folder, "servers.json")), false);
});
