// ctest: LABEL flow  TIMEOUT 120
// `mcp-oauth keys` and `workers` show what a real system has left in Redis, to programs and on a terminal.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { signIn } from "../support/client.mjs";
import { ctl, ctl_environment } from "../support/ctl.mjs";
import { eventually } from "../support/process.mjs";
import { bin, startSystem } from "../support/system.mjs";
import { in_terminal, start_in_terminal, terminal_svg } from "../support/terminal.mjs";

let system;

before(async () => {
  system = await startSystem({ signers: 2 });
  for (let i = 0; i < 3; i += 1) await signIn(system);
});
after(() => system?.stop());

const family = (look, key) => look.families.find((row) => row.key === key);

test("every family is counted, weighed, and sorted by how long it will live", async () => {
  const { code, json } = await ctl(system, ["keys", "--json"]);
  assert.equal(code, 0);
  const look = json();
  assert.equal(look.weigh_every, 1);
  assert.deepEqual(family(look, "mcp:refresh:{g}").lives.map(({ keys }) => keys), [0, 0, 0, 0, 0, 3, 0], "30 days");
  assert.deepEqual(family(look, "mcp:code:{g}").lives.map(({ keys }) => keys), [0, 3, 0, 0, 0, 0, 0], "10 minutes");
  assert.deepEqual(family(look, "mcp:client:{client_id}").lives.at(-1), { keys: 3 }, "60 days");
  assert.equal(family(look, "mcp:grants:{user}").keys, 1, "all of one person");
  assert.ok(family(look, "mcp:refresh:{g}").memory_bytes > 600);
  assert.equal(family(look, "mcp:audit").without_ttl, 1);
  assert.ok(look.families.every(({ is_wrong }) => !is_wrong), "the stream alone has no TTL");
  assert.equal(look.keys, look.families.reduce((sum, { keys }) => sum + keys, 0));
  assert.equal(look.foreign_keys, 0);
});

test("a key without a TTL is told, and so is somebody else's", async () => {
  await system.admin.call("HSET", "mcp:approval:{1}:endless", "client_id", "x");
  await system.admin.call("SET", "somebody:else", "1");
  const { json } = await ctl(system, ["keys", "--json"]);
  assert.deepEqual([family(json(), "mcp:approval:{user}:h").without_ttl, family(json(), "mcp:approval:{user}:h").is_wrong], [1, true]);
  assert.equal(json().foreign_keys, 1);
  const { code, out } = await ctl(system, ["keys"]);
  assert.equal(code, 0);
  assert.match(out, /mcp:approval:\{user\}:h .* 1 {2}! these never end/);
  assert.match(out, /other names +1 {2}not ours/);
  assert.doesNotMatch(out, /\x1b/, "no colour but on a terminal");
  await system.admin.call("DEL", "mcp:approval:{1}:endless", "somebody:else");
});

test("above --weigh the memory of a family is estimated from every n-th key", async () => {
  const pipeline = system.admin.pipeline();
  for (let i = 0; i < 3000; i += 1) pipeline.set(`mcp:rate:{test}:${i}`, "1", "EX", 600);
  await pipeline.exec();
  const [exact, estimated] = [await ctl(system, ["keys", "--json"]), await ctl(system, ["keys", "--json", "--weigh", "300"])]
    .map(({ json }) => [json().weigh_every, family(json(), "mcp:rate:{bucket}:h")]);
  assert.equal(exact[0], 1);
  assert.ok(estimated[0] >= 10, `every ${estimated[0]}th`);
  assert.ok(exact[1].keys >= 3000 && estimated[1].keys >= 3000, "all are counted");
  assert.ok(estimated[1].keys_weighed <= 300 && estimated[1].keys_weighed > 200);
  const ratio = estimated[1].memory_bytes / exact[1].memory_bytes;
  assert.ok(ratio > 0.9 && ratio < 1.1, `estimated at ${ratio} of what it is`);
});

const show = (args, more = {}) => start_in_terminal(`'${join(bin, "mcp-oauth")}' ${args}`, ctl_environment(system, more));

test("on a terminal it repaints, in colours, until Ctrl-C", async () => {
  const terminal = show("keys --every 1");
  let frames = 0;
  await terminal.seen(({ text }) => { frames += /mcp-oauth keys/.test(text ?? ""); return frames === 2; });
  await signIn(system);
  await terminal.seen(({ text }) => /mcp:refresh:\{g\}.* 4/.test((text ?? "").replace(/\x1b\[[0-9;?]*[a-zA-Z]/g, "")));
  assert.ok(terminal.text.some((line) => line.includes("\x1b[32m")), "colours");
  assert.ok(terminal.text.some((line) => line.includes("\x1b[H")), "painted over");
  terminal.child.stdin.write("\x03");
  const { code } = await terminal.exited;
  assert.equal(code, 0, terminal.tail());
});

test("the picture in deploy/redis/README.md shows what it prints: drawn anew by node tests/flow/ctl_figures.mjs", async () => {
  const rows = (svg) => [...svg.matchAll(/>(mcp:[^<]*?) *</g)].map(([, text]) => text.trim());
  const drawn = terminal_svg(await in_terminal(`'${join(bin, "mcp-oauth")}' keys --once`, ctl_environment(system)), { command: "mcp-oauth keys" });
  assert.ok(rows(drawn).length > 10);
  assert.deepEqual(rows(readFileSync(new URL("../../deploy/redis/pictures/keys.svg", import.meta.url), "utf8")), rows(drawn));
});

test("NO_COLOR and --once are heeded on a terminal", async () => {
  const terminal = show("keys --once", { NO_COLOR: "1" });
  terminal.expected = true;
  const { code } = await terminal.exited;
  assert.equal(code, 0, terminal.tail());
  assert.match(terminal.text.join("\n"), /mcp:refresh:\{g\} +4/);
  assert.doesNotMatch(terminal.text.join("\n"), /\x1b/);
});

test("it goes on when Redis comes back", async () => {
  const terminal = show("keys --every 1");
  await terminal.seen(({ text }) => /mcp-oauth keys/.test(text ?? ""));
  await system.redis_server.kill();
  await terminal.seen(({ text }) => /Redis at .* does not answer/.test(text ?? ""));
  const since = terminal.log.length;
  await system.redis_server.restart();
  await terminal.seen(({ text }) => /mcp-oauth keys/.test(text ?? ""), { since });
  terminal.child.stdin.write("\x03");
  assert.equal((await terminal.exited).code, 0);
  await system.ready();
});

test("the fleet is told by its heartbeats", async () => {
  const workers = await eventually(async () => {
    const { code, json } = await ctl(system, ["workers", "--json"]);
    assert.equal(code, 0);
    return json().length === 4 && json();
  }, { what: "four workers" });
  assert.deepEqual(workers.map(({ kind, instance }) => [kind, instance]),
    [["broker", "broker-0"], ["registry", "registry-0"], ["signer", "signer-0"], ["signer", "signer-1"]]);
  const [first, second] = workers.filter(({ kind }) => kind === "signer");
  assert.match(first.keys, /^[0-9a-f]{16}$/);
  assert.equal(first.keys, second.keys, "both publish the same keys");
  assert.equal(first.release, spawnSync(join(bin, "mcp-oauth"), ["--version"], { encoding: "utf8" }).stdout.trim().split(" ")[1]);
  assert.equal(first.pid, system.processes.signer[0].pid);
  await system.kill("broker");
  await eventually(async () => /no broker lives/.test((await ctl(system, ["workers"])).out), { what: "its end" });
  await system.restart("broker");
});

test("both are the reader's to use, and trouble is one sentence", async () => {
  for (const args of [["keys"], ["workers"]]) {
    assert.equal((await ctl(system, args, { REDIS_PASSWORD_OPERATOR: undefined })).code, 0, args[0]);
    assert.equal((await ctl(system, args, { REDIS_PASSWORD_READER: undefined })).code, 0, `${args[0]} as operator`);
    assert.equal((await ctl(system, args, { REDIS_USER: "reader", REDIS_PASSWORD: system.passwords.reader })).code, 0);
  }
  const troubles = [
    [{ REDIS_URL: undefined }, /REDIS_URL is missing/],
    [{ REDIS_URL: "http://localhost" }, /REDIS_URL must/],
    [{ REDIS_URL: "redis://127.0.0.1:1" }, /does not answer \(Connection refused\)/],
    [{ REDIS_PASSWORD_READER: "wrong" }, /refuses the user or the password/],
    [{ REDIS_USER: "signer", REDIS_PASSWORD: system.passwords.signer }, /does not let this user do that/],
  ];
  for (const [more, complaint] of troubles) {
    const { code, err, out } = await ctl(system, ["keys"], more);
    assert.equal(code, 1, complaint.source);
    assert.match(err, complaint);
    assert.equal(err.split("\n").length, 1, err);
    assert.equal(out, "");
  }
});

test("what it does not know is misuse", async () => {
  for (const args of [["keys", "--nonsense"], ["keys", "x"], ["keys", "--every"], ["keys", "--every", "0"], ["keys", "--json=1"], ["health"]]) {
    const { code, err } = await ctl(system, args);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, new RegExp(`^mcp-oauth: ${args[0]} `));
  }
});
