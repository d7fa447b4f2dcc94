// ctest: LABEL check  TIMEOUT 300
// The tree keeps its promises: who may include whom, headers that compile alone, one layout, nothing left unfinished.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const skipped = new Set([".git", "build", "node_modules", "output"]);

function* files_below(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (skipped.has(name)) continue;
    if (statSync(path).isDirectory()) yield* files_below(path);
    else yield relative(root, path);
  }
}

const all = [...files_below(root)];
const sources = all.filter((path) => /\.[ch]$/.test(path));
const read = (path) => readFileSync(join(root, path), "utf8");
const includes_of = (path) => [...read(path).matchAll(/^#include\s+[<"]([^>"]+)[>"]/gm)].map(([, name]) => name);

function none(found, what) {
  assert.deepEqual(found, [], what);
}

test("there is something to check", () => assert.ok(sources.length > 50, `${sources.length} C files`));

test("the top level holds exactly the agreed folders and files", () => {
  const agreed = new Set(["services", "common", "proto", "deploy", "k8s", "tests", "CMakeLists.txt", "CMakePresets.json", "README.md", "LICENSE"]);
  none(readdirSync(root).filter((name) => !name.startsWith(".") && name !== "build" && !agreed.has(name)), "top-level entries beyond the agreed ones");
});

test("common includes neither proto nor services, and services never include each other", () => {
  const wrong = [];
  for (const path of sources)
    for (const name of includes_of(path)) {
      const service = path.match(/^services\/([^/]+)\//)?.[1];
      if (path.startsWith("common/") && /^(proto|services)\//.test(name)) wrong.push(`${path} includes ${name}`);
      if (path.startsWith("proto/") && name.startsWith("services/")) wrong.push(`${path} includes ${name}`);
      if (service && name.startsWith("services/") && !name.startsWith(`services/${service}/`)) wrong.push(`${path} includes ${name}`);
    }
  none(wrong, "includes against the layers");
});

// A library's word is known in one place only (house style, rule 22).
const library_homes = [
  ["hiredis", /^hiredis\//, /^common\/store\//],
  ["ZeroMQ", /^zmq/, /^proto\//],
  ["libcurl", /^curl\//, /^common\/net\//],
  ["libh2o", /^h2o/, /^(services\/edge|common\/process)\//],
  ["libseccomp", /^seccomp/, /^common\/process\//],
  ["libuv", /^uv\.h/, /^(common\/process|proto)\//],
];
for (const [library, header, home] of library_homes)
  test(`${library} is known only where it belongs`, () => {
    const users = sources.filter((path) => includes_of(path).some((name) => header.test(name)) && !path.startsWith("tests/"));
    assert.ok(users.length > 0, `nobody includes ${library}: this check looks for the wrong header`);
    none(users.filter((path) => !home.test(path)), `${library} outside its home`);
  });

test("each header compiles alone", () => {
  const packages = spawnSync("pkg-config", ["--cflags", "libh2o-evloop", "libzmq", "hiredis", "jansson", "libcurl", "libuv"], { encoding: "utf8" });
  assert.equal(packages.status, 0, packages.stderr);
  const wrong = [];
  for (const path of sources.filter((name) => name.endsWith(".h") && name !== "common/base/failure_table.h")) {
    const run = spawnSync("gcc", ["-std=gnu17", "-D_GNU_SOURCE", "-DH2O_USE_LIBUV=0", "-fsyntax-only", "-x", "c", ...packages.stdout.trim().split(/\s+/),
      `-I${root}`, join(root, path)], { encoding: "utf8" });
    if (run.status !== 0) wrong.push(`${path}: ${run.stderr.split("\n")[0]}`);
  }
  none(wrong, "headers that need another one first");
});

test("every C file has the layout of .clang-format", () => {
  const paths = sources.filter((path) => path !== "common/base/failure_table.h");
  const run = spawnSync("clang-format", ["--dry-run", "-Werror", ...paths], { cwd: root, encoding: "utf8" });
  assert.equal(run.error, undefined, "clang-format is installed");
  none([...new Set(run.stderr.split("\n").filter((line) => line.includes("error:")).map((line) => line.split(":")[0]))], "files to format");
});

test("no .c file has conditional compilation: CMake picks files", () => {
  none(sources.filter((path) => path.endsWith(".c") && /^#\s*if/m.test(read(path))), "files with #if");
});

test("files stay readable: at most 600 lines", () => {
  none(sources.filter((path) => path.endsWith(".c") && !path.startsWith("tests/") && read(path).split("\n").length > 600), "files to split by noun");
});

test("nothing is left unfinished", () => {
  const marks = new RegExp(["TO" + "DO", "FIX" + "ME", "\\bXX" + "X\\b", "not impl" + "emented"].join("|"));
  none(all.filter((path) => /\.(c|h|lua|mjs|sh|txt|md|html)$/.test(path) && marks.test(read(path))), "files with marks of unfinished work");
});

test("no file names a path of one machine", () => {
  const paths = new RegExp(["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/[a-z]"].join("|"));
  none(all.filter((path) => !path.endsWith("package-lock.json") && /\.(c|h|lua|mjs|sh|txt|md|html|json|yaml)$|\/(dev|run|setup-secrets)$/.test(path) && paths.test(read(path))),
    "files with such a path");
});
