// A guide of deploy/README.md that a test follows: its blocks in their order, with what happens between them.
//
//   const guide = guide_of("Production, from nothing", machine);
//   await guide.next(/doctor/);        runs the next block, which must match; answers {out} of machine.run
//   guide.end();                       nothing is left that was not run

import assert from "node:assert/strict";
import { blocks_of } from "./blocks.mjs";

export function guide_of(heading, machine, path = "deploy/README.md") {
  const blocks = blocks_of(path).filter((block) => block.heading === heading && block.kind === "sh");
  assert.ok(blocks.length > 0, `${path} has no commands under "${heading}"`);
  let at = 0;
  return {
    async next(wanted, options) {
      const block = blocks[at];
      assert.ok(block, `"${heading}" has no more blocks; ${wanted} was expected`);
      assert.match(block.text, wanted, `block ${at + 1} of "${heading}"`);
      at += 1;
      return machine.run(block.text, options);
    },
    end() { assert.equal(at, blocks.length, `not run: ${blocks[at]?.text}`); },
  };
}

// The system as deploy/systemd/README.md makes it, with one server, reached through nginx.
export async function install(machine) {
  const units = guide_of("Install", machine, "deploy/systemd/README.md");
  await units.next(/systemd-sysusers/);
  await units.next(/redis.conf/);
  const production = guide_of("Production, from nothing", machine);
  await production.next(/servers.json/);
  await production.next(/--check/);
  await units.next(/systemctl enable/);
  units.end();
  await production.next(/nginx/);
  return production;
}
