// The commands of a page: its fenced blocks, with what stands behind the fence and under which heading they are.
//
//   blocks_of("k8s/README.md")       [{kind: "sh", heading: "Install", text: "mkdir -p ~/my-auth\n..."}]

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export function blocks_of(path) {
  const page = readFileSync(join(root, path), "utf8");
  const headings = [...page.matchAll(/^##+ (.*)$/gm)]; // one # is a comment of a command
  return [...page.matchAll(/^( *)```([a-z][^\n]*)\n([\s\S]*?)^ *```$/gm)].map(({ index, 1: indent, 2: kind, 3: text }) => ({ kind,
    heading: headings.filter((heading) => heading.index < index).at(-1)?.[1], text: text.replaceAll(new RegExp(`^${indent}`, "gm"), "") }));
}
