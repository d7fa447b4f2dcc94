// Pictures of mcp-oauth in a terminal, drawn from what it prints about a system in use.
//
//   MCP_OAUTH_BIN=build/dev/bin node tests/flow/ctl_figures.mjs        writes deploy/redis/pictures/

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { authorizeUntilConsent, post_form, post_token, refresh, register, signIn } from "../support/client.mjs";
import { ctl_environment } from "../support/ctl.mjs";
import { bin, startSystem } from "../support/system.mjs";
import { in_terminal, start_in_terminal, terminal_svg } from "../support/terminal.mjs";

export const folder = fileURLToPath(new URL("../../deploy/redis/pictures", import.meta.url));

async function use(system, people) {
  const grants = [];
  for (let i = 0; i < people; i += 1) grants.push(await signIn(system));
  for (const grant of grants.slice(0, people / 2)) ({ body: grant.tokens } = await refresh(system.base, grant.client, grant.tokens.refresh_token));
  for (let i = 0; i < people / 4; i += 1) await authorizeUntilConsent(system, await register(system.base));
  const [{ client, tokens }] = grants;
  await post_form(`${system.base}/revoke`, { client_id: client.client_id, token: tokens.access_token });
}

export async function figures() {
  const system = await startSystem({ signers: 2, redis_options: { tcp: true, config: { "notify-keyspace-events": "Eghx$" } }, env: { registry: { RATE_REGISTER_PER_HOUR: "10000" } } });
  try {
    await use(system, 40);
    const environment = ctl_environment(system, { REDIS_URL: system.redis_server.tcp_url });
    const command = (words) => `'${join(bin, "mcp-oauth")}' ${words}`;
    const keys = await in_terminal(command("keys --once"), environment);
    const watch = start_in_terminal(command("watch --last 3"), environment);
    await watch.seen(({ text }) => /refresh|issue|revocation/.test(text ?? ""));
    const again = await signIn(system);
    await refresh(system.base, again.client, again.tokens.refresh_token);
    await post_token(system.base, again.client, { grant_type: "authorization_code", code: again.code, code_verifier: again.code_verifier, redirect_uri: again.redirect_uri });
    await watch.seen(({ text }) => /reuse/.test(text ?? ""));
    watch.child.stdin.write("\x03");
    await watch.exited;
    const watched = watch.text.map((line) => line.replace(/\r$/, "")).filter((line) => line !== "^C").join("\n");
    return { keys: terminal_svg(keys, { command: "mcp-oauth keys" }), watch: terminal_svg(watched, { command: "mcp-oauth watch --last 3", columns: 160 }) };
  } finally {
    await system.stop();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const drawn = await figures();
  mkdirSync(folder, { recursive: true });
  for (const name of ["keys", "watch"]) writeFileSync(join(folder, `${name}.svg`), drawn[name]);
}
