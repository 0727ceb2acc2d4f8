/** Containers with users of their own: what they own inside and on the host, how they go on, and what is left. */

import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { roleName, taskId } from "#model/ids.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import { createContainers } from "#shell/containers/create-containers.ts";
import { detectHost } from "#shell/containers/detect.ts";
import type { OciHost } from "#shell/containers/host-abilities.ts";
import { claimsDirectory, usualIds } from "#shell/containers/oci/user-ids.ts";
import { tryUserNamespaces } from "#shell/containers/oci/user-namespace-probe.ts";
import { contractSpec } from "./containers-contract.ts";
import { Bench, makeRoot, shell, temporaryDirectory } from "./containers-real.ts";
import { RunningSession } from "./sessions-runner.ts";
import { temporaryDirectory as ownDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const NOBODY = 65_534;
const place = ownDirectory("unum-users-");
chmodSync(place, 0o711);
const trial = process.getuid?.() === 0 ? await tryUserNamespaces(place) : { works: false, why: "not root" };

for (const runtime of ["crun", "runc"] as const) {
  const host = await detectHost({ runtime });
  const skip =
    host.kind === "plain"
      ? host.why
      : trial.works
        ? false
        : `no user namespaces: ${"why" in trial ? trial.why : ""}`;
  if (skip !== false || host.kind === "plain") it(`users of ${runtime}`, { skip }, () => {});
  else usersAreOwn(runtime, host);
}

/** The host's id of the container's first one, by the kernel's own words. */
const firstId = (pid: number): number =>
  Number(/^\s*0\s+(\d+)\s+65536\s*$/m.exec(readFileSync(`/proc/${pid}/uid_map`, "utf8"))?.[1]);

const uidOnHost = (pid: number): number =>
  Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

function usersAreOwn(runtime: string, host: OciHost): void {
  describe(`users of containers of ${runtime}`, () => {
    let bench: Bench;
    let images: string;
    before(async () => {
      images = join(place, `images-${runtime}`);
      mkdirSync(images);
      makeRoot(join(images, "tree"));
      const directory = await temporaryDirectory();
      chmodSync(directory, 0o711);
      mkdirSync(join(images, "shared"), { mode: 0o777 });
      chmodSync(join(images, "shared"), 0o777);
      writeFileSync(join(images, "shared/word"), "shown\n");
      const secrets = join(images, "secrets");
      mkdirSync(secrets, { mode: 0o700 });
      writeFileSync(join(secrets, "db"), "the word\n", { mode: 0o600 });
      bench = new Bench(host, directory, {
        userIds: usualIds,
        allowRoot: true,
        allowedImageDirectories: [images],
        secretsDirectory: secrets,
        hostVolumes: [{ path: join(images, "shared"), mode: "read-write" }],
      });
    });
    after(async () => {
      await bench.dispose();
      assert.deepEqual(claimsBelow(bench.directory), []);
    });

    it("root is root inside and nobody on the host; each container has ids that no other has", async () => {
      const specs = [1, 2].map(() => contractSpec(shell("id -u; exec sleep 1000"), { user: "root" }));
      const pids = await Promise.all(specs.map((spec) => bench.launched(spec)));
      const firsts = pids.map(firstId);
      assert.equal(new Set(firsts).size, 2);
      for (const [index, first] of firsts.entries()) {
        assert.ok(first >= usualIds.first && first < usualIds.last, String(first));
        assert.equal(uidOnHost(pids[index] ?? 0), first);
      }
      assert.deepEqual(
        claimsBelow(bench.directory),
        firsts.toSorted((a, b) => a - b),
      );
      for (const spec of specs) {
        await until("its words", () => readFileSync(bench.sandboxFile(spec, "stdout"), "utf8") === "0\n");
        await bench.removed(spec);
      }
      assert.deepEqual(claimsBelow(bench.directory), []);
    });

    it("its sandbox is its user's inside, and on disk as without a namespace; its output can be opened again", async () => {
      const text =
        "stat -c '%u %g' . stdout; echo new >new; mkdir -p a/b; echo again >>/dev/stdout; echo bad >>/dev/stderr; stat -c %u /usr /tmp; touch /usr/x 2>/dev/null || echo kept";
      const { stdout, stderr } = await bench.run(contractSpec(shell(text)));
      assert.equal(stdout, "65534 65534\n65534 65534\nagain\n65534\n0\nkept\n");
      assert.equal(stderr, "bad\n");
    });

    it("of the host's /sys it sees no control groups, and can write nothing", async () => {
      const text =
        "ls -A /sys/fs/cgroup /sys/kernel/debug; find /sys -writable ! -type l 2>/dev/null | head -n 3; ls /sys/class | grep -x net";
      const { stdout } = await bench.run(contractSpec(shell(text), { user: "root" }));
      assert.equal(stdout.replace(/^(\/sys\/\S+:)?\n/gm, ""), "net\n");
    });

    it("root of a group's task changes nothing in the others' sandboxes", async () => {
      const { executorId } = contractSpec(shell(""));
      const nested = (name: string, text: string) =>
        contractSpec(shell(text), { executorId, nestedTaskId: taskId(name), user: "root" });
      await bench.run(nested("first", "echo mine >own"));
      const text = `cd "$MESOS_DIRECTORY"; echo shared >there; cat there tasks/first/own
        mv tasks/first/stdout away 2>/dev/null || echo kept; mv tasks away 2>/dev/null || echo kept
        mount -o remount,bind,rw tasks 2>/dev/null || umount tasks 2>/dev/null || echo kept`;
      const { stdout } = await bench.run(nested("second", text));
      assert.equal(stdout, "shared\nmine\nkept\nkept\nkept\n");
    });

    it("what it writes belongs on disk to the user that it is, so that volumes outlive it and are shared", async () => {
      const data = {
        containerPath: "data",
        mode: "read-write",
        source: {
          kind: "persistent",
          directory: { role: roleName("db"), id: "one", disk: { kind: "root" }, isShared: false },
        },
      } as const;
      const shared = {
        containerPath: "shared",
        mode: "read-write",
        source: { kind: "host", path: join(images, "shared") },
      } as const;
      const volumes = [data, shared];
      const text =
        "cat shared/word; echo mine >>data/file; echo too >shared/$(id -u); cat data/file; stat -c %u data/file";
      const first = await bench.run(contractSpec(shell(text), { volumes }));
      assert.equal(first.stdout, "shown\nmine\n65534\n", first.stderr);
      const second = await bench.run(contractSpec(shell(text), { volumes }));
      assert.equal(second.stdout, "shown\nmine\nmine\n65534\n", second.stderr);
      assert.equal(statSync(join(images, "shared/65534")).uid, NOBODY);
    });

    it("an image's files have their owners, and its writable layer is the container's own", async () => {
      const root = { kind: "file", path: join(images, "tree") } as const;
      const text =
        "id -u; ls -nd /home/worker /marker /etc; echo changed >/home/worker/file && ls -n /home/worker/file; cat /marker";
      const { stdout, stderr } = await bench.run(contractSpec(shell(text), { root, user: "worker" }));
      const owners = stdout
        .split("\n")
        .map((line) => line.replace(/^\S+ +\d+ +(\d+) +(\d+).* (\S+)$/, "$1 $2 $3"));
      assert.deepEqual(
        owners,
        [
          "4242",
          "0 0 /etc",
          "4242 4242 /home/worker",
          "0 0 /marker",
          "4242 4242 /home/worker/file",
          "original",
          "",
        ],
        `${stdout}${stderr}`,
      );
      const own = "id -u; echo mine >/new && ls -n /new; echo over >/marker; cat /marker";
      const asRoot = await bench.run(contractSpec(shell(own), { root, user: "root" }));
      assert.match(asRoot.stdout, /^0\n\S+ 1 0 0 .*\/new\nover\n$/, asRoot.stderr);
      assert.equal(readFileSync(join(images, "tree/marker"), "utf8"), "original\n");
    });

    it("secrets are its user's alone, and a network of its own goes with users of its own", async () => {
      const secret = {
        containerPath: "conf",
        mode: "read-only",
        source: { kind: "secret", secret: { kind: "reference", name: "db" } },
      } as const;
      const text = "cat conf; stat -c '%u %a' conf; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '";
      const network = { mode: "none", networks: [] } as const;
      const { stdout, stderr } = await bench.run(contractSpec(shell(text), { volumes: [secret], network }));
      assert.equal(stdout, "the word\n65534 400\nlo\n", stderr);
    });

    it("tasks of a group have ids of their own each, and share their directory", async () => {
      const executor = contractSpec(shell("sleep 1000"));
      const nested = (name: string, text: string): ContainerSpec =>
        contractSpec(shell(text), { executorId: executor.executorId, nestedTaskId: taskId(name) });
      const write = nested(
        "writer",
        'echo "from a neighbour" >"$MESOS_DIRECTORY/letter"; stat -c %u "$MESOS_DIRECTORY/letter"',
      );
      const wrote = await bench.run(write);
      assert.equal(wrote.stdout, "65534\n", wrote.stderr);
      const read = await bench.run(nested("reader", 'cat "$MESOS_DIRECTORY/letter"'));
      assert.equal(read.stdout, "from a neighbour\n", read.stderr);
    });

    it("commands and checks in it are of its users, too", async () => {
      const spec = contractSpec(shell("sleep 1000"), { user: "root" });
      const pid = await bench.launched(spec);
      const { sessions } = bench.containers;
      assert.ok(sessions !== undefined);
      const session = await RunningSession.launch(sessions, {
        ...{ name: "own", container: spec.containerId, env: {}, terminal: undefined, isDetached: false },
        command: shell("id -u; cat /proc/self/uid_map; echo made >made"),
      });
      const { stdout } = await session.ended;
      assert.match(stdout, new RegExp(`^0\n\\s+0\\s+${firstId(pid)}\\s+65536\n$`));
      assert.equal(statSync(bench.sandboxFile(spec, "made")).uid, 0);
      const terminal = { columns: 80, rows: 24 };
      const typed = await RunningSession.launch(sessions, {
        ...{ name: "typed", container: spec.containerId, env: {}, terminal, isDetached: false },
        command: shell("tty; echo out >/dev/tty"),
      });
      assert.match((await typed.ended).stdout, /\/dev\/pts\/\d+\r?\nout/);
      const check = { command: shell("test $(id -u) = 0 && grep -q 65536 /proc/self/uid_map") };
      bench.containers.perform({
        ...{ type: "check", containerId: spec.containerId, checkId: "1", probe: check, timeoutMs: 20_000 },
      });
      const result = await bench.outcome(spec, ["check-result"]);
      assert.ok(result.type === "check-result" && result.ok, JSON.stringify(result));
      await bench.removed(spec);
    });

    it("a user that no namespace has is refused", async () => {
      const before = claimsBelow(bench.directory);
      const { message } = await bench.refused(contractSpec(shell("id"), { user: "100000:100000" }));
      assert.match(message, /user or group 100000 is not among the 65536 of its user namespace/);
      assert.deepEqual(claimsBelow(bench.directory), before);
    });

    it("an agent that starts anew, told to use none, finds its ids and frees them at the end", async () => {
      const directory = await temporaryDirectory();
      chmodSync(directory, 0o711);
      const first = new Bench(host, directory, { userIds: usualIds });
      const spec = contractSpec(shell("sleep 1000"));
      const pid = await first.launched(spec);
      const ids = firstId(pid);
      await first.containers.close();
      const second = createContainers({ host, directory, agentName: "bench", pollMs: 200 });
      let recovered: unknown;
      second.onOutcome((outcome) => {
        if (outcome.type === "recovered") recovered = outcome.running;
      });
      second.perform({ type: "recover", known: [spec.containerId] });
      await until("it to be found", () => recovered);
      assert.deepEqual(recovered, [spec.containerId]);
      assert.deepEqual(claimsBelow(directory), [ids]);
      await second.destroyAll();
      assert.deepEqual(claimsBelow(directory), []);
      assert.equal(existsSync(`/proc/${pid}`), false);
      await first.dispose();
    });
  });
}

/** The ranges that containers below the directory have. */
function claimsBelow(directory: string): readonly number[] {
  if (!existsSync(claimsDirectory)) return [];
  return readdirSync(claimsDirectory)
    .filter((name) => readlinkSync(join(claimsDirectory, name)).startsWith(`${directory}/`))
    .map(Number)
    .toSorted((a, b) => a - b);
}
