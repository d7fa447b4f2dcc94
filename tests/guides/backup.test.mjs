// ctest: LABEL flow  TIMEOUT 180
// "Backup and restore" of deploy/README.md: grants, a backup, more changes, a disaster, the restore; clients go on, and what was
// revoked is revoked again.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { claims_of, refresh, register, signIn } from "../support/client.mjs";
import { guide_of, install } from "../support/guide.mjs";
import { people_of } from "../support/guide_load.mjs";
import { start_machine } from "../support/machine.mjs";
import { eventually } from "../support/process.mjs";

let machine, guide, people;
before(async () => {
  machine = await start_machine();
  await install(machine);
  guide = guide_of("Backup and restore", machine);
  people = await people_of(machine, 3);
});
after(() => machine?.stop());

const grant_of = ({ access_token }) => claims_of(access_token).jti.split(".")[0];
const token = (grant) => refresh(machine.base, grant.client, grant.refresh_token);
const audited = (wanted) => eventually(() => machine.unit("mcp-oauth-audit").log.some(wanted), { what: "the audit stream's copy" });

test("after a disaster the backup is there, and nothing of what came after it", async () => {
  await guide.next(/--rdb/);
  const [rotated, kept, revoked] = people.grants;
  const twice = await token({ ...rotated, ...(await token(rotated)).body });
  const later = await signIn(machine);
  const app = await register(machine.base);
  await machine.run(`mcp-oauth revoke grant ${grant_of(revoked)} --config=/etc/mcp-oauth/operator.env\n`);
  assert.equal((await token(revoked)).body.error, "invalid_grant");
  await audited(({ event, g }) => event === "revocation" && g === grant_of(revoked));

  await machine.unit("redis-server").stop({ signal: "SIGKILL" });
  rmSync(machine.path("var/lib/redis"), { recursive: true });
  await machine.run("mkdir -p /var/lib/redis\n");
  const { out } = await guide.next(/appendonly.aof.manifest/);
  assert.match(out, /mcp:refresh/);

  await guide.next(/mcp-oauth revoke/);
  guide.end();
  await eventually(async () => (await token(kept)).status === 200, { what: "the workers have Redis again" });
  assert.equal((await token({ ...rotated, ...twice.body })).status, 200, "a rotation that Redis has forgotten is adopted");
  await audited(({ event, g }) => event === "failover" && g === grant_of(rotated));
  assert.equal((await token(revoked)).body.error, "invalid_grant", "revoked again");
  assert.equal((await token({ client: later.client, ...later.tokens })).body.error, "invalid_client", "registered and granted after the backup");
  assert.equal((await refresh(machine.base, app, "none")).body.error, "invalid_client");
  await signIn(machine);
});
