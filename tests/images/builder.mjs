// The images of deploy/Dockerfile, built and run without a Docker engine and without a registry: buildah on a base that
// debootstrap makes from Debian's packages, podman with runc. Everything lies in build/images, and is kept for the next run.
//
//   build_base();                                   docker.io/library/debian:bookworm-slim, as the Dockerfile names it
//   build_image("edge");                            localhost/mcp-oauth-edge
//   const { Config } = inspect("edge");
//   files_of("edge");                               [{path, mode, size}], without what a container adds
//   const [program, ...args] = run_command("edge", [...options]);       then the arguments of the entry point

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const services = ["edge", "registry", "broker", "signer"];
export const images = [...services, "ctl", "setup"];

const storage = join(root, "build/images");
const base = "docker.io/library/debian:bookworm-slim";
const places = ["--root", join(storage, "root"), "--runroot", join(storage, "run"), "--storage-driver", "vfs"];
const podman = ["podman", ...places, "--runtime", "runc", "--cgroup-manager", "cgroupfs"];
const name_of = (image) => `localhost/mcp-oauth-${image}`;

export function run([program, ...args], { input, environment = {} } = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28, input,
    env: { ...process.env, ...environment } });
  if (error) throw error;
  return { status, stdout, stderr };
}

function must(command, options) {
  const { status, stdout, stderr } = run(command, options);
  assert.equal(status, 0, `${command.join(" ")}:\n${stdout.slice(-2000)}\n${stderr.slice(-4000)}`);
  return stdout;
}

export function build_base() {
  mkdirSync(storage, { recursive: true });
  if (run([...podman, "image", "exists", base]).status === 0) return;
  const folder = join(storage, "bookworm"), archive = join(storage, "bookworm.tar");
  rmSync(folder, { recursive: true, force: true });
  must(["debootstrap", "--variant=minbase", "bookworm", folder]);
  must(["tar", "-C", folder, "-cf", archive, "."]);
  must([...podman, "import", "--change", "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", archive, base]);
  rmSync(folder, { recursive: true });
  rmSync(archive);
}

// The stages that the images share are built once.
export function build_image(image) {
  const { stdout } = run(["git", "rev-parse", "HEAD"]);
  must(["buildah", ...places, "bud", "--pull-never", "--layers", "--isolation", "chroot", "--network", "host",
    "--build-arg", `REVISION=${stdout.trim() || "unknown"}`, "--file", "deploy/Dockerfile", "--target", image, "--tag", name_of(image), "."]);
}

export const inspect = (image) => JSON.parse(must([...podman, "image", "inspect", name_of(image)]))[0];

export function files_of(image) {
  const container = must([...podman, "create", name_of(image), "none"]).trim();
  try {
    const archive = join(storage, `${image}.tar`);
    must([...podman, "export", "--output", archive, container]);
    const rows = must(["tar", "--numeric-owner", "-tvf", archive]).trim().split("\n");
    rmSync(archive);
    return rows.map((row) => row.match(/^(\S)(\S{9}) (\d+)\/(\d+) +(\d+) \S+ \S+ (?:\.\/)?(.*?)(?: -> .*)?$/))
      .map(([, type, mode, user, group, size, path]) => ({ type, mode, user: Number(user), group: Number(group), size: Number(size), path }));
  } finally {
    must([...podman, "rm", container]);
  }
}

// The limits because what this runs in may not be allowed podman's own.
export const run_command = (image, options = []) => [...podman, "run", "--rm", "--network", "host", "--ulimit", "nofile=20000:20000",
  "--ulimit", "nproc=4096:4096", ...options, name_of(image)];

// What a pod's and its container's securityContext are to podman. A member that is not known here fails: it would be untested.
export function options_of_context(pod, container) {
  const { runAsNonRoot, runAsUser, runAsGroup, fsGroup, seccompProfile, ...more } = pod;
  assert.deepEqual(more, {}, "of the pod");
  assert.equal(runAsNonRoot, true);
  assert.equal(fsGroup, runAsGroup);
  assert.deepEqual(seccompProfile, { type: "RuntimeDefault" }); // podman's own, when nothing is said
  assert.deepEqual(container, { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem: true });
  return ["--user", `${runAsUser}:${runAsGroup}`, "--security-opt", "no-new-privileges", "--cap-drop", "ALL", "--read-only", "--read-only-tmpfs=false"];
}

