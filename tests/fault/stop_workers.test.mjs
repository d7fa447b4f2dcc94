// ctest: LABEL fault  TIMEOUT 240  SERIAL
// Workers stand still (SIGSTOP) for longer than the edge believes in them, and go on (SIGCONT) with what they had in hand:
// it was repeated elsewhere meanwhile, so what they answer now is late and what they write now is a repetition (DESIGN 2).

import { after, before } from "node:test";
import { startSystem } from "../support/system.mjs";
import { count_of, undisturbed } from "./load.mjs";
import { Flows } from "./flows.mjs";
import { Record } from "./record.mjs";

let system, flows;
const record = new Record(import.meta.url, () => system);
before(async () => {
  system = await startSystem({ signers: 2, brokers: 2, registries: 2 });
  flows = new Flows(system);
});
after(async () => { await system?.stop(); });

const times = 2;

for (const kind of ["signer", "broker", "registry"])
  record.test(`a ${kind} stands still (SIGSTOP) until it is given up, and goes on (SIGCONT)`, "nothing noticed", async () => {
    await undisturbed(async () => {
      for (let i = 0; i < times; i += 1) {
        await count_of(3);
        const [edge] = system.processes.edge;
        const since = edge.log.length;
        system.pause(kind, i % 2);
        const of_it = ({ worker }) => worker === `${kind}-${i % 2}`;
        await edge.seen((line) => line.event === "worker.gone" && of_it(line), { since });
        await count_of(3);
        system.resume(kind, i % 2);
        await edge.seen((line) => line.event === "worker.new" && of_it(line), { since });
      }
      await count_of(3);
    }, () => flows.sign_in_and_refresh(), { workers: 8 });
    return { times };
  });

record.check();
