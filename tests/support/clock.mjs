// The wall clock of a process, which a test steps while it runs; its monotonic clock goes on as it does.
//
//   const clock = steppable_clock();
//   startSystem({ env: { signer: clock.environment } });
//   clock.step(3600);                 // from now on an hour ahead; step(0): right again

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sanitizer_environment, temporary_folder } from "./process.mjs";
import { program } from "./system.mjs";

export function steppable_clock() {
  const file = join(temporary_folder("clock"), "ahead");
  const step = (seconds) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    writeFileSync(file, bytes, { flag: "r+" }); // in its place: the process has it mapped
  };
  writeFileSync(file, Buffer.alloc(8));
  return { step, environment: { LD_PRELOAD: program("stepped_clock.so"), STEPPED_CLOCK_FILE: file,
    ASAN_OPTIONS: `${sanitizer_environment.ASAN_OPTIONS}:verify_asan_link_order=0` } };
}
