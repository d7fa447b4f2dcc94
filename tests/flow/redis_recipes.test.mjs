// ctest: LABEL flow  TIMEOUT 120
// deploy/redis/README.md: every redis-cli command of "Looking" and "Ending something by hand" is run as it stands there, as
// the user that it names, against a system that is in use. What the page has as an example is replaced by what lies there.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { blocks_of } from "../support/blocks.mjs";
import { authorizeUntilConsent, claims_of, post_token, refresh, register, signIn } from "../support/client.mjs";
import { eventually, temporary_folder } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

const blocks = blocks_of("deploy/redis/README.md");
const commands = (heading, kind = "sh") => blocks.filter((block) => block.heading === heading && block.kind === kind)
  .flatMap(({ text }) => text.split("\n")).filter((line) => line && !/^export /.test(line));

// A question of the page: its comment, and the commands below it as one script.
const recipes = (heading) => commands(heading).join("\n").split(/^(?=# )/m).map((text) => {
  const [comment, ...lines] = text.trimEnd().split("\n");
  return { question: comment.slice(2), script: lines.join("\n") };
});

let system, folder, person, g, examples;
before(async () => {
  system = await startSystem({ redis_options: { config: { "notify-keyspace-events": "KEghx$" } }, env: { registry: { RATE_REGISTER_PER_HOUR: "100" } } });
  person = await signIn(system);
  g = claims_of(person.tokens.access_token).jti.split(".")[0];
  const waiting = await authorizeUntilConsent(system, await register(system.base, { client_name: "An editor" }), { more: { prompt: "consent" } });
  assert.equal(waiting.page.status, 200);
  const sessions = await system.admin.keys("mcp:session:*");
  const names = await Promise.all(sessions.map((key) => system.admin.hget(key, "client_name")));
  examples = [
    ["5a1e".repeat(16), sessions[names.indexOf("An editor")].replace(/.*\{|\}/g, "")],
    ["3f0c".repeat(8), g],
    ["mcp_example.com_sample", person.client.client_id],
  ];
  folder = temporary_folder("recipes");
  // redis-cli finds the Redis of this test.
  writeFileSync(join(folder, "redis-cli"), `#!/bin/sh\nexec /usr/bin/redis-cli -s '${system.redis_server.socket}' "$@"\n`);
  chmodSync(join(folder, "redis-cli"), 0o755);
});
after(async () => {
  await system?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const environment = (user) => ({ PATH: `${folder}:${process.env.PATH}`, REDISCLI_AUTH: system.passwords[user] });
const here = (script) => examples.reduce((text, [example, real]) => text.replaceAll(example, real), script);

function run(script) {
  const user = /--user (\w+)/.exec(script)[1];
  const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", here(script)], { encoding: "utf8", env: environment(user) });
  assert.equal(status, 0, `${script}\n${stdout}${stderr}`);
  assert.doesNotMatch(stdout, /^(\(error\)|ERR|NOPERM|WRONGTYPE)/m, script);
  return stdout;
}

// What each question of the page must be answered with, here.
const answers = {
  "How much of what is there?": (text) => { for (const kind of ["refresh", "client", "worker", "session", "grants"]) assert.match(text, new RegExp(`^ +\\d+ mcp:${kind}:$`, "m")); },
  "Who lives?": (text) => { for (const kind of ["registry", "broker", "signer"]) assert.match(text, new RegExp(`^mcp:worker:\\{${kind}\\}:`, "m")); },
  "How many sign-ins": (text) => assert.match(text, /^[1-9]\d*\nAn editor\nhttps:\/\/example\.com\/callback\noctocat\n$/),
  "Which grants has a person": (text) => assert.match(text, new RegExp(`^${g}\n\\d{10}\n`)),
  "What is this grant": (text) => assert.match(text, /^login\noctocat\n[^]*\n\d{7}\n$/m),
  "Is it revoked?": (text) => assert.equal(text, "\n"),
  "Which app is that": (text) => assert.match(text, /client_name\n[^]*\n\d{7}\n$/),
  "What is being counted": (text) => assert.match(text, /^mcp:rate:\{register\}:\w+ [1-9]\d* [1-9]\d*$/m),
  "What has no end?": (text) => assert.equal(text, "mcp:audit\n"),
  "What does a grant weigh": (text) => assert.match(text, /^\d{3}(\.\d+)? bytes\n$/),
  "What happened last?": (text) => assert.match(text, /\nregistration\n[^]*\nnobody\n$/),
};

test("every question of \"Looking\" has an answer", () => {
  const asked = recipes("Looking");
  assert.deepEqual(asked.map(({ question }) => Object.keys(answers).find((start) => question.startsWith(start))), Object.keys(answers));
  for (const { question, script } of asked) answers[Object.keys(answers).find((start) => question.startsWith(start))](run(script));
});

test("a second use of a code is found among what happened", async () => {
  const other = await signIn(system);
  const again = await post_token(system.base, other.client, { grant_type: "authorization_code", code: other.code, code_verifier: other.code_verifier, redirect_uri: other.redirect_uri });
  assert.equal(again.body.error, "invalid_grant", again.text);
  const { script } = recipes("Looking").find(({ question }) => question.startsWith("What happened last?"));
  assert.match(run(script), new RegExp(`^reuse\n[^]*client_id\n${other.client.client_id}\n`, "m"));
});

test("what is followed tells of what happens meanwhile", async () => {
  const followed = commands("Looking", "sh follow");
  assert.equal(followed.length, 3);
  const children = followed.map((command) => {
    const child = spawn("bash", ["-c", `exec ${command}`], { env: environment("reader"), stdio: ["ignore", "pipe", "inherit"] });
    const told = { child, text: "" };
    child.stdout.on("data", (chunk) => { told.text += chunk; });
    return told;
  });
  try {
    await eventually(async () => (await system.admin.client("LIST")).split("\n").filter((line) => /cmd=(xread|psubscribe)/.test(line)).length === 3, { what: "three that listen" });
    const { client } = await signIn(system);
    const [stream, events, spaces] = children;
    await eventually(() => stream.text.includes("registration") && stream.text.includes(client.client_id), { what: "the audit entry" });
    await eventually(() => events.text.includes("__keyevent@0__:hset") && events.text.includes(`mcp:client:{${client.client_id}}`), { what: "the event" });
    await eventually(() => spaces.text.includes(`__keyspace@0__:mcp:client:{${client.client_id}}`), { what: "the event by its key" });
  } finally {
    for (const { child } of children) child.kill();
  }
});

// What has changed for people after each.
const endings = {
  "This person is asked again": async () => {
    const client = await register(system.base);
    assert.equal((await authorizeUntilConsent(system, client)).page.status, 200);
  },
  "This app must register again": async () => {
    const answer = await refresh(system.base, person.client, person.tokens.refresh_token);
    assert.deepEqual([answer.status, answer.body.error], [401, "invalid_client"]);
  },
  "A grant ends": async () => assert.equal(await system.admin.get(`mcp:revoked:{${g}}`), "1"),
  "Nobody is held back": async () => assert.deepEqual(await system.admin.keys("mcp:rate:{register}:*"), []),
};

test("each ending of \"Ending something by hand\" ends it", async () => {
  const keep = await signIn(system);
  const asked = await authorizeUntilConsent(system, keep.client);
  assert.ok(asked.page.location, "the consent is remembered");
  const done = recipes("Ending something by hand");
  assert.deepEqual(done.map(({ question }) => Object.keys(endings).find((start) => question.startsWith(start))).sort(), Object.keys(endings).sort());
  for (const { question, script } of done) {
    run(script);
    await endings[Object.keys(endings).find((start) => question.startsWith(start))]();
  }
  assert.deepEqual(await system.admin.keys("mcp:approval:{583231}:*"), []);
  const page = await authorizeUntilConsent(system, keep.client);
  assert.equal(page.page.status, 200, "the person is asked again");
});
