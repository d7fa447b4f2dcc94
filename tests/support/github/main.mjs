#!/usr/bin/env node
// The GitHub stand-in as a program. Prints one JSON line when it listens.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { default_client, startGithub } from "./github.mjs";

const help = `usage: node tests/support/github/main.mjs [options]

A stand-in for github.com and api.github.com on one origin.

  --listen HOST:PORT    where to listen (default 127.0.0.1:0, port 0 takes a free one)
  --users FILE          JSON list of users instead of octocat, monalisa, hubot, outsider and joiner
  --client-id ID        the one app it knows (default ${default_client.client_id})
  --auto-user LOGIN     sign this user in without showing the page
  --help

The app's secret is read from GITHUB_CLIENT_SECRET (default ${default_client.client_secret}).
`;

const options = { listen: { type: "string", default: "127.0.0.1:0" }, users: { type: "string" },
  "client-id": { type: "string", default: default_client.client_id }, "auto-user": { type: "string" }, help: { type: "boolean" } };

function refuse(sentence) {
  process.stderr.write(`github stand-in: ${sentence}\n`);
  process.exit(2);
}

function address_of(text) {
  const [, host, port] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? refuse(`--listen takes HOST:PORT, not ${text}.`);
  return { host: host?.replace(/^\[|\]$/g, "") ?? "127.0.0.1", port: Number(port) };
}

function users_from(path) {
  try {
    const users = JSON.parse(readFileSync(path, "utf8"));
    if (!Array.isArray(users) || users.length === 0) throw new Error("it is not a list of users");
    return users;
  } catch (error) {
    return refuse(`cannot read the users from ${path}: ${error.message}.`);
  }
}

let values;
try { ({ values } = parseArgs({ options })); } catch (error) { refuse(`${error.message.split(". ")[0]}; --help lists the options.`); }
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}
const client_secret = process.env.GITHUB_CLIENT_SECRET || default_client.client_secret;
try {
  const github = await startGithub({ ...address_of(values.listen), ...(values.users ? { users: users_from(values.users) } : {}),
    clients: [{ client_id: values["client-id"], client_secret }] });
  if (values["auto-user"]) github.control({ auto_user: values["auto-user"] });
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => github.close().then(() => process.exit(0)));
  process.stdout.write(`${JSON.stringify({ listening: github.url })}\n`);
} catch (error) {
  refuse(`${error.message}.`);
}
