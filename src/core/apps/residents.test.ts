/**
 * Resident apps: their instances' reservations and volumes outlive tasks, upgrades and restarts, and end only when
 * their owner says so.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppDefinition } from "#model/app.ts";
import { volumesOf } from "#model/berth.ts";
import { appId, taskId } from "#model/ids.ts";
import type { PersistentVolume } from "#model/persistent-volume.ts";
import { formatRefusal } from "#model/reason.ts";
import { plainResource } from "#model/resource.ts";
import { scalarValue } from "#model/resource-value.ts";
import { addResources, flatten, fromList, fromMilli, milli } from "#model/resources.ts";
import { isPersistentVolume } from "#model/volume.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";

const db = appId("/db");

const volume = (over: Partial<PersistentVolume> = {}): PersistentVolume => ({
  containerPath: "data",
  type: "root",
  size: milli(100),
  ...over,
});

const resident = (over: Partial<AppDefinition> = {}): AppDefinition =>
  testApp("/db", {
    persistentVolumes: [volume()],
    upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 },
    unreachableStrategy: "disabled",
    ...over,
  });

const berths = (driver: AppsDriver) => [...driver.state.berths.values()];

/** Of each live task: the names of its volumes. */
const volumeNames = (driver: AppsDriver): readonly string[] =>
  driver
    .alive("/db")
    .flatMap(({ spec }) => spec.resources.others.filter(isPersistentVolume))
    .map(({ disk }) => disk?.persistence?.id ?? "")
    .sort();

const reservedOn = (driver: AppsDriver): number =>
  [...driver.agents.values()].filter(({ total }) => total.others.length > 0).length;

test("one accept reserves, creates the volume and launches; the labels say whose it is", () => {
  const driver = new AppsDriver();
  driver.create(resident());
  driver.advance(2_000);
  const accepts = driver.calls.filter((call) => call.type === "accept");
  assert.deepEqual(
    accepts.map(({ operations }) => operations.map(({ kind }) => kind)),
    [["reserve", "create", "launch"]],
  );
  const [task] = driver.alive("/db");
  const [berth] = berths(driver);
  assert.ok(task !== undefined && berth !== undefined);
  assert.equal(task.spec.taskId, `${berth.berthId}._app.1`);
  assert.equal(berth.confirmed, true);
  const resources = flatten(task.spec.resources);
  assert.deepEqual([fromMilli(resources.cpus), fromMilli(resources.disk)], [0.1, 100]);
  for (const { reservations } of task.spec.resources.others) {
    assert.equal(reservations[0]?.role, "slave_public", "nothing can be reserved for role *");
    assert.deepEqual(reservations[0]?.labels, [
      { key: "marathon_framework_id", value: "F1" },
      { key: "marathon_task_id", value: berth.berthId },
    ]);
  }
  const [made] = volumesOf(berth);
  assert.match(made?.disk?.persistence?.id ?? "", /^db#data#[0-9a-f-]{36}$/);
  assert.deepEqual(made?.disk?.volume, { containerPath: "data", mode: "read-write", hostPath: undefined });
});

test("trap 9: a task that ends is launched again on its own volume, over restarts of the service, too", () => {
  const driver = new AppsDriver();
  driver.create(resident({ instances: 3 }));
  driver.advance(5_000);
  const before = volumeNames(driver);
  assert.equal(new Set(before).size, 3);
  for (const state of ["failed", "killed", "finished", "lost", "gone"] as const) {
    const victim = driver.alive("/db")[1];
    driver.status(taskId(victim?.spec.taskId ?? ""), state);
    driver.restart();
    driver.advance(120_000);
    assert.deepEqual(volumeNames(driver), before, state);
  }
  assert.equal(berths(driver).length, 3);
  assert.equal(
    berths(driver).reduce((sum, { launches }) => sum + launches, 0),
    3 + 5,
  );
});

test("scaling down keeps what is reserved, and scaling up comes back to it", () => {
  const driver = new AppsDriver();
  driver.create(resident({ instances: 3 }));
  driver.advance(5_000);
  const before = volumeNames(driver);
  driver.update("/db", { instances: 1 });
  driver.advance(20_000);
  assert.equal(driver.alive("/db").length, 1);
  assert.equal(reservedOn(driver), 3);
  driver.update("/db", { instances: 3 });
  driver.advance(20_000);
  assert.deepEqual(volumeNames(driver), before);
});

test("an upgrade stops an instance before its successor comes back to its volume, never one too many", () => {
  for (const [instances, minimumHealthCapacity] of [
    [1, 0.5],
    [3, 0.5],
    [3, 1],
  ] as const) {
    const driver = new AppsDriver({ agents: 4 });
    const upgradeStrategy = { minimumHealthCapacity, maximumOverCapacity: 0 };
    driver.create(resident({ instances, upgradeStrategy }));
    driver.advance(5_000);
    const before = volumeNames(driver);
    driver.update("/db", { env: { RELEASE: "2" } });
    for (let second = 0; second < 60; second += 1) {
      driver.advance(1_000);
      assert.ok(driver.alive("/db").length <= instances);
      assert.equal(berths(driver).length, instances, "no berth is made for an upgrade");
    }
    assert.equal(driver.state.deployments.size, 0);
    assert.deepEqual(volumeNames(driver), before);
    assert.ok(driver.alive("/db").every(({ spec }) => spec.env.RELEASE === "2"));
  }
});

test("trap: a resident instance on an unreachable agent is waited for, for ever", () => {
  const driver = new AppsDriver();
  driver.create(resident());
  driver.advance(2_000);
  const [task] = driver.alive("/db");
  assert.ok(task !== undefined);
  driver.setReachable(task.agent, false);
  driver.advance(3 * 86_400_000);
  assert.equal(driver.alive("/db").length, 1);
  driver.setReachable(task.agent, true);
  driver.advance(2_000);
  assert.equal(driver.instances("/db")[0]?.state, "running");
});

test("wipe gives back reservation and volume, and a new instance begins with an empty one", () => {
  const driver = new AppsDriver();
  driver.create(resident());
  driver.advance(2_000);
  const [before] = volumeNames(driver);
  const taskIds = driver.alive("/db").map(({ spec }) => spec.taskId);
  driver.submit({ type: "kill-tasks", taskIds, scale: false, wipe: true, force: false });
  driver.advance(60_000);
  const [after] = volumeNames(driver);
  assert.ok(after !== undefined && after !== before);
  assert.equal(reservedOn(driver), 1);
  assert.equal(berths(driver).length, 1);
});

test("deleting the app gives everything back, also on an agent that returns much later", () => {
  const driver = new AppsDriver();
  driver.create(resident({ instances: 2 }));
  driver.advance(5_000);
  const [first] = driver.alive("/db");
  assert.ok(first !== undefined);
  driver.setReachable(first.agent, false);
  driver.deploy({ type: "delete-app", id: db, force: false });
  driver.advance(60_000);
  assert.equal(reservedOn(driver), 1);
  assert.equal(berths(driver).length, 1);
  driver.restart();
  driver.advance(86_400_000);
  driver.setReachable(first.agent, true);
  driver.advance(20 * 60_000);
  assert.equal(reservedOn(driver), 0);
  assert.equal(berths(driver).length, 0);
  driver.advance(60_000);
  assert.equal(driver.state.connection?.revived.length, 0, "no offers are held for nothing");
});

test("an accept that is lost leaves nothing behind", () => {
  const driver = new AppsDriver();
  let losses = 1;
  driver.loseAccept = () => {
    losses -= 1;
    return losses >= 0;
  };
  driver.create(resident());
  driver.advance(20 * 60_000);
  assert.equal(driver.alive("/db").length, 1);
  assert.equal(berths(driver).length, 1);
  assert.equal(reservedOn(driver), 1);
});

test("while its agent offers nothing, the report says where the volumes are", () => {
  const driver = new AppsDriver();
  driver.create(resident());
  driver.advance(2_000);
  const [task] = driver.alive("/db");
  assert.ok(task !== undefined);
  task.agent.reachable = false;
  driver.status(task.spec.taskId, "lost");
  driver.advance(60_000);
  assert.equal(driver.demandOf("/db"), 1);
  const [report] = driver.state.reports.get(db)?.refusedBy ?? [];
  assert.deepEqual(report?.refusals.map(formatRefusal), [`its volumes are on ${task.agent.name}`]);
  // An operator's word that the agent will never be back is the end of the volumes, too.
  driver.status(task.spec.taskId, "gone-by-operator");
});

test("an agent that is gone by an operator's word takes its volumes along, and others take its place", () => {
  const driver = new AppsDriver();
  driver.create(resident());
  driver.advance(2_000);
  const [task] = driver.alive("/db");
  assert.ok(task !== undefined);
  task.agent.reachable = false;
  driver.status(task.spec.taskId, "gone-by-operator");
  driver.advance(60_000);
  const [other] = driver.alive("/db");
  assert.ok(other !== undefined && other.agent !== task.agent);
  assert.equal(berths(driver).length, 1);
});

test("one instance a host counts the places that are kept, not only what runs", () => {
  const driver = new AppsDriver();
  const constraints = [{ field: "hostname", operator: "UNIQUE", value: undefined }] as const;
  driver.create(resident({ instances: 4, constraints }));
  driver.advance(10_000);
  assert.equal(new Set(berths(driver).map(({ hostname }) => hostname)).size, 3);
  assert.equal(driver.demandOf("/db"), 1);
});

test("a whole disk is taken if it is large enough and not too large; a share of the emptiest otherwise", () => {
  const driver = new AppsDriver({ agents: 1 });
  const disk = (type: "path" | "mount", root: string, mebibytes: number) => ({
    ...plainResource("disk", scalarValue(milli(mebibytes))),
    disk: {
      persistence: undefined,
      volume: undefined,
      source: { type, root, id: undefined, profile: undefined, vendor: undefined, metadata: [] },
    },
  });
  const disks = [
    disk("mount", "/mnt/small", 50),
    disk("mount", "/mnt/fitting", 200),
    disk("mount", "/mnt/large", 900),
    disk("path", "/data/a", 500),
    disk("path", "/data/b", 800),
    disk("path", "/other/c", 5_000),
  ];
  driver.agent(1).total = addResources(driver.agent(1).total, fromList(disks));
  driver.create(
    resident({
      persistentVolumes: [
        volume({ containerPath: "whole", type: "mount", size: milli(100), maxSize: milli(500) }),
        volume({
          containerPath: "share",
          type: "path",
          constraints: [{ field: "path", operator: "LIKE", value: "/data/.*" }],
        }),
      ],
    }),
  );
  driver.advance(2_000);
  const found = Object.fromEntries(
    berths(driver)
      .flatMap(volumesOf)
      .map(({ disk: info, value }) => [
        info?.volume?.containerPath,
        [info?.source?.root, value.kind === "scalar" ? fromMilli(value.amount) : 0],
      ]),
  );
  assert.deepEqual(found, { whole: ["/mnt/fitting", 200], share: ["/data/b", 100] });
  driver.create(
    testApp("/big", {
      ...resident(),
      id: appId("/big"),
      persistentVolumes: [volume({ type: "mount", size: milli(2_000) })],
    } as never),
  );
  driver.advance(10_000);
  assert.deepEqual(driver.state.reports.get(appId("/big"))?.refusedBy[0]?.refusals.map(formatRefusal), [
    "no disk for volume data: mount, 2000 MiB",
  ]);
});

test("trap: resources and volumes of a resident app cannot be changed", () => {
  const driver = new AppsDriver();
  driver.create(resident());
  driver.advance(5_000);
  const paths = (patch: Partial<Omit<AppDefinition, "id">>): readonly string[] => {
    const updates = [{ id: db, patch, replace: false, mustExist: true }];
    const outcome = driver.submit({ type: "update-apps", updates, force: true });
    return outcome !== undefined && "kind" in outcome ? (outcome.details ?? []).map(({ path }) => path) : [];
  };
  assert.deepEqual(paths({ cpus: milli(0.2), mem: milli(64) }), ["/cpus", "/mem"]);
  assert.deepEqual(paths({ persistentVolumes: [volume({ size: milli(200) })] }), ["/container/volumes"]);
  assert.deepEqual(paths({ persistentVolumes: undefined }), ["/container/volumes"]);
  assert.deepEqual(paths({ env: { A: "1" } }), []);
});

test("an instance given up while its agent is away leaves a berth that is found again", () => {
  const driver = new AppsDriver({ agents: 1 });
  driver.auto.run = false;
  driver.create(resident());
  driver.advance(1_000);
  const [task] = driver.alive("/db");
  assert.ok(task !== undefined);
  // It was never heard to run.
  driver.setReachable(task.agent, false);
  driver.update("/db", { instances: 0 }, true);
  driver.advance(5_000);
  assert.equal(driver.instances("/db").length, 0);
  // The agent is back, and its task has what is reserved until it is killed.
  driver.auto.kill = false;
  driver.setReachable(task.agent, true);
  driver.create(testApp("/other", { role: "slave_public" }));
  driver.advance(10_000);
  driver.status(task.spec.taskId, "killed");
  driver.auto.run = true;
  driver.update("/db", { instances: 1 });
  driver.advance(20_000);
  assert.equal(berths(driver).length, 1);
  const ids = new Set(driver.agent(1).total.others.flatMap(({ disk }) => disk?.persistence?.id ?? []));
  assert.equal(ids.size, 1, "and no other was made");
});
