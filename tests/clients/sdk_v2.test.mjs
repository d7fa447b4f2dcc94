// ctest: LABEL client  TIMEOUT 180
// The unmodified npm package @modelcontextprotocol/client (v2 of the SDK) as client of an MCP server of revision
// 2026-07-28. It says it needs Node 20; with the global crypto of support/node18.mjs it runs on Node 18 as well.

import { after, before } from "node:test";
import { startWorld } from "./mcp.mjs";
import { speak_2026 } from "./protected_server.mjs";
import { Record } from "./record.mjs";
import { sdk_v2 } from "./sdk.mjs";
import { sdk_tests } from "./sdk_tests.mjs";

const record = new Record(import.meta.url);
let world;
before(async () => { world = await startWorld({ server: { speak: await speak_2026() } }); });
after(async () => { await world?.stop(); });

sdk_tests(await sdk_v2({ versionNegotiation: { mode: { pin: "2026-07-28" } } }), { record, world: () => world });

record.check();
