/**
 * Commands in real containers that have control groups of their own: what they may use, what is counted of them, and
 * that nothing of them is anywhere else, or left.
 */

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { milli, noResources, resources } from "#model/resources.ts";
import type { SessionGroup, SessionSpec } from "#model/session.ts";
import type { TaskExit } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { SessionRefusal, Sessions } from "#ports/sessions.ts";
import { cgroupParent } from "#shell/containers/create-containers.ts";
import { detectHost } from "#shell/containers/detect.ts";
import type { OciHost } from "#shell/containers/host-abilities.ts";
import { contractSpec } from "./containers-contract.ts";
import { Bench, shell, temporaryDirectory } from "./containers-real.ts";
import { until } from "./until.ts";

const MEBIBYTE = 1024 * 1024;

for (const runtime of ["crun", "runc"] as const) {
  const host = await detectHost({ runtime });
  const name = `commands with control groups of their own, in containers of ${runtime}`;
  if (host.kind === "plain") it(name, { skip: host.why }, () => {});
  else describe(name, () => groups(host));
}

function groups(host: OciHost): void {
  let bench: Bench;
  let sessions: Sessions;
  let task: ContainerSpec;
  let sandbox: string;
  before(async () => {
    bench = new Bench(host, await temporaryDirectory());
    sessions = bench.containers.sessions ?? assert.fail();
    task = contractSpec(shell("sleep 100000"), { resources: resources({ cpus: 0.2, mem: 128 }) });
    await bench.launched(task);
    sandbox = dirname(bench.sandboxFile(task, "stdout"));
  });
  after(() => bench.dispose());

  const launch = (
    sessionName: string,
    text: string,
    group: SessionGroup,
  ): Promise<SessionRefusal | undefined> => {
    const spec: SessionSpec = {
      ...{ name: sessionName, container: task.containerId, command: shell(text), env: {} },
      ...{ terminal: undefined, isDetached: true, group },
    };
    return new Promise((resolve) => sessions.launch(spec, resolve));
  };
  const exitOf = (sessionName: string): Promise<TaskExit> =>
    new Promise((resolve) => sessions.wait({ container: task.containerId, name: sessionName }, resolve));
  const outputOf = (sessionName: string): string =>
    readFileSync(join(sandbox, "containers", sessionName, "stdout"), "utf8");
  const groupOf = (controller: "cpu" | "memory", sessionName: string): string =>
    join(
      ...[host.cgroup.controllers[controller] ?? assert.fail(), cgroupParent("bench", bench.directory)],
      ...[task.containerId, `nested-${sessionName}`],
    );
  const isV2 = host.cgroup.mode === "v2";

  it("where the kernel cannot, it says so", { skip: !isV2 }, async () => {
    const refusal = await launch("no", "true", { resources: noResources, limits: {} });
    assert.equal(refusal?.code, "refused");
    assert.match(refusal.message, /version 2 .* 'share_cgroups'/);
  });

  it("memory of its own: what takes more is killed, and its container is not", { skip: isV2 }, async () => {
    const text = "head -c 60000000 /dev/zero | tail -c 50000000 >/dev/null; echo $?; id -u";
    assert.equal(await launch("eats", text, { resources: resources({ mem: 16 }), limits: {} }), undefined);
    assert.deepEqual(await exitOf("eats"), { kind: "code", code: 0 });
    assert.equal(outputOf("eats"), "137\n65534\n");
    // The same in its container's groups, which allow it.
    const spec = { name: "may", container: task.containerId, command: shell(text), env: {} };
    await new Promise((resolve) =>
      sessions.launch({ ...spec, terminal: undefined, isDetached: true }, resolve),
    );
    await exitOf("may");
    assert.equal(outputOf("may"), "0\n65534\n");
    assert.ok(!bench.outcomes.some(({ type }) => type === "exited"));
  });

  it("what it is given is written down, and what it uses is counted, while it runs", {
    skip: isV2,
  }, async () => {
    const text = "echo $$ >pid; until [ -e go ]; do i=$((i+1)); done; setsid sleep 4711 & exit 6";
    const group = { resources: resources({ cpus: 0.1, mem: 16 }), limits: { mem: "unlimited" as const } };
    assert.equal(await launch("counts", text, group), undefined);
    const read = (controller: "cpu" | "memory", file: string): string =>
      readFileSync(join(groupOf(controller, "counts"), file), "latin1").trim();
    assert.equal(read("cpu", "cpu.shares"), "102");
    assert.equal(read("memory", "memory.soft_limit_in_bytes"), String(16 * MEBIBYTE));
    assert.ok(Number(read("memory", "memory.limit_in_bytes")) > 1e15);
    const shown = await until("it to have used a cpu", () => {
      const [found] = sessions.running();
      return (found?.own?.usage.cpuUserSeconds ?? 0) > 0.05 ? found : undefined;
    });
    assert.deepEqual([shown.name, shown.own?.group], ["counts", group]);
    assert.ok((shown.own?.usage.memoryBytes ?? 0) > 0);
    writeFileSync(join(sandbox, "containers/counts/go"), "");
    assert.deepEqual(await exitOf("counts"), { kind: "code", code: 6 });
    // What left its session did not leave its groups.
    const left = () => (["cpu", "memory"] as const).some((each) => existsSync(groupOf(each, "counts")));
    await until("nothing of it to be left", () => !left());
    assert.deepEqual(sessions.running(), []);
  });

  it("limits that cannot be are refused, and leave nothing", { skip: isV2 }, async () => {
    const limits = { cpus: milli(2 ** 42) };
    const refusal = await launch("much", "true", { resources: noResources, limits });
    assert.equal(refusal?.code, "refused");
    assert.match(refusal.message, /^what it may use cannot be set: /);
    assert.ok(!existsSync(groupOf("memory", "much")));
  });
}
