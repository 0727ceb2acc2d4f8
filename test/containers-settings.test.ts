/**
 * What Docker's parameters and Mesos's Linux settings come to in real containers, one by one, and what an agent does
 * not allow without its operator's word.
 */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { ContainerSettings } from "#model/container-settings.ts";
import type { CommandSpec } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import { detectHost } from "#shell/containers/detect.ts";
import type { OciHost } from "#shell/containers/host-abilities.ts";
import { parseParameters } from "#wire/docker/parameters.ts";
import { contractSpec } from "./containers-contract.ts";
import { Bench, makeRoot, shell, temporaryDirectory } from "./containers-real.ts";
import { buildImage, layerOf, layerOfDirectory } from "./images-build.ts";
import { TestRegistry, whyNoRegistry } from "./images-registry.ts";
import { until } from "./until.ts";

type Parameters = readonly (readonly [key: string, value: string])[];

/** As the agent's room makes a container of what the door gave it. */
function asked(parameters: Parameters): Partial<ContainerSpec> {
  const parsed = parseParameters(parameters.map(([key, value]) => ({ key, value })));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const { settings, volumes, rlimits, controls } = parsed.value;
  return {
    settings,
    ...(settings.env === undefined ? {} : { env: settings.env }),
    ...(settings.user === undefined ? {} : { user: settings.user }),
    ...(settings.workingDirectory === undefined ? {} : { workingDirectory: settings.workingDirectory }),
    ...(volumes.length === 0 ? {} : { volumes }),
    ...(rlimits.length === 0 ? {} : { rlimits }),
    ...(controls === undefined ? {} : { controls }),
  };
}

const bitsOf = (stdout: string, name: string): bigint =>
  BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, "m").exec(stdout)?.[1]}`);
const netBind = 1n << 10n;
const netRaw = 1n << 13n;
const chown = 1n;
const capabilities = "grep ^Cap /proc/self/status";

function settingsHold(runtime: string, host: OciHost): void {
  describe(`settings of ${runtime}`, () => {
    let strict: Bench;
    let open: Bench;
    let outside: string;
    let root: ContainerSpec["root"];
    before(async () => {
      outside = await temporaryDirectory();
      mkdirSync(join(outside, "images/root/proc"), { recursive: true });
      makeRoot(join(outside, "images/root"));
      root = { kind: "file", path: join(outside, "images/root") };
      const allowedImageDirectories = [join(outside, "images")];
      strict = new Bench(host, await temporaryDirectory(), { allowedImageDirectories, allowRoot: true });
      open = new Bench(host, await temporaryDirectory(), {
        ...{ allowedImageDirectories, allowRoot: true, allowPrivileged: true },
      });
    });
    after(async () => {
      await strict.dispose();
      await open.dispose();
      await rm(outside, { recursive: true, force: true });
    });

    const runIn = async (bench: Bench, text: string | CommandSpec, more: Partial<ContainerSpec>) => {
      const spec = contractSpec(typeof text === "string" ? shell(text) : text, more);
      const { exited, stdout, stderr } = await bench.run(spec);
      await bench.removed(spec);
      return { code: exited.exit.kind === "code" ? exited.exit.code : exited.exit, stdout, stderr };
    };
    const run = (text: string | CommandSpec, more: Partial<ContainerSpec>) => runIn(strict, text, more);
    const refusedAs = async (more: Partial<ContainerSpec>, sentence: RegExp, reason?: string) => {
      const refused = await strict.refused(contractSpec(shell("true"), more));
      assert.match(refused.message, sentence);
      if (reason !== undefined) assert.equal(refused.reason, reason);
    };

    it("env, user, workdir, group-add", async () => {
      const ran = await run(
        'echo "$A-$B"; id -u; pwd; id -G',
        asked([
          ["env", "A=1"],
          ["env", "B=x=y"],
          ["user", "daemon"],
          ["workdir", "/tmp"],
          ["group-add", "games"],
        ]),
      );
      const [variables, uid, directory, groups = ""] = ran.stdout.trim().split("\n");
      assert.deepEqual([variables, uid, directory], ["1-x=y", "1", "/tmp"]);
      assert.ok(groups.split(" ").includes("60"), groups);
      await refusedAs(asked([["group-add", "nosuch"]]), /no group "nosuch"/);
    });

    it("read-only: the image's files cannot be changed, the sandbox and tmpfs can", async () => {
      const ran = await run("echo x >/new; echo x >here && echo y >/scratch/f && cat here /scratch/f", {
        ...asked([
          ["read-only", "true"],
          ["tmpfs", "/scratch:size=1m,mode=1777"],
        ]),
        root,
      });
      assert.equal(ran.stdout, "x\ny\n");
      assert.match(ran.stderr, /Read-only file system/);
      assert.equal((await run("echo x >/home/new && cat /home/new", { root, user: "root" })).stdout, "x\n");
    });

    it("tmpfs: as large as asked for, of the mode asked for, and nothing runs from it unless asked", async () => {
      const spec = asked([
        ["tmpfs", "/tmp/small:size=64k,mode=700"],
        ["tmpfs", "/tmp/runs:exec"],
        ["tmpfs", "/tmp/seen:ro"],
      ]);
      const ran = await run(
        "cd /tmp/small && stat -c '%a %u' .; head -c 200000 /dev/zero >big; " +
          "for d in small runs; do printf '#!/bin/sh\\necho ran\\n' >/tmp/$d/p; chmod +x /tmp/$d/p; done; " +
          "rm big; printf '#!/bin/sh\\necho ran\\n' >p; chmod +x p; ./p; /tmp/runs/p; echo x >/tmp/seen/x",
        spec,
      );
      assert.equal(ran.stdout, "700 65534\nran\n");
      assert.match(ran.stderr, /No space left/);
      assert.match(ran.stderr, /ermission denied/);
      assert.match(ran.stderr, /Read-only file system/);
    });

    it("ulimit, shm-size, pids-limit, oom-score-adj, init", async () => {
      const ran = await run(
        "ulimit -n; ulimit -Hn; df -k /dev/shm | tail -1 | awk '{print $2}'; cat /proc/self/oom_score_adj",
        asked([
          ["ulimit", "nofile=100:200"],
          ["shm-size", "3m"],
          ["oom-score-adj", "500"],
          ["init", "true"],
        ]),
      );
      assert.equal(ran.stdout, "100\n200\n3072\n500\n");
      const forks = await run(
        "i=0; while [ $i -lt 60 ]; do i=$((i + 1)); sleep 1 & done; wait",
        // A runtime that is written in Go has some threads of its own in there until the command starts.
        asked([["pids-limit", "30"]]),
      );
      assert.match(forks.stderr, /fork|Resource temporarily/i);
      await refusedAs(asked([["oom-score-adj", "-5"]]), /spared/, "task-unauthorized");
    });

    it("cap-drop takes from root's, cap-add gives only what the operator allows", async () => {
      const dropped = await run(capabilities, {
        ...asked([
          ["cap-drop", "ALL"],
          ["cap-add", "NET_BIND_SERVICE"],
        ]),
        user: "root",
      });
      assert.equal(bitsOf(dropped.stdout, "CapEff"), netBind);
      assert.equal(bitsOf(dropped.stdout, "CapBnd"), netBind);
      const usual = await run(capabilities, { ...asked([["cap-drop", "cap_chown"]]), user: "root" });
      assert.equal(bitsOf(usual.stdout, "CapEff") & chown, 0n);
      assert.notEqual(bitsOf(usual.stdout, "CapEff") & netBind, 0n);
      await refusedAs(
        { ...asked([["cap-add", "NET_RAW"]]), user: "root" },
        /the capability NET_RAW, which this agent does not allow/,
        "task-unauthorized",
      );
      await refusedAs(asked([["cap-add", "NET_BIND_SERVICE"]]), /users other than root/, "task-unauthorized");
      const given = await runIn(open, capabilities, { ...asked([["cap-add", "NET_RAW"]]), user: "daemon" });
      assert.equal(bitsOf(given.stdout, "CapEff"), netRaw);
    });

    it("Mesos's capabilities: effective within bounding", async () => {
      const settings: ContainerSettings = {
        capabilities: { bounding: ["CHOWN", "NET_BIND_SERVICE"], effective: ["CHOWN"] },
      };
      const ran = await run(capabilities, { settings, user: "root" });
      assert.equal(bitsOf(ran.stdout, "CapEff"), chown);
      assert.equal(bitsOf(ran.stdout, "CapBnd"), chown | netBind);
      const beyond = { capabilities: { bounding: ["CHOWN"], effective: ["KILL"] } };
      await refusedAs({ settings: beyond, user: "root" }, /not in its bounding set/);
    });

    it("privileged, system calls, devices and the host's ipc are the operator's to allow", async () => {
      for (const [parameters, sentence] of [
        [[["privileged", "true"]], /a privileged container/],
        [[["security-opt", "seccomp=unconfined"]], /without a filter/],
        [[["device", "/dev/full:/dev/other"]], /the device \/dev\/full/],
        [[["ipc", "host"]], /the host's ipc/],
      ] as const)
        await refusedAs(asked(parameters), sentence, "task-unauthorized");
      const privileged = await runIn(
        open,
        `${capabilities}; grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status; test -w /sys/kernel && echo writable`,
        {
          ...asked([["privileged", "true"]]),
          user: "root",
        },
      );
      assert.notEqual(bitsOf(privileged.stdout, "CapEff") & netRaw, 0n);
      assert.match(privileged.stdout, /^NoNewPrivs:\s*0$/m);
      const filter = await runIn(
        open,
        "grep ^Seccomp: /proc/self/status",
        asked([["security-opt", "seccomp=unconfined"]]),
      );
      const usual = await runIn(open, "grep ^Seccomp: /proc/self/status", {});
      assert.match(usual.stdout, /:\s*2/);
      // What this machine's own filter is, every process here has.
      assert.ok(filter.code === 0);
      const device = await runIn(open, "echo x >/dev/other", asked([["device", "/dev/full:/dev/other:rw"]]));
      assert.match(device.stderr, /I\/O error|No space left/);
      const none = await open.refused(contractSpec(shell("true"), asked([["device", "/dev/nosuch"]])));
      assert.match(none.message, /no device \/dev\/nosuch/);
    });

    it("sysctl: of the container's own namespaces only", async () => {
      const ran = await run("cat /proc/sys/kernel/msgmax /proc/sys/fs/mqueue/msg_max", {
        ...asked([
          ["sysctl", "kernel.msgmax=9000"],
          ["sysctl", "fs.mqueue.msg_max=20"],
        ]),
      });
      assert.equal(ran.stdout, "9000\n20\n");
      await refusedAs(asked([["sysctl", "net.ipv4.ip_forward=1"]]), /shares the host's network/);
      await refusedAs(asked([["sysctl", "kernel.panic=1"]]), /the whole host's/);
    });

    it("add-host, on the host's files and in an image", async () => {
      for (const more of [{}, { root }]) {
        const ran = await run("cat /etc/hosts", { ...asked([["add-host", "db.test:10.9.8.7"]]), ...more });
        assert.match(ran.stdout, /^10\.9\.8\.7\s+db\.test$/m);
        assert.match(ran.stdout, /localhost/);
      }
    });

    it("stop-signal", async () => {
      const text = "trap 'echo hup; exit 0' HUP; echo ready; while :; do sleep 0.1; done";
      const spec = contractSpec(shell(text), asked([["stop-signal", "SIGHUP"]]));
      await strict.launched(spec);
      await until("it to listen", () => readFileSync(strict.sandboxFile(spec, "stdout"), "utf8") !== "");
      strict.containers.perform({ type: "signal", containerId: spec.containerId, signal: "TERM" });
      const exited = await strict.outcome(spec, ["exited"]);
      assert.ok(exited.type === "exited");
      await strict.removed(spec);
      assert.deepEqual(exited.exit, { kind: "code", code: 0 });
    });
  });
}

function imagesHold(host: OciHost): void {
  describe("images as volumes, and entry points", () => {
    let bench: Bench;
    let registry: TestRegistry;
    let home: string;
    before(async () => {
      home = await temporaryDirectory();
      makeRoot(join(home, "base"));
      registry = await TestRegistry.start(join(home, "registry"), { tls: false, access: "open" });
      const layers = [
        layerOfDirectory(join(home, "base")),
        layerOf([{ name: "start", mode: 0o755, content: '#!/bin/sh\necho "start: $*"\n' }]),
      ];
      const config = { Entrypoint: ["/start"], Cmd: ["usual"] };
      await registry.push("test/app", "1", buildImage({ layers, config }));
      const data = [
        layerOf([
          { name: "data/", type: "directory", mode: 0o777 },
          { name: "data/word", content: "of the image\n" },
        ]),
      ];
      await registry.push("test/data", "1", buildImage({ layers: data }));
      bench = new Bench(host, join(home, "agent"));
    });
    after(async () => {
      await bench.dispose();
      await registry.stop();
      await rm(home, { recursive: true, force: true });
    });
    const run = async (command: CommandSpec, more: Partial<ContainerSpec>) => {
      const spec = contractSpec(command, more);
      const { exited, stdout, stderr } = await bench.run(spec);
      await bench.removed(spec);
      return { exit: exited.exit, stdout, stderr };
    };
    const image = (): ContainerSpec["root"] => ({
      ...{ kind: "image", reference: `${registry.host}/test/app:1`, forcePull: false, container: "docker" },
    });

    it("entrypoint takes the place of the image's, with its arguments", async () => {
      const own: CommandSpec = { kind: "entrypoint", arguments: [] };
      assert.equal((await run(own, { root: image() })).stdout, "start: usual\n");
      const given: CommandSpec = { kind: "entrypoint", arguments: ["/marker"] };
      const ran = await run(given, { root: image(), ...asked([["entrypoint", "/bin/cat"]]) });
      assert.equal(ran.stdout, "original\n");
      const none = await bench.refused(contractSpec(own, { root: image(), ...asked([["entrypoint", ""]]) }));
      assert.match(none.message, /needs a command/);
    });

    it("an image's files are there to read, or to write for oneself", async () => {
      const volume = (mode: "read-only" | "read-write"): Partial<ContainerSpec> => ({
        volumes: [
          {
            ...{ containerPath: "given", mode },
            source: { kind: "image", reference: `${registry.host}/test/data:1`, forcePull: false },
          },
        ],
      });
      const seen = await run(shell("cat given/data/word; echo x >given/data/new"), volume("read-only"));
      assert.equal(seen.stdout, "of the image\n");
      assert.match(seen.stderr, /Read-only file system/);
      const written = shell("ls given/data; echo x >given/data/new && cat given/data/new");
      for (let time = 0; time < 2; time += 1)
        assert.equal((await run(written, volume("read-write"))).stdout, "word\nx\n");
      // In use by nobody, it can be forgotten.
      assert.notDeepEqual(await bench.containers.pruneImages([]), []);
      assert.equal((await run(shell("cat given/data/word"), volume("read-only"))).stdout, "of the image\n");
    });

    it("an image's files as an artifact: a directory, or a tarball", async () => {
      const uri = `docker://${registry.host}/test/data:1`;
      const artifact = { uri, extract: true, executable: false, cache: true };
      const artifacts = [
        artifact,
        { ...artifact, uri: uri.replace("docker", "oci"), extract: false, outputFile: "d/x.tar" },
      ];
      const ran = await run(shell("cat data/data/word; stat -c %u data/data/word; tar -tf d/x.tar"), {
        artifacts,
      });
      assert.equal(ran.stdout, "of the image\n65534\n./\n./data/\n./data/word\n");
      const root = await run(shell("./base/bin/ls base && base/bin/sh -c 'exit 3'"), {
        artifacts: [{ ...artifact, uri: `docker://${registry.host}/test/app:1`, outputFile: "base" }],
      });
      assert.deepEqual(root.exit, { kind: "code", code: 3 });
      assert.match(root.stdout, /^marker$/m);
      const missing = await bench.refused(
        contractSpec(shell("true"), { artifacts: [{ ...artifact, uri: `${uri}-not` }] }),
      );
      assert.match(missing.message, /fetching docker:.* failed: image .* cannot be had/);
    });

    it("an image in use as a volume is not forgotten", async () => {
      const volumes = [
        {
          ...{ containerPath: "given", mode: "read-only" as const },
          source: { kind: "image" as const, reference: `${registry.host}/test/data:1`, forcePull: false },
        },
      ];
      const spec = contractSpec(shell("while [ ! -e stop ]; do sleep 0.1; done; cat given/data/word"), {
        volumes,
      });
      await bench.launched(spec);
      await bench.containers.pruneImages([]);
      assert.deepEqual(await bench.containers.pruneImages([]), []);
      await bench.removed(spec);
      assert.equal((await bench.containers.pruneImages([])).length, 1);
    });
  });
}

for (const runtime of ["crun", "runc"] as const) {
  const host = await detectHost({ runtime });
  if (host.kind === "plain") it(`settings of ${runtime}`, { skip: host.why }, () => {});
  else settingsHold(runtime, host);
}
const host = await detectHost();
const why = host.kind === "oci" ? whyNoRegistry() : host.why;
if (host.kind === "plain" || why !== undefined) it("images as volumes", { skip: why ?? true }, () => {});
else imagesHold(host);
