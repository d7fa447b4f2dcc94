// ctest: LABEL flow  TIMEOUT 120
// POST /revoke (RFC 7009): a client ends tokens of its own, however it authenticates; everybody else's stay.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { post_form, post_json, refresh, register, request, signIn } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";

let system, client, confidential;

before(async () => {
  system = await startSystem();
  client = await register(system.base);
  confidential = await register(system.base, { token_endpoint_auth_method: "client_secret_basic" });
});
after(() => system?.stop());

const revoke = (fields, options) => post_form(`${system.base}/revoke`, fields, options);
const is_valid = async (token) => (await post_json(`${system.base}/validate`, { token })).body.valid;
const grant = async (of = client) => (await signIn(system, { client: of })).tokens;
const basic = (id, secret) => ({ headers: { Authorization: `Basic ${Buffer.from([id, secret].map(encodeURIComponent).join(":")).toString("base64")}` } });

const assert_ok = (response) => assert.equal(response.status, 200, response.text);
function assert_refused(response, status, error) {
  assert.equal(response.status, status, response.text);
  assert.equal(response.body.error, error);
}

test("a refresh token ends with its whole grant, whatever the hint says (RFC 7009 2.1)", async () => {
  for (const token_type_hint of [undefined, "refresh_token", "access_token", "something"]) {
    const { access_token, refresh_token } = await grant();
    const response = await revoke({ client_id: client.client_id, token: refresh_token, token_type_hint });
    assert_ok(response);
    assert.match(response.headers["cache-control"], /no-store/);
    assert.equal(await is_valid(access_token), false);
    assert.equal((await refresh(system.base, client, refresh_token)).body.error, "invalid_grant");
  }
});

test("an access token ends alone (RFC 7009 2.1)", async () => {
  const { access_token, refresh_token } = await grant();
  assert_ok(await revoke({ client_id: client.client_id, token: access_token, token_type_hint: "access_token" }));
  assert.equal(await is_valid(access_token), false);
  assert.equal((await refresh(system.base, client, refresh_token)).status, 200);
});

test("a client with a secret shows it, by Basic or in the form (RFC 6749 2.3.1)", async () => {
  const { client_id, client_secret } = confidential;
  const { access_token, refresh_token } = await grant(confidential);
  assert_refused(await revoke({ client_id, token: refresh_token }), 401, "invalid_client");
  const wrong = await revoke({ token: refresh_token }, basic(client_id, "wrong"));
  assert_refused(wrong, 401, "invalid_client");
  assert.match(wrong.headers["www-authenticate"], /^Basic /);
  assert.equal(await is_valid(access_token), true);
  assert_ok(await revoke({ token: access_token }, basic(client_id, client_secret)));
  assert.equal(await is_valid(access_token), false);
  assert_ok(await revoke({ client_id, client_secret, token: refresh_token }));
  assert.equal((await refresh(system.base, confidential, refresh_token)).body.error, "invalid_grant");
});

test("another client's token is 200 and no effect (RFC 7009 2.1)", async () => {
  const { access_token, refresh_token } = await grant();
  const { client_id, client_secret } = confidential;
  for (const token of [access_token, refresh_token]) assert_ok(await revoke({ client_id, client_secret, token }));
  assert.equal(await is_valid(access_token), true);
  assert.equal((await refresh(system.base, client, refresh_token)).status, 200);
});

test("a token that is none, or has ended already, is 200 (RFC 7009 2.2)", async () => {
  const { access_token, refresh_token } = await grant();
  for (const token of ["nonsense", "..", "mcp_refresh__v1.AAAA", "a".repeat(9000), `${access_token.slice(0, -8)}AAAAAAAA`,
    access_token, access_token, refresh_token, refresh_token])
    assert_ok(await revoke({ client_id: client.client_id, token }));
});

test("without a client, an unknown one, without a token, twice, or as JSON is refused (RFC 7009 2.2.1)", async () => {
  const { access_token } = await grant();
  const { client_id } = client;
  assert_refused(await revoke({ token: access_token }), 400, "invalid_request");
  assert_refused(await revoke({ client_id: "mcp_example.com_nobody", token: access_token }), 401, "invalid_client");
  assert_refused(await revoke({ client_id }), 400, "invalid_request");
  assert_refused(await revoke([["client_id", client_id], ["token", access_token], ["token", access_token]]), 400, "invalid_request");
  assert_refused(await post_json(`${system.base}/revoke`, { client_id, token: access_token }), 400, "invalid_request");
  assert.equal((await request(`${system.base}/revoke?token=${access_token}`)).status, 405);
  assert.equal(await is_valid(access_token), true);
});

test("a store that is away is 503, and the token lives until it is asked again (RFC 7009 2.2.1)", async () => {
  const { access_token, refresh_token } = await grant();
  const fields = { client_id: client.client_id, token: refresh_token };
  system.redis_server.pause();
  let response;
  try {
    response = await revoke(fields);
  } finally {
    system.redis_server.resume();
  }
  assert.equal(response.status, 503, response.text);
  await system.ready();
  assert_ok(await revoke(fields));
  assert.equal(await is_valid(access_token), false);
});
