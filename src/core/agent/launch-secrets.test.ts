/** Values of secrets reach the launcher once, and are in nothing that the agent keeps or says. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Volume } from "#model/container-volume.ts";
import { equalExecutors } from "#model/executor.ts";
import { resources } from "#model/resources.ts";
import type { Secret } from "#model/secret.ts";
import { withoutSecretValues } from "#model/secret-values.ts";
import type { RootFilesystem } from "#model/task.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { executorSpec, taskSpec } from "../../../test/support/agent-fixtures.ts";
import { volume } from "../../../test/support/volume-fixtures.ts";

const data = "aHVudGVyMg==";
const given: Secret = { kind: "value", data };
const named: Secret = { kind: "reference", name: "db/password" };
const secretEnv = { A: given, B: named };
const volumes: readonly Volume[] = [
  { containerPath: "f", mode: "read-only", source: { kind: "secret", secret: given } },
  { containerPath: "d", mode: "read-write", source: { kind: "host", path: "/srv" } },
];
const root: RootFilesystem = {
  ...{ kind: "image", reference: "web", forcePull: false, container: "mesos" },
  pullConfig: data,
};

/** All that outlives this process, and all that was sent. */
const kept = (driver: AgentDriver): string =>
  JSON.stringify([driver.storedTasks(), driver.storedExecutors(), driver.storedStreams(), driver.sent]);

test("a task's, an executor's and those of a group", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web", { secretEnv, volumes, root }));
  const custom = executorSpec("exec", { secretEnv, volumes, root });
  driver.runAt(custom, [taskSpec("a", { command: undefined })]);
  for (const name of ["web", "exec"]) {
    const spec = driver.containers.spec(name);
    assert.deepEqual([spec.secretEnv, spec.volumes, spec.root], [secretEnv, volumes, root], name);
  }
  assert.ok(!kept(driver).includes(data));
  assert.ok(kept(driver).includes("db/password"));
  assert.equal(driver.state.launchSecrets.size, 0);
});

test("one that waits for its sandbox has them still, and one that dies with the agent leaves none", () => {
  const driver = AgentDriver.registered();
  const task = (name: string) => [taskSpec(name, { command: undefined })];
  driver.runAt(executorSpec("exec", {}), task("a"));
  driver.containers.start("exec");
  driver.deliver();
  driver.containers.end("exec", { kind: "code", code: 0 });
  driver.submitNext();
  driver.runAt(executorSpec("exec", { secretEnv }), task("b"));
  assert.deepEqual(driver.containers.launches, ["exec"]);
  assert.equal(driver.state.launchSecrets.size, 1);
  assert.ok(!kept(driver).includes(data));
  driver.deliver();
  assert.deepEqual(driver.containers.launches, ["exec", "exec"]);
  assert.deepEqual(driver.containers.spec("exec").secretEnv, secretEnv);
  assert.equal(driver.state.launchSecrets.size, 0);
  driver.crash();
  driver.deliver();
  assert.ok(!kept(driver).includes(data));
});

test("an executor is the same for a master that never saw its secrets", () => {
  const whole = executorSpec("exec", { secretEnv, volumes, root });
  assert.ok(equalExecutors(whole, withoutSecretValues(whole)));
  assert.ok(!equalExecutors(whole, { ...whole, secretEnv: { A: given } }));
});

test("a task of a group with a secret of its own has its executor's persistent volume still", () => {
  const driver = AgentDriver.registered();
  driver.master({ type: "checkpoint", checkpoint: { version: 1, resources: [volume(10, "a")] } });
  const parent = { kind: "sandbox", of: "parent", path: "data" } as const;
  const own: readonly Volume[] = [...volumes, { containerPath: "p", mode: "read-write", source: parent }];
  const others = [volume(10, "a")];
  driver.runGroup(executorSpec("pod", { kind: "default", resources: resources({ others }) }), [
    taskSpec("a", { volumes: own }),
  ]);
  const [secret, path, shared] = driver.containers.spec("a").volumes ?? [];
  assert.deepEqual([secret, path], volumes);
  assert.equal(shared?.source.kind, "persistent");
});
