// ctest: LABEL flow  TIMEOUT 180
// "Production, from nothing" of deploy/README.md and deploy/systemd/README.md, followed on a machine of its own; then staging
// on another one.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { claims_of, post_json, request, signIn } from "../support/client.mjs";
import { install } from "../support/guide.mjs";
import { start_machine } from "../support/machine.mjs";

let production, guide, tokens;
before(async () => { production = await start_machine(); });
after(() => production?.stop());

test("from nothing to a system that is ready", async () => {
  guide = await install(production);
  const { body } = await request(`${production.base}/.well-known/oauth-authorization-server`);
  assert.equal(body.issuer, production.base);
});

test("doctor finds nothing to mend", async () => {
  const { out } = await guide.next(/mcp-oauth doctor/);
  assert.match(out, /^2\d good, 0 bad, 0 to improve, 0 not seen$/m);
});

test("the first sign-in is seen", async () => {
  ({ tokens } = await signIn(production));
  const { out } = await guide.next(/mcp-oauth grants/);
  assert.match(out, /octocat/);
  for (const event of ["registration", "sign_in", "issue"]) assert.match(out, new RegExp(event), out);
  guide.end();
});

test("staging has its own issuer, keys and Redis: neither takes a token of the other", async () => {
  const staging = await start_machine({ environment: "staging" });
  try {
    await install(staging);
    const there = await signIn(staging);
    assert.notEqual(claims_of(there.tokens.access_token).iss, claims_of(tokens.access_token).iss);
    for (const [machine, own, foreign] of [[staging, there.tokens, tokens], [production, tokens, there.tokens]]) {
      assert.equal((await post_json(`${machine.base}/validate`, { token: own.access_token })).status, 200);
      assert.equal((await post_json(`${machine.base}/validate`, { token: foreign.access_token })).status, 400);
    }
    const { out } = await staging.run("grep -h '^# mcp-oauth' /etc/mcp-oauth/*.env\n");
    assert.match(out, /mcp-oauth staging: what signer must know/);
  } finally {
    await staging.stop();
  }
});
