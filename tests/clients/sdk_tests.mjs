// What an MCP client must live through with us, told once for every SDK.
//
//   sdk_tests(await sdk_v1(), { record, world: () => world });

import assert from "node:assert/strict";
import { Browser, claims_of, post_json } from "../support/client.mjs";
import { agree, call, connect, finish, Host, scopes, sign_in } from "./mcp.mjs";

export function sdk_tests(sdk, { record, world }) {
  const { name } = sdk, { test } = record;
  const proved = (...what) => record.proved(name, ...what);
  const tools = () => world().servers.tools;
  const notes = () => world().servers.notes;
  const revoke = async (token) => assert.equal((await post_json(`${world().system.base}/admin/revoke`, token)).status, 200);

  test(`${name}: connects by the MCP server's URL alone, calls a tool, and refreshes by itself`, async () => {
    const host = new Host();
    const client = await sign_in(sdk, world(), host, tools());
    assert.equal(await call(client, "whoami"), "octocat (583231)");
    await client.close();
    proved("discovery", "registration", "sign-in");

    const { access_token, refresh_token } = host.saved;
    const claims = claims_of(access_token);
    assert.deepEqual(claims.aud, [scopes.tools, tools().url]);
    assert.equal(claims.client_id, host.information.client_id);
    host.spoil_access_token();
    const again = await connect(sdk, host, tools());
    assert.equal(await call(again, "whoami"), "octocat (583231)");
    assert.notEqual(host.saved.access_token, access_token);
    assert.notEqual(host.saved.refresh_token, refresh_token);
    assert.deepEqual(host.invalidated, []);
    await again.close();
    proved("refresh");
  });

  test(`${name}: a client that publishes its metadata needs no registration (MCP 2025-11-25, 2026-07-28)`, async () => {
    const host = new Host({ client_name: "Published client" });
    host.clientMetadataUrl = world().documents.put("/client.json", (client_id) => ({ client_id, ...host.clientMetadata }));
    const { client, transport } = sdk.open(tools().url, host);
    await assert.rejects(client.connect(transport), sdk.UnauthorizedError);
    assert.equal(host.authorization_url.searchParams.get("client_id"), host.clientMetadataUrl);
    const consent = await finish(sdk, world(), host, transport);
    assert.match(consent.text, /Published client/);
    assert.match(consent.text, /app\.localhost/);
    const there = await connect(sdk, host, tools());
    assert.equal(await call(there, "whoami"), "octocat (583231)");
    assert.equal(claims_of(host.saved.access_token).client_id, host.clientMetadataUrl);
    const { refresh_token } = host.saved;
    host.spoil_access_token();
    assert.equal(await call(there, "whoami"), "octocat (583231)");
    assert.notEqual(host.saved.refresh_token, refresh_token);
    await there.close();
    proved("metadata document");
  });

  for (const method of ["client_secret_basic", "client_secret_post"])
    test(`${name}: registers for ${method}, signs in and refreshes with its secret`, async () => {
      const host = new Host({ token_endpoint_auth_method: method });
      const client = await sign_in(sdk, world(), host, tools());
      assert.equal(host.information.token_endpoint_auth_method, method);
      assert.ok(host.information.client_secret);
      host.spoil_access_token();
      assert.equal(await call(client, "whoami"), "octocat (583231)");
      await client.close();
      proved(method);
    });

  test(`${name}: steps to another MCP server with the same registration, a consent and a token of its own`, async () => {
    const first = new Host();
    await (await sign_in(sdk, world(), first, tools())).close();
    const second = new Host({ information: first.information });
    const { client, transport } = sdk.open(notes().url, second);
    await assert.rejects(client.connect(transport), sdk.UnauthorizedError);
    const consent = await finish(sdk, world(), second, transport);
    assert.match(consent.text, /Notes/);
    assert.equal(second.information.client_id, first.information.client_id);
    const there = await connect(sdk, second, notes());
    assert.equal(await call(there, "whoami"), "octocat (583231)");
    assert.deepEqual(claims_of(second.saved.access_token).aud, [scopes.notes, notes().url]);
    await there.close();

    const thief = new Host({ information: first.information });
    thief.saved = { ...first.saved, refresh_token: undefined };
    const elsewhere = sdk.open(notes().url, thief);
    await assert.rejects(elsewhere.client.connect(elsewhere.transport), sdk.UnauthorizedError, "the first server's token is none here");
    proved("other server");
  });

  test(`${name}: a revoked access token is refused, and the client goes on by its refresh token`, async () => {
    const host = new Host();
    const client = await sign_in(sdk, world(), host, tools());
    const { access_token } = host.saved;
    await revoke({ token: access_token });
    assert.equal(await call(client, "whoami"), "octocat (583231)");
    assert.notEqual(host.saved.access_token, access_token);
    await client.close();
    proved("revoked token");
  });

  test(`${name}: a revoked grant makes the client forget its tokens, and the person signs in again`, async () => {
    const host = new Host();
    const client = await sign_in(sdk, world(), host, tools());
    const { client_id } = host.information;
    await revoke({ refresh_token: host.saved.refresh_token });
    await assert.rejects(call(client, "whoami"), sdk.UnauthorizedError);
    assert.deepEqual(host.invalidated, ["tokens"], "invalid_grant");
    await client.close();
    const again = await sign_in(sdk, world(), host, tools());
    assert.equal(await call(again, "whoami"), "octocat (583231)");
    assert.equal(host.information.client_id, client_id, "the registration goes on");
    await again.close();
    proved("revoked grant");
  });

  test(`${name}: a registration that is gone makes the client register and sign in again`, async () => {
    const host = new Host();
    const client = await sign_in(sdk, world(), host, tools());
    const { client_id } = host.information;
    assert.equal(await world().system.redis.del(`mcp:client:{${client_id}}`), 1);
    host.spoil_access_token();
    await assert.rejects(call(client, "whoami"), sdk.UnauthorizedError);
    assert.notEqual(host.information.client_id, client_id, "invalid_client made it forget its registration and register again");
    await client.close();
    const again = await sign_in(sdk, world(), host, tools());
    assert.equal(await call(again, "whoami"), "octocat (583231)");
    await again.close();
    proved("lost registration");
  });

  test(`${name}: insufficient_scope makes the client ask for more (RFC 6750 3.1), and the person agrees again`, async () => {
    const host = new Host();
    const client = await sign_in(sdk, world(), host, tools());
    assert.equal(claims_of(host.saved.access_token).email, undefined);
    await assert.rejects(call(client, "email"));
    await client.close();
    const { transport } = await sdk.step_up(tools().url, host, `${scopes.tools} email`);
    assert.ok(host.authorization_url.searchParams.get("scope").split(" ").includes("email"), String(host.authorization_url));
    await finish(sdk, world(), host, transport);
    const more = await connect(sdk, host, tools());
    assert.equal(await call(more, "email"), "octocat@example.com");
    assert.deepEqual(host.saved.scope.split(" ").filter((word) => word !== "offline_access").sort(), ["email", scopes.tools]);
    await more.close();
    proved("step-up");
  });

  test(`${name}: somebody who is not on the access list gets a page, and the client no code`, async () => {
    const host = new Host();
    const { client, transport } = sdk.open(tools().url, host);
    await assert.rejects(client.connect(transport), sdk.UnauthorizedError);
    const browser = new Browser();
    const within = [world().system.base, new URL(world().system.github.url).origin];
    const people = await browser.navigate(host.authorization_url, { within });
    const page = await browser.submit(people, { within, button: { name: "user", value: "hubot" } });
    assert.equal(page.status, 403);
    assert.match(page.text, /hubot/);
    assert.equal(page.location, undefined);
    proved("denied");
  });
}
