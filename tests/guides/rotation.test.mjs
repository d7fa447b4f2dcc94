// ctest: LABEL flow  TIMEOUT 240
// "Rotating keys" of deploy/README.md, while people refresh their tokens: nobody is sent away.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { request, signIn } from "../support/client.mjs";
import { guide_of, install } from "../support/guide.mjs";
import { people_of } from "../support/guide_load.mjs";
import { start_machine } from "../support/machine.mjs";
import { eventually } from "../support/process.mjs";

let machine, guide, people;
before(async () => {
  machine = await start_machine();
  await install(machine);
  guide = guide_of("Rotating keys", machine);
  people = await people_of(machine, 4);
});
after(() => machine?.stop());

const signers = () => [1, 2].map((i) => machine.unit(`mcp-oauth-signer@${i}`));
const kids = async () => (await request(`${machine.base}/.well-known/jwks.json`)).body.keys.map(({ kid }) => kid);
const password_of = async (kind) => (await machine.run(`. /etc/mcp-oauth/${kind}.env; echo "$REDIS_PASSWORD"\n`)).out.trim();
const redis_as = (kind, password, options) => machine.run(`redis-cli -e -s /run/redis/redis.sock --user ${kind} PING\n`,
  { environment: { REDISCLI_AUTH: password }, ...options });

test("signing and refresh keys", async () => {
  const [old] = await kids();
  await people.undisturbed(async () => {
    await guide.next(/rotate signing/);
    for (const signer of signers())
      for (const ring of ["signing", "refresh"]) await signer.seen((line) => line.event === "keys.changed" && line.ring === ring);
  });
  const published = await kids();
  assert.equal(published.length, 2);
  assert.ok(published.includes(old));
});

test("the GitHub client secret", async () => {
  const next = "0123456789abcdef-the-next-one";
  machine.github.control({ client: { client_id: machine.github.client_id, client_secret: next } });
  const { out } = await guide.next(/rotate github/, { environment: { GITHUB_CLIENT_SECRET: next } });
  assert.match(out, /it knows the client id and its secret/);
  await signIn(machine);
});

test("the passwords of Redis: the new ones beside the old ones, then alone", async () => {
  const [old_signer, old_operator] = [await password_of("signer"), await password_of("operator")];
  await people.undisturbed(() => guide.next(/rotate redis/), { later: [503] });
  const signer = await password_of("signer");
  assert.notEqual(signer, old_signer);
  for (const password of [old_signer, signer]) await redis_as("signer", password);
  await people.undisturbed(() => guide.next(/rotate redis .* --finish/), { later: [503] });
  await redis_as("signer", signer);
  for (const [kind, password] of [["signer", old_signer], ["operator", old_operator]])
    assert.match((await redis_as(kind, password, { code: 1 })).out, /WRONGPASS/);
});

test("the keys of the links", async () => {
  const lines = async () => (await machine.run("cat /etc/mcp-oauth/curve-allowed-keys\n")).out.trim().split("\n");
  const old = await lines();
  await people.undisturbed(() => guide.next(/rotate curve/));
  const next = await lines();
  assert.equal(next.length, 3);
  for (const line of old) assert.ok(!next.includes(line));
  guide.end();
});

test("after all of it everything is right, and everybody is still there", async () => {
  // A signer that was restarted while it had no Redis could not take its heartbeat, with the old keys, along: it ends by its TTL.
  await eventually(async () => {
    const { out } = await machine.run("mcp-oauth doctor --directory /etc/mcp-oauth\n");
    assert.match(out, / 0 bad, 0 to improve, 0 not seen$/m);
    return true;
  }, { what: "a doctor who is content" });
  await people.go_on();
  await signIn(machine);
});
