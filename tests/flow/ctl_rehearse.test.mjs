// ctest: LABEL flow  TIMEOUT 60
// `mcp-oauth rehearse` goes a client's way through a running system, leaves nothing behind, and says which step failed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { register } from "../support/client.mjs";
import { ctl } from "../support/ctl.mjs";
import { startSystem } from "../support/system.mjs";

let system;
before(async () => { system = await startSystem(); });
after(() => system?.stop());

const rehearse = (...args) => ctl(system, ["rehearse", system.base, ...args]);
const events = async () => (await system.reader.xrange("mcp:audit", "-", "+")).map(([, fields]) => fields[fields.indexOf("event") + 1]);

test("every process takes part, and the client is gone again", async () => {
  await register(system.base);
  const clients = await system.admin.keys("mcp:client:*");
  const { code, out, err } = await rehearse();
  assert.equal(code, 0, err);
  assert.equal(out, `${system.base} registers a client, sends its person to GitHub and judges its code`);
  const left = (await system.admin.keys("mcp:client:*")).filter((key) => !key.endsWith(":deleted"));
  assert.deepEqual(left, clients);
  assert.deepEqual((await events()).slice(-2), ["registration", "client_delete"]);
});

test("a redirect URI that the policy does not allow is told", async () => {
  const { code, err } = await rehearse("--redirect-uri", "https://elsewhere.example/callback");
  assert.equal(code, 1);
  assert.match(err, /^mcp-oauth: registration: http\S+\/register answers 400 instead of 201: .*redirect_uri/);
});

test("who is away is told by the step that needs it", async () => {
  const cases = [["signer", /tokens: http\S+\/token answers 503/], ["broker", /sign-in: http\S+ answers 503/], ["registry", /registration: http\S+\/register answers 503/]];
  for (const [kind, told] of cases) {
    await system.kill(kind);
    const { code, err } = await rehearse();
    assert.equal(code, 1);
    assert.match(err, told);
    await system.restart(kind);
    await system.ready();
  }
});

test("a URL where nobody answers is told", async () => {
  const { code, err } = await ctl(system, ["rehearse", "http://127.0.0.1:1", "--timeout-ms", "2000"]);
  assert.equal(code, 1);
  assert.match(err, /^mcp-oauth: metadata: http:\/\/127\.0\.0\.1:1\/\.well-known\/oauth-authorization-server does not answer: connect$/);
});
