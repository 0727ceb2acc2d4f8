/**
 * Pods with persistent volumes: a place of an instance's own, with the volumes at its executor, to which the next
 * group of containers comes back.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { volumesOf } from "#model/berth.ts";
import { appId } from "#model/ids.ts";
import type { PodDefinition } from "#model/pod.ts";
import { addResources, milli } from "#model/resources.ts";
import { isPersistentVolume } from "#model/volume.ts";
import { AppsDriver } from "../../../test/support/apps-driver.ts";
import { testContainer, testEndpoint, testPod } from "../../../test/support/pod-fixtures.ts";

const mount = { name: "pst", mountPath: "data", readOnly: false };

const resident = (over: Partial<PodDefinition> = {}): PodDefinition =>
  testPod("/db", {
    volumes: [{ kind: "persistent", name: "pst", wish: { type: "root", size: milli(100) } }],
    containers: [
      testContainer("one", { volumeMounts: [mount], endpoints: [testEndpoint("sql")] }),
      testContainer("two", { volumeMounts: [mount] }),
    ],
    upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 },
    unreachableStrategy: "disabled",
    ...over,
  });

const started = (pod = resident()) => {
  const driver = new AppsDriver();
  driver.putPod(pod);
  driver.advance(2_000);
  return driver;
};

const groupsOf = (driver: AppsDriver) =>
  driver.calls
    .flatMap((call) => (call.type === "accept" ? call.operations : []))
    .flatMap((operation) => (operation.kind === "launch-group" ? [operation] : []));

test("one accept reserves, creates the volume and launches; executor and tasks share out the place", () => {
  const driver = started();
  const accepts = driver.calls.filter((call) => call.type === "accept");
  assert.deepEqual(
    accepts.map(({ operations }) => operations.map(({ kind }) => kind)),
    [["reserve", "create", "launch-group"]],
  );
  const [berth] = [...driver.state.berths.values()];
  const [group] = groupsOf(driver);
  assert.ok(berth && group);
  assert.deepEqual(group.executor.resources.others.filter(isPersistentVolume), volumesOf(berth));
  const sum = group.tasks.reduce((all, task) => addResources(all, task.resources), group.executor.resources);
  assert.deepEqual(sum, berth.resources);
  assert.deepEqual(
    group.tasks.map(({ taskId }) => taskId),
    [`${berth.berthId}.one.1`, `${berth.berthId}.two.1`],
  );
  for (const { volumes } of group.tasks)
    assert.deepEqual(volumes, [
      {
        containerPath: "data",
        mode: "read-write",
        source: { kind: "sandbox", of: "parent", path: "pst" },
      },
    ]);
  assert.equal(berth.confirmed, true);
  assert.equal(driver.state.deployments.size, 0);
});

test("after a failure the next containers come to the same place, after a restart of the service, too", () => {
  const driver = started();
  const [berth] = [...driver.state.berths.values()];
  const [before] = driver.instances("/db");
  assert.ok(berth && before?.containers);
  const ports = before.ports;
  driver.status(before.containers[1]?.taskId as never, "failed");
  driver.restart();
  driver.advance(5_000);
  const [after] = driver.instances("/db");
  assert.deepEqual(
    after?.containers?.map(({ taskId }) => taskId),
    [`${berth.berthId}.one.2`, `${berth.berthId}.two.2`],
  );
  assert.equal(after?.agentId, before.agentId);
  assert.deepEqual(after?.ports, ports);
  assert.equal(driver.state.berths.size, 1);
});

test("what is reserved cannot be changed; what is not, can, in the same place", () => {
  const driver = started();
  const larger = resident({ executorResources: { cpus: milli(0.2), mem: milli(32), disk: milli(10) } });
  const refused = driver.submit({ type: "update-pod", definition: larger, force: true });
  assert.ok(refused && "kind" in refused && refused.code === "invalid");
  const [berth] = [...driver.state.berths.values()];
  driver.putPod(resident({ env: { NEW: "yes" } }));
  driver.advance(5_000);
  assert.deepEqual(
    driver.instances("/db").map(({ taskId }) => taskId),
    [`${berth?.berthId}.one.2` as never],
  );
  assert.equal(driver.state.deployments.size, 0);
});

test("wiping an instance, or deleting the pod, gives back its place", () => {
  const driver = started();
  const [instance] = driver.instances("/db");
  const [berth] = [...driver.state.berths.values()];
  assert.ok(instance && berth);
  driver.submit({ type: "kill-tasks", taskIds: [instance.taskId], scale: false, wipe: true, force: false });
  driver.advance(60_000);
  const [another] = [...driver.state.berths.values()];
  assert.notEqual(another?.berthId, berth.berthId);
  driver.deploy({ type: "delete-pod", id: appId("/db"), force: false });
  driver.advance(60_000);
  assert.equal(driver.state.berths.size, 0);
  assert.ok([...driver.agents.values()].every(({ total }) => total.others.length === 0));
});

test("the tasks of a pod whose own name looks like an instance's are called after their place", () => {
  const driver = started(resident({ id: appId("/db.instance-1") }));
  const [berth] = [...driver.state.berths.values()];
  const [group] = groupsOf(driver);
  assert.deepEqual(
    group?.tasks.map(({ taskId }) => taskId),
    [`${berth?.berthId}.one.1`, `${berth?.berthId}.two.1`],
  );
});
