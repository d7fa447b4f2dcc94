// ctest: LABEL client  TIMEOUT 180
// The unmodified npm package @modelcontextprotocol/sdk (v1) as client: it is given the MCP server's URL and nothing else.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { request } from "../support/client.mjs";
import { startWorld } from "./mcp.mjs";
import { Record } from "./record.mjs";
import { sdk_v1 } from "./sdk.mjs";
import { sdk_tests } from "./sdk_tests.mjs";

const record = new Record(import.meta.url), { test } = record;
let world;
before(async () => { world = await startWorld(); });
after(async () => { await world?.stop(); });

sdk_tests(await sdk_v1(), { record, world: () => world });

test("discovery answers what the SDK's schemas require, by both metadata documents", async () => {
  const { discoverAuthorizationServerMetadata } = await import("@modelcontextprotocol/sdk/client/auth.js");
  const metadata = await discoverAuthorizationServerMetadata(world.system.base);
  assert.equal(metadata.issuer, world.system.base);
  const { OpenIdProviderDiscoveryMetadataSchema } = await import("@modelcontextprotocol/sdk/shared/auth.js");
  const { body } = await request(`${world.system.base}/.well-known/openid-configuration`);
  OpenIdProviderDiscoveryMetadataSchema.parse(body);
});

record.check();
