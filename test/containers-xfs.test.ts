/**
 * Disks that XFS itself bounds: sandboxes, what is written over an image, and persistent volumes, on a file system in
 * a file. Where the kernel has no quota for XFS these tests are skipped, and say so.
 */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { ContainerUsage } from "#model/container-usage.ts";
import { roleName } from "#model/ids.ts";
import { resources } from "#model/resources.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import { createContainers } from "#shell/containers/create-containers.ts";
import { detectHost } from "#shell/containers/detect.ts";
import type { OciHost } from "#shell/containers/host-abilities.ts";
import { XfsProjects } from "#shell/containers/projects/xfs-projects.ts";
import { contractSpec } from "./containers-contract.ts";
import { Bench, makeRoot, shell } from "./containers-real.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const MEBIBYTE = 1024 * 1024;
const place = temporaryDirectory("unum-xfs-");
const mount = join(place, "mount");

/** False when it is there; else why not. */
function whyNoXfs(): string | false {
  if (process.getuid?.() !== 0) return "not root";
  const image = join(place, "image");
  writeFileSync(image, "");
  truncateSync(image, 400 * MEBIBYTE);
  mkdirSync(mount);
  for (const [program, ...args] of [
    ["mkfs.xfs", "-q", image],
    ["mount", "-o", "loop,prjquota", image, mount],
    ["xfs_quota", "-x", "-c", "state -p", mount],
  ] as const) {
    const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
    if (status !== 0) return `${program}: ${(error?.message ?? stderr).trim().split("\n")[0]}`;
  }
  return false;
}

const skip = whyNoXfs();
process.once("exit", () => spawnSync("umount", ["-l", mount], { stdio: "ignore" }));
const host = await detectHost();
describe("disks that XFS bounds", { skip: skip || (host.kind === "plain" && host.why) }, () => {
  if (skip === false && host.kind === "oci") disksAreBounded(host);
});

function disksAreBounded(host: OciHost): void {
  const directory = join(mount, "agent");
  let bench: Bench;
  const reports: string[] = [];
  before(() => {
    chmodSync(mount, 0o755);
    mkdirSync(directory, { mode: 0o711 });
    mkdirSync(join(mount, "images"));
    makeRoot(join(mount, "images/tree"));
    bench = new Bench(host, directory, {
      ...{ allowRoot: true, allowedImageDirectories: [join(mount, "images")] },
      diskWatchMs: 50,
      reportHost: (sentence) => reports.push(sentence),
    });
  });
  after(async () => {
    assert.deepEqual(reports, []);
    await bench.dispose();
    execFileSync("umount", [mount]);
  });
  const disk = (mebibytes: number): Pick<ContainerSpec, "resources"> => ({
    resources: resources({ cpus: 0.1, mem: 64, disk: mebibytes }),
  });
  const usageOf = (spec: ContainerSpec): ContainerUsage | undefined => {
    let found: ContainerUsage | undefined;
    bench.containers.read((usages) => {
      found = usages.get(spec.containerId);
    });
    return found;
  };

  it("a task that would write more than its disk is told that it is full, and goes on", async () => {
    // Its output is in the sandbox, too, and has no room before there is some again.
    const text =
      "head -c 20000000 /dev/zero >file || said=full; rm file; echo $said; echo again >file && cat file";
    const { stdout, exited } = await bench.run(contractSpec(shell(text), disk(5)));
    assert.equal(stdout, "full\nagain\n");
    assert.equal(exited.limitation, undefined);
    assert.deepEqual(exited.exit, { kind: "code", code: 0 });
  });

  it("its use is told by the file system", async () => {
    const spec = contractSpec(shell("head -c 3000000 /dev/zero >file; sync file; exec sleep 1000"), disk(5));
    await bench.launched(spec);
    const used = await until("its use", () => {
      const bytes = usageOf(spec)?.diskBytes ?? 0;
      return bytes > 2_900_000 ? bytes : undefined;
    });
    assert.ok(used < 3_300_000, String(used));
    // More, and less than it has already: then it is ended, as where disks are measured.
    bench.containers.perform({ type: "update", containerId: spec.containerId, limits: {}, ...disk(1) });
    const exited = await bench.outcome(spec, ["exited"]);
    assert.ok(exited.type === "exited");
    assert.match(exited.limitation?.message ?? "", /exceeds quota \(1MB\)$/);
  });

  it("what is written over an image counts with the sandbox", async () => {
    const root = { kind: "file", path: join(mount, "images/tree") } as const;
    const fill = (file: string): string =>
      `i=0; while [ $i -lt 40 ]; do cat /bin/sh >>${file} || { said="$said full"; break; }; i=$((i+1)); done`;
    const text = `${fill("/over")}; ${fill("./file")}; : >/over; : >./file; echo "$said"`;
    const { stdout, stderr } = await bench.run(contractSpec(shell(text), { root, user: "root", ...disk(4) }));
    assert.equal(stdout, " full full\n", stderr);
  });

  it("a task that asks for no disk is held to none", async () => {
    const { stdout } = await bench.run(
      contractSpec(shell("head -c 20000000 /dev/zero >file && echo fits"), disk(0)),
    );
    assert.equal(stdout, "fits\n");
  });

  it("a volume holds as much as it was made for, and more once it has grown, whoever uses it", async () => {
    const volume = (mebibytes: number): Pick<ContainerSpec, "volumes"> => ({
      volumes: [
        {
          containerPath: "data",
          mode: "read-write",
          source: {
            kind: "persistent",
            directory: { role: roleName("db"), id: "a", disk: { kind: "root" }, isShared: false, mebibytes },
          },
        },
      ],
    });
    const text = "head -c 6000000 /dev/zero >>data/file && echo fits || echo full";
    for (const [mebibytes, said] of [
      [4, "full\n"],
      [20, "fits\n"],
    ] as const) {
      const { stdout } = await bench.run(contractSpec(shell(text), { ...volume(mebibytes), ...disk(0) }));
      assert.equal(stdout, said);
    }
  });

  it("an agent that starts anew finds the numbers, and those of sandboxes that are gone are free", async () => {
    const own = join(mount, "other");
    mkdirSync(own, { mode: 0o711 });
    const first = new Bench(host, own, { diskWatchMs: 50, projects: { first: 100, last: 101 } });
    const spec = contractSpec(shell("head -c 3000000 /dev/zero >file; exec sleep 1000"), disk(5));
    await first.launched(spec);
    await first.containers.close();
    const claims = join(mount, ".unum-projects");
    const taken = readdirSync(claims).filter((name) => ["100", "101"].includes(name));
    assert.equal(taken.length, 1);
    const projects = { first: 100, last: 101 };
    const second = createContainers({ host, directory: own, agentName: "bench", diskWatchMs: 50, projects });
    let running: unknown;
    second.onOutcome((outcome) => {
      if (outcome.type === "recovered") running = outcome.running;
    });
    second.perform({ type: "recover", known: [spec.containerId] });
    await until("it to be found", () => running);
    second.perform({ type: "update", containerId: spec.containerId, limits: {}, ...disk(8) });
    const used = new XfsProjects(mount, projects);
    used.open();
    const sandbox = first.sandboxFile(spec, ".").replace(/\/\.$/, "");
    assert.ok(used.has(sandbox));
    assert.ok(((await used.usedBytes()).get(sandbox) ?? 0) > 2_900_000);
    await second.destroyAll();
    await first.dispose();
    assert.equal(statSync(own, { throwIfNoEntry: false }), undefined);
    const later = new XfsProjects(mount, projects);
    later.open();
    assert.equal(later.has(sandbox), false);
    rmSync(own, { recursive: true, force: true });
  });
}
