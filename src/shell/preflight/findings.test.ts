import assert from "node:assert/strict";
import { test } from "node:test";
import type { OciHost } from "../containers/host-abilities.ts";
import { parseDistribution } from "./distribution.ts";
import { type HostFacts, judgeHost, type Verdict } from "./findings.ts";
import { mountOf } from "./host-facts.ts";

const oci: OciHost = {
  kind: "oci",
  runtime: { name: "crun", path: "/usr/bin/crun", version: "1.8.1", seccompProgram: undefined },
  conmon: { path: "/usr/bin/conmon", version: "2.1.6" },
  init: { path: "/usr/bin/tini-static", args: [] },
  cgroup: { mode: "v2", mounts: [], controllers: {}, processes: "/sys/fs/cgroup", swapLimit: true },
  hiddenMount: undefined,
};
const programs: HostFacts["programs"] = {
  ...{ crun: "/c", conmon: "/m", unshare: "/u", nft: "/n", ip: "/i", tar: "/t" },
  ...{ bzip2: "/b", xz: "/x", script: "/s", nsenter: "/e", perl: "/p", bash: "/h" },
};
const good: HostFacts = {
  distribution: parseDistribution("NAME=Debian\nID=debian\n"),
  platform: "linux",
  kernel: "6.1.0-18-amd64",
  isRoot: true,
  cgroup: { mode: "v2", controllers: ["cpu", "memory", "pids"], swapLimit: true },
  abilities: oci,
  programs,
  hasInit: true,
  isUsrReadOnly: false,
  overlay: { works: true },
  userNamespaces: { works: true },
  seccomp: true,
  nft: { works: true },
  networkNamespaces: { works: true },
  missingPlugins: [],
  security: "apparmor",
  disk: { path: "/var", type: "ext4", options: ["rw"], freeBytes: 5e11, sizeBytes: 1e12 },
};

function verdictOf(name: string, change: Partial<HostFacts>): Verdict | undefined {
  return judgeHost({ ...good, ...change }).findings.find((finding) => finding.name === name)?.verdict;
}

test("a host that has everything is fine, and nothing is to be installed", () => {
  const { verdict, install, findings } = judgeHost(good);
  assert.equal(verdict, "ok", JSON.stringify(findings));
  assert.equal(install, undefined);
  assert.ok(findings.every(({ means }) => means === undefined));
});

test("each fact that is not fine is said, with what it means", () => {
  const no = { works: false, why: "not here" } as const;
  const disk = (change: Partial<HostFacts["disk"]>) => ({ disk: { ...good.disk, ...change } });
  const cases: readonly (readonly [string, Partial<HostFacts>, Verdict])[] = [
    ["kernel", { kernel: "3.10.0-1160.el7.x86_64" }, "degraded"],
    ["kernel", { kernel: "4.18.0-553.el8_10.x86_64" }, "ok"],
    ["kernel", { kernel: "2.6.32" }, "missing"],
    ["kernel", { platform: "darwin" }, "missing"],
    ["root", { isRoot: false }, "missing"],
    ["control groups", { cgroup: undefined }, "missing"],
    ["control groups", { cgroup: { mode: "v1", controllers: ["cpu"], swapLimit: false } }, "degraded"],
    ["OCI runtime", { abilities: { kind: "plain", why: "none", setpriv: undefined } }, "missing"],
    ["conmon", { programs: { ...programs, conmon: undefined } }, "missing"],
    ["unshare", { programs: { ...programs, unshare: undefined } }, "missing"],
    ...["tar", "bzip2", "xz", "script", "nsenter", "perl", "bash"].map(
      (name) => [name, { programs: { ...programs, [name]: undefined } }, "degraded"] as const,
    ),
    ["/usr", { isUsrReadOnly: true }, "ok"],
    ["tar", { programs: { ...programs, tar: undefined } }, "degraded"],
    ["init", { hasInit: false }, "degraded"],
    ["seccomp", { seccomp: false }, "missing"],
    ["overlayfs", { overlay: no }, "degraded"],
    ["user namespaces", { userNamespaces: no }, "degraded"],
    ["nft", { nft: no }, "degraded"],
    ["container networks", { networkNamespaces: no }, "degraded"],
    ["container networks", { missingPlugins: ["bridge"] }, "degraded"],
    ["container networks", { programs: { ...programs, ip: undefined } }, "degraded"],
    ["file system", disk({ type: "nfs4" }), "degraded"],
    ["file system", disk({ type: "tmpfs" }), "degraded"],
    ["file system", disk({ freeBytes: 1e10 }), "degraded"],
    ["file system", disk({ options: ["ro"] }), "missing"],
    ["file system", disk({ type: "xfs", options: ["rw", "prjquota"] }), "ok"],
  ];
  for (const [name, change, expected] of cases) {
    assert.equal(verdictOf(name, change), expected, `${name} ${JSON.stringify(change)}`);
    if (expected === "ok") continue;
    const { verdict, findings } = judgeHost({ ...good, ...change });
    assert.equal(verdict, expected);
    assert.notEqual(findings.find((finding) => finding.name === name)?.means, undefined, name);
  }
});

test("what is to be installed is one line, with what is there left out", () => {
  const none = Object.fromEntries(Object.keys(programs).map((name) => [name, undefined]));
  const bare = { abilities: { kind: "plain", why: "none", setpriv: undefined }, hasInit: false } as const;
  const no = { works: false, why: "nft is not installed" } as const;
  assert.equal(
    judgeHost({ ...good, ...bare, programs: none, nft: no }).install,
    "apt-get install crun conmon util-linux tini nftables iproute2 tar bzip2 xz-utils bsdutils perl bash",
  );
  // A runtime that is there and does not work is not installed once more.
  assert.equal(judgeHost({ ...good, ...bare, hasInit: true }).install, undefined);
});

test("a path's mount is the nearest one above it, and the last of two at one place", () => {
  const mounts = [
    "1 0 8:1 / / rw - ext4 /dev/sda1 rw",
    "2 1 8:2 / /var rw,noatime - xfs /dev/sdb rw,prjquota",
    "3 1 0:4 / /var/lib/un rw - tmpfs tmpfs rw",
    "4 1 0:5 / /srv rw - nfs4 host:/ rw",
    "5 1 0:6 / /srv ro - ext4 /dev/sdc ro",
  ].join("\n");
  assert.deepEqual(mountOf(mounts, "/var/lib/unum"), {
    type: "xfs",
    options: ["rw", "noatime", "rw", "prjquota"],
  });
  assert.equal(mountOf(mounts, "/var").type, "xfs");
  assert.equal(mountOf(mounts, "/variable").type, "ext4");
  assert.deepEqual(mountOf(mounts, "/srv/x"), { type: "ext4", options: ["ro", "ro"] });
  assert.equal(mountOf("", "/").type, "unknown");
});
