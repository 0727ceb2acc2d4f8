/** Volumes of real containers: what they show and keep, who owns them, and the ways round that must fail. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { ContainerVolume, PersistentDirectory, VolumeMode } from "#model/container-volume.ts";
import { executorId, frameworkId, roleName, taskId } from "#model/ids.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import { detectHost } from "#shell/containers/detect.ts";
import type { OciHost } from "#shell/containers/host-abilities.ts";
import { SandboxFiles } from "#shell/sandbox/files.ts";
import { contractSpec } from "./containers-contract.ts";
import { Bench, makeRoot, shell, temporaryDirectory } from "./containers-real.ts";
import { until } from "./until.ts";

const persistent = (
  id: string,
  changes: Partial<PersistentDirectory> = {},
  mode: VolumeMode = "read-write",
): ContainerVolume => ({
  containerPath: "data",
  mode,
  source: {
    kind: "persistent",
    directory: { role: roleName("db/prod"), id, disk: { kind: "root" }, isShared: false, ...changes },
  },
});

function volumesHold(runtime: string, abilities: OciHost): void {
  describe(`volumes of ${runtime}`, () => {
    let bench: Bench;
    let outside: string;
    before(async () => {
      outside = await temporaryDirectory();
      chmodSync(outside, 0o755);
      for (const name of ["shared", "looked-at", "secret"]) mkdirSync(join(outside, name), { mode: 0o755 });
      mkdirSync(join(outside, "mount"));
      mkdirSync(join(outside, "path"));
      mkdirSync(join(outside, "images/root"), { recursive: true });
      makeRoot(join(outside, "images/root"));
      writeFileSync(join(outside, "secret/word"), "hidden\n");
      writeFileSync(join(outside, "looked-at/word"), "shown\n");
      chmodSync(join(outside, "shared"), 0o777);
      bench = new Bench(abilities, await temporaryDirectory(), {
        allowedImageDirectories: [join(outside, "images")],
        hostVolumes: [
          { path: join(outside, "shared"), mode: "read-write" },
          { path: join(outside, "looked-at"), mode: "read-only" },
          { path: join(outside, "partly"), mode: "read-write" },
        ],
        maskedPaths: [join(outside, "partly/masked")],
      });
      for (const name of ["open", "masked"]) mkdirSync(join(outside, "partly", name), { recursive: true });
    });
    after(async () => {
      await bench.dispose();
      await rm(outside, { recursive: true, force: true });
    });

    const run = async (
      text: string,
      volumes: readonly ContainerVolume[],
      more: Partial<ContainerSpec> = {},
    ) => {
      const spec = contractSpec(shell(text), { volumes, ...more });
      const { exited, stdout, stderr } = await bench.run(spec);
      await bench.removed(spec);
      return { code: exited.exit.kind === "code" ? exited.exit.code : exited.exit, stdout, stderr };
    };
    const wiped = async (volume: ContainerVolume) => {
      assert.ok(volume.source.kind === "persistent");
      const before = bench.outcomes.length;
      bench.containers.perform({ type: "remove-volume", volume: volume.source.directory });
      const outcome = await until("the volume to be removed", () =>
        bench.outcomes.slice(before).find(({ type }) => type === "volume-removed"),
      );
      assert.ok(outcome.type === "volume-removed" && outcome.fault === undefined, JSON.stringify(outcome));
    };
    const hostVolume = (path: string, mode: VolumeMode = "read-write"): ContainerVolume => ({
      containerPath: "data",
      mode,
      source: { kind: "host", path },
    });

    it("a persistent volume keeps what a task wrote for the next one, and nothing when it was wiped", async () => {
      const volume = persistent("kept");
      assert.ok(volume.source.kind === "persistent");
      bench.containers.perform({ type: "create-volume", volume: volume.source.directory });
      const place = join(bench.directory, "volumes/roles/db prod/kept");
      await until("its directory", () => existsSync(place));
      assert.deepEqual(await run("echo hello >data/file; id -u", [volume]), {
        ...{ code: 0, stdout: "65534\n", stderr: "" },
      });
      assert.equal(statSync(place).uid, 65_534);
      assert.equal((await run("cat data/file", [volume])).stdout, "hello\n");
      // One of another user, and read-only.
      const daemon = await run("cat data/file; echo x >data/file2", [persistent("kept", {}, "read-only")], {
        user: "daemon",
      });
      assert.match(daemon.stderr, /[Rr]ead-only file system/);
      await wiped(volume);
      assert.equal(existsSync(place), false);
      assert.deepEqual((await run("ls data", [volume])).stdout, "");
      await wiped(volume);
    });

    it("who looks into a sandbox sees its persistent and sandbox volumes, and nothing beyond them", async () => {
      const shared = (containerPath: string, path: string): ContainerVolume => ({
        ...{ containerPath, mode: "read-write" },
        source: { kind: "sandbox", of: "parent", path },
      });
      const host = { ...hostVolume(join(outside, "looked-at"), "read-only"), containerPath: "host" };
      const text =
        "echo kept >data/file; echo ours >common/file; ln -s /etc/hostname data/out; " +
        "ln -s ../../../other data/beside; cd /mnt/mesos/executor; mv swapped away; ln -s /etc swapped; cd -; " +
        "test -s host/word && : >done; sleep 1000";
      const spec = contractSpec(shell(text), {
        nestedTaskId: taskId("t1"),
        volumes: [persistent("seen"), shared("common", "pool"), shared("trap", "swapped"), host],
      });
      await bench.launched(spec);
      await until("its files", () => existsSync(bench.sandboxFile(spec, "done")));
      const look = async (containers: Bench["containers"], path: string): Promise<string> => {
        const files = new SandboxFiles(join(bench.directory, "sandboxes"), containers.volumesIn);
        const found = await files.read(bench.sandboxFile(spec, path), 0, undefined);
        return found.kind === "range" ? found.data.toString() : found.code;
      };
      const everything = async (containers: Bench["containers"]) =>
        await Promise.all(
          [
            "data/file",
            "common/file",
            "data/out",
            "data/beside",
            "trap/hostname",
            "host/word",
            "../../pool/file",
          ].map((path) => look(containers, path)),
        );
      const expected = ["kept\n", "ours\n", "forbidden", "not-found", "forbidden", "not-found", "ours\n"];
      assert.deepEqual(await everything(bench.containers), expected);
      // Another agent on the same directory, as after a start.
      const next = new Bench(abilities, bench.directory);
      next.containers.perform({ type: "recover", known: [spec.containerId] });
      await until("recovery", () => next.outcomes.some(({ type }) => type === "recovered"));
      assert.deepEqual(await everything(next.containers), expected);
      await next.containers.close();
      await bench.removed(spec);
      assert.deepEqual((await everything(bench.containers)).slice(0, 2), ["not-found", "not-found"]);
      await wiped(persistent("seen"));
    });

    it("an absolute path in an image, and several levels below the sandbox", async () => {
      const root = { kind: "file", path: join(outside, "images/root") } as const;
      const at = (containerPath: string): ContainerVolume => ({ ...persistent("deep"), containerPath });
      assert.equal((await run("echo deep >/var/lib/it/file", [at("/var/lib/it")], { root })).code, 0);
      const deep = await run("cat a/b/c/file && echo more >a/own", [at("a/b/c")]);
      assert.deepEqual(deep, { code: 0, stdout: "deep\n", stderr: "" });
      await wiped(at("a"));
    });

    it("path and mount disks have their volumes on them", async () => {
      const onPath = persistent("p", { disk: { kind: "path", root: join(outside, "path") } });
      const onMount = persistent("m", { disk: { kind: "mount", root: join(outside, "mount") } });
      assert.equal((await run("echo 1 >data/file", [onPath])).code, 0);
      assert.equal((await run("echo 2 >data/file; mkdir data/d", [onMount])).code, 0);
      assert.equal(readFileSync(join(outside, "path/volumes/roles/db prod/p/file"), "utf8"), "1\n");
      assert.equal(readFileSync(join(outside, "mount/file"), "utf8"), "2\n");
      await wiped(onPath);
      await wiped(onMount);
      assert.deepEqual(readdirSync(join(outside, "path/volumes/roles")), []);
      assert.deepEqual(readdirSync(join(outside, "mount")), []);
      const nowhere = persistent("n", { disk: { kind: "mount", root: join(outside, "nowhere") } });
      const refused = await bench.refused(contractSpec(shell("true"), { volumes: [nowhere] }));
      assert.match(refused.message, /volume n is not there/);
    });

    it("a shared volume is seen by two tasks at a time, and belongs to the first", async () => {
      const volume = persistent("s", { isShared: true });
      const first = contractSpec(shell("echo first >data/file; sleep 1000"), { volumes: [volume] });
      await bench.launched(first);
      const place = join(bench.directory, "volumes/roles/db prod/s");
      await until("the first to write", () => existsSync(join(place, "file")));
      const second = await run("cat data/file; echo x >data/mine", [volume], { user: "daemon" });
      assert.match(second.stdout, /first/);
      assert.match(second.stderr, /[Pp]ermission denied/);
      assert.equal(statSync(place).uid, 65_534);
      await bench.removed(first);
      await wiped(volume);
    });

    it("a path of the host is given as the operator allowed it, and no other", async () => {
      const written = await run("echo x >data/file", [hostVolume(join(outside, "shared"))]);
      assert.equal(written.code, 0);
      assert.equal(readFileSync(join(outside, "shared/file"), "utf8"), "x\n");
      const word = join(outside, "looked-at/word");
      assert.equal((await run("cat data", [hostVolume(word, "read-only")])).stdout, "shown\n");
      const readOnly = await run("echo x >data/f", [hostVolume(join(outside, "looked-at"), "read-only")]);
      assert.match(readOnly.stderr, /[Rr]ead-only file system/);

      assert.equal((await run("ls data", [hostVolume(join(outside, "partly/open"))])).code, 0);
      symlinkSync(join(outside, "secret"), join(outside, "shared/link"));
      for (const path of [
        join(outside, "secret"),
        join(outside, "shared/link"),
        join(outside, "shared/../secret"),
        join(outside, "partly"),
        join(outside, "partly/masked"),
        bench.directory,
        "/",
        "/etc",
      ]) {
        const refused = await bench.refused(contractSpec(shell("true"), { volumes: [hostVolume(path)] }));
        assert.match(refused.message, /not below a directory that this agent's operator allowed/, path);
        assert.equal(refused.reason, "task-unauthorized");
      }
      const write = await bench.refused(
        contractSpec(shell("true"), { volumes: [hostVolume(join(outside, "looked-at"))] }),
      );
      assert.match(write.message, /may only be read/);
    });

    it("a directory of the sandbox, and one that tasks of a group share", async () => {
      const own = await run("echo x >/tmp/seen/file; cat inner/file", [
        {
          containerPath: "/tmp/seen",
          mode: "read-write",
          source: { kind: "sandbox", of: "self", path: "inner" },
        },
      ]);
      assert.deepEqual(own, { code: 0, stdout: "x\n", stderr: "" });
      const parent: ContainerVolume = {
        containerPath: "both",
        mode: "read-write",
        source: { kind: "sandbox", of: "parent", path: "common" },
      };
      const ids = { frameworkId: frameworkId("framework-1"), executorId: executorId("group") };
      const member = (name: string) => ({ ...ids, nestedTaskId: taskId(name) });
      assert.equal((await run("echo said >both/file", [parent], member("one"))).code, 0);
      assert.equal((await run("cat both/file", [parent], member("two"))).stdout, "said\n");
      const alone = await bench.refused(contractSpec(shell("true"), { volumes: [parent] }));
      assert.match(alone.message, /runs in no container of another/);
    });

    it("links that lie where a volume comes from or goes to are not followed", async () => {
      const ids = { frameworkId: frameworkId("framework-1"), executorId: executorId("trap") };
      const nested = { ...ids, nestedTaskId: taskId("victim") };
      const shared = join(bench.directory, "sandboxes/framework-1/trap");
      mkdirSync(join(shared, "tasks/victim"), { recursive: true });
      symlinkSync(join(outside, "secret"), join(shared, "from"));
      symlinkSync(join(outside, "secret"), join(shared, "tasks/victim/to"));
      chownSync(join(shared, "tasks/victim"), 65_534, 65_534);
      const volume = (containerPath: string, path: string): ContainerVolume => ({
        containerPath,
        mode: "read-write",
        source: { kind: "sandbox", of: "parent", path },
      });
      for (const volumes of [
        [volume("here", "from")],
        [volume("here", "from/below")],
        [volume("to", "fine")],
        [volume("to/below", "fine")],
      ]) {
        const refused = await bench.refused(contractSpec(shell("true"), { ...nested, volumes }));
        assert.match(refused.message, /in the way|neither a directory/, JSON.stringify(volumes));
      }
      assert.deepEqual(readdirSync(join(outside, "secret")), ["word"]);
    });

    it("a source that was swapped since it was looked at is not mounted", () => {
      const directory = join(outside, `swapped-${runtime}`);
      mkdirSync(join(directory, "volumes/0"), { recursive: true });
      const lookedAt = statSync(join(outside, "shared"));
      writeFileSync(join(directory, "volumes/0.identity"), `${lookedAt.dev}:${lookedAt.ino}\n`);
      const bind = (source: string): ReturnType<typeof spawnSync> => {
        rmSync(join(directory, "volumes/0.source"), { force: true });
        symlinkSync(join(outside, source), join(directory, "volumes/0.source"));
        const script = join(import.meta.dirname, "../src/shell/containers/oci/bind.sh");
        return spawnSync("unshare", ["--mount", "sh", script, "ls", "volumes/0"], {
          cwd: directory,
          encoding: "utf8",
        });
      };
      writeFileSync(join(outside, "shared/there"), "");
      assert.match(String(bind("shared").stdout), /there/);
      const swapped = bind("secret");
      assert.equal(swapped.status, 1);
      assert.equal(swapped.stdout, "");
      assert.match(String(swapped.stderr), /was changed/);
    });

    it("paths that are the container's own, or climb, are refused", async () => {
      for (const containerPath of [
        "/proc/x",
        "/dev",
        "/mnt/mesos/sandbox",
        "../up",
        "/",
        "a//b",
        "/etc/..",
      ]) {
        const volumes = [{ ...persistent("never"), containerPath }];
        const refused = await bench.refused(contractSpec(shell("true"), { volumes }));
        assert.match(refused.message, /cannot be mounted|must have no/, containerPath);
      }
    });
  });
}

for (const runtime of ["crun", "runc"] as const) {
  const host = await detectHost({ runtime });
  if (host.kind === "plain") it(`volumes of ${runtime}`, { skip: host.why }, () => {});
  else volumesHold(runtime, host);
}
