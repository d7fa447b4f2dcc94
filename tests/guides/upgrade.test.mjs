// ctest: LABEL flow  TIMEOUT 180
// "Upgrade and roll back" of deploy/README.md, to a release that is this one under another number, while people refresh.

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { guide_of, install } from "../support/guide.mjs";
import { people_of } from "../support/guide_load.mjs";
import { start_machine } from "../support/machine.mjs";
import { bin, command } from "../support/system.mjs";

const release = command(["--version"]).trim().split(" ")[1];
const next = release.replace(/^\d/, (digit) => String((Number(digit) + 1) % 10));

// The programs with the other number in the place of this one: as long, so that nothing moves, and with the same end, because
// the linker lets other texts ("1.0") be the ends of this one.
function build_next(folder) {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(bin).filter((each) => /^mcp-oauth(-[a-z]+)?$/.test(each))) {
    const bytes = readFileSync(join(bin, name));
    for (let at = bytes.indexOf(`${release}\0`); at >= 0; at = bytes.indexOf(`${release}\0`, at + 1)) bytes.write(next, at);
    for (let at = bytes.indexOf(`mcp-oauth ${release}\n`); at >= 0; at = bytes.indexOf(`mcp-oauth ${release}\n`, at + 1)) bytes.write(`mcp-oauth ${next}`, at);
    writeFileSync(join(folder, name), bytes);
    chmodSync(join(folder, name), 0o755);
  }
}

let machine, guide, people;
before(async () => {
  machine = await start_machine();
  await install(machine);
  build_next(machine.path("next"));
  machine.build = machine.path("next");
  guide = guide_of("Upgrade and roll back", machine);
  people = await people_of(machine, 4);
});
after(() => machine?.stop());

const releases = (out) => [...new Set([...out.matchAll(/^(?:registry|broker|signer)\b.* (\d+\.\d+\.\d+)\b/gm)].map(([, each]) => each))];
const shown = async () => releases((await machine.run("mcp-oauth workers --config=/etc/mcp-oauth/operator.env\n")).out);

test("to the next release, under load", async () => {
  assert.notEqual(next, release);
  await guide.next(/--check/);
  await people.undisturbed(() => guide.next(/mcp-oauth acl/), { later: [503] });
  assert.deepEqual(await shown(), [release], "nothing has been restarted yet");
  let out;
  await people.undisturbed(async () => { ({ out } = await guide.next(/systemctl restart/)); });
  assert.ok(releases(out).includes(next), out);
});

test("and back", async () => {
  let out;
  await people.undisturbed(async () => { ({ out } = await guide.next(/backups/)); });
  assert.ok(releases(out).includes(release), out);
  guide.end();
  await people.go_on();
});
