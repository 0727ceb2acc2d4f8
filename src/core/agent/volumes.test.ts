import assert from "node:assert/strict";
import { test } from "node:test";
import type { Resource } from "#model/resource.ts";
import { resources } from "#model/resources.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { executorSpec, taskSpec } from "../../../test/support/agent-fixtures.ts";
import { kept, volume } from "../../../test/support/volume-fixtures.ts";

const checkpoint = (driver: AgentDriver, version: number, ...list: readonly Resource[]): void =>
  driver.master({ type: "checkpoint", checkpoint: { version, resources: list } });

const asked = ({ containers }: AgentDriver): readonly string[] =>
  containers.asked.flatMap((effect) =>
    effect.type === "create-volume" || effect.type === "remove-volume"
      ? [`${effect.type} ${effect.volume.id}`]
      : [],
  );

const doomed = ({ state }: AgentDriver): readonly string[] =>
  [...state.doomedVolumes.values()].map(({ id }) => id);

test("a volume is made when it appears and wiped when it is gone; one of another size is made once more, for its bounds", () => {
  const driver = AgentDriver.registered();
  checkpoint(driver, 1, kept("disk", 10), volume(10, "a"));
  checkpoint(driver, 2, kept("disk", 5), volume(15, "a"), volume(1, "b"));
  assert.deepEqual(asked(driver), ["create-volume a", "create-volume a", "create-volume b"]);
  checkpoint(driver, 3, kept("disk", 20), volume(1, "b"));
  assert.deepEqual(asked(driver).slice(3), ["remove-volume a"]);
  assert.deepEqual(doomed(driver), ["a"]);
  driver.deliver();
  assert.deepEqual(doomed(driver), []);
  // One that was overtaken says nothing.
  checkpoint(driver, 2, volume(15, "a"));
  assert.equal(asked(driver).length, 4);
});

test("a removal that was not confirmed is asked for again after a crash", () => {
  const driver = AgentDriver.registered();
  checkpoint(driver, 1, volume(10, "a"));
  checkpoint(driver, 2, kept("disk", 10));
  driver.containers.outcomes.length = 0;
  driver.crash();
  driver.deliver();
  assert.deepEqual(asked(driver), ["create-volume a", "remove-volume a", "remove-volume a"]);
  driver.deliver();
  assert.deepEqual(doomed(driver), []);
});

test("what could not be wiped stays to be wiped", () => {
  const driver = AgentDriver.registered();
  checkpoint(driver, 1, volume(10, "a"));
  checkpoint(driver, 2, kept("disk", 10));
  const outcome = driver.containers.outcomes.pop();
  assert.ok(outcome?.type === "volume-removed");
  driver.containers.outcomes.push({ ...outcome, fault: "it is busy" });
  driver.deliver();
  assert.deepEqual(doomed(driver), ["a"]);
});

test("a new volume of the same name, in use already, is not taken for the old one after a crash", () => {
  const driver = AgentDriver.registered();
  checkpoint(driver, 1, volume(10, "a"));
  checkpoint(driver, 2, kept("disk", 10));
  driver.containers.outcomes.length = 0;
  checkpoint(driver, 3, volume(10, "a"));
  driver.run(taskSpec("db", { resources: resources({ mem: 32, others: [volume(10, "a")] }) }));
  driver.containers.start("db");
  driver.crash();
  driver.deliver();
  assert.equal(asked(driver).filter((what) => what === "remove-volume a").length, 1);
  assert.deepEqual(doomed(driver), []);
});

test("a task's container is given the volume, and no larger a sandbox for it", () => {
  const driver = AgentDriver.registered();
  checkpoint(driver, 1, kept("disk", 7), volume(10, "a"));
  const own = { containerPath: "x", mode: "read-only", source: { kind: "host", path: "/srv" } } as const;
  driver.run(
    taskSpec("db", {
      resources: resources({ mem: 32, others: [kept("disk", 7), volume(10, "a")] }),
      volumes: [own],
    }),
  );
  const spec = driver.containers.spec("db");
  assert.equal(spec.resources.disk, 7_000);
  const directory = { role: "db", id: "a", disk: { kind: "root" }, isShared: false, mebibytes: 10 };
  assert.deepEqual(spec.volumes, [
    own,
    { containerPath: "data", mode: "read-write", source: { kind: "persistent", directory } },
  ]);
});

const using = (id: string, ...names: readonly string[]) =>
  taskSpec(id, { resources: resources({ mem: 32, others: names.map((name) => volume(1, name)) }) });

const endOf = (driver: AgentDriver, id: string): readonly unknown[] => {
  const { state, latest } = driver.task(id) ?? {};
  return [state, latest?.reason, latest?.message.replace(/^(Task \w+ .* was launched without).*/, "$1")];
};

test("a running executor gets no volume that it was launched without, nor the successor of one that was wiped", () => {
  const driver = AgentDriver.registered();
  checkpoint(driver, 1, volume(1, "a"), volume(1, "b"));
  const executor = executorSpec("exec");
  driver.runAt(executor, [using("first", "a")]);
  assert.deepEqual(
    driver.containers
      .spec("exec")
      .volumes?.map(({ source }) => source.kind === "persistent" && source.directory.id),
    ["a"],
  );
  driver.runAt(executor, [using("same", "a")]);
  driver.runAt(executor, [using("none")]);
  driver.runAt(executor, [using("other", "b")]);
  const why = (id: string) =>
    `Task ${id} uses a persistent volume at data that the container of executor exec was launched without`;
  assert.deepEqual(endOf(driver, "other"), ["dropped", "container-update-failed", why("other")]);
  for (const id of ["same", "none"]) assert.equal(driver.task(id)?.state, "staging", id);
  // The same after a restart of the agent, which knows it from its row.
  driver.containers.start("exec");
  driver.deliver();
  driver.crash();
  driver.deliver();
  driver.join();
  driver.runAt(executor, [using("again", "a")]);
  assert.equal(driver.task("again")?.state, "staging");
  driver.runAt(executor, [using("other2", "b")]);
  assert.equal(driver.task("other2")?.state, "dropped");
  // Wiped, and made once more under the same name: what is mounted is the old one.
  checkpoint(driver, 2, volume(1, "b"));
  checkpoint(driver, 3, volume(1, "a"), volume(1, "b"));
  driver.runAt(executor, [using("late", "a")]);
  assert.deepEqual(endOf(driver, "late"), ["dropped", "container-update-failed", why("late")]);
  // One that was launched without any.
  driver.runAt(executorSpec("bare"), [using("bare1")]);
  driver.runAt(executorSpec("bare"), [using("bare2", "b")]);
  assert.equal(driver.task("bare2")?.state, "dropped");
});
