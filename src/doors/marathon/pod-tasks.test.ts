/** From a pod as a client sends it to the tasks that agents are handed. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { DoorDriver } from "../../../test/support/door-driver.ts";

const artifact = {
  uri: "http://files.local/a.tgz",
  extract: false,
  executable: true,
  cache: true,
  destPath: "a",
};

const pod = {
  id: "/shop/pod",
  user: "nobody",
  labels: { tier: "front" },
  containers: [
    {
      name: "one",
      exec: { command: { argv: ["run", "it"] }, overrideEntrypoint: true },
      image: { kind: "DOCKER", id: "registry.local/web:1", forcePull: true },
      resources: { cpus: 0.1, mem: 32, disk: 7 },
      resourceLimits: { cpus: "unlimited", mem: 64 },
      user: "www-data",
      labels: { own: "yes" },
      lifecycle: { killGracePeriodSeconds: 2.5 },
      artifacts: [artifact],
      volumeMounts: [
        { name: "files", mountPath: "/etc/files", readOnly: true },
        { name: "scratch", mountPath: "work" },
      ],
      tty: true,
      linuxInfo: { seccomp: { unconfined: true }, ipcInfo: { mode: "PRIVATE", shmSize: 8 } },
    },
    {
      name: "two",
      exec: { command: { argv: ["more"] } },
      image: { kind: "DOCKER", id: "registry.local/web:1" },
      resources: { cpus: 0.1, mem: 32 },
    },
  ],
  volumes: [{ name: "files", host: "/srv/files" }, { name: "scratch" }],
};

test("what a pod says of its containers is handed to the agent with their tasks", () => {
  const door = new DoorDriver();
  const created = door.json("POST", "/v2/pods", pod);
  assert.equal(created.status, 201, JSON.stringify(created.json));
  const specs = [...door.apps.tasks.values()].map(({ spec }) => spec);
  const [one, two] = ["one", "two"].map((name) => specs.find((spec) => spec.name === name));
  assert.ok(one && two);
  assert.deepEqual(one.command, { kind: "argv", argv: ["run", "it"] });
  assert.deepEqual(two.command, { kind: "entrypoint", arguments: ["more"] });
  assert.equal(one.root.kind === "image" && one.root.forcePull, true);
  assert.equal(two.root.kind === "image" && two.root.forcePull, false);
  assert.deepEqual([one.user, two.user], ["www-data", "nobody"]);
  assert.deepEqual(one.limits, { cpus: "unlimited", mem: 64_000 });
  assert.deepEqual(one.labels, { own: "yes" });
  assert.equal(one.killGraceMs, 2_500);
  const [fetched] = one.artifacts ?? [];
  assert.deepEqual(
    [fetched?.uri, fetched?.extract, fetched?.executable, fetched?.cache],
    [artifact.uri, false, true, true],
  );
  assert.deepEqual(
    one.volumes?.map(({ containerPath, mode, source }) => [containerPath, mode, source.kind]),
    [
      ["/etc/files", "read-only", "host"],
      ["work", "read-write", "sandbox"],
    ],
  );
  assert.deepEqual(one.settings, { tty: true, unconfined: true, shmBytes: 8 * 1024 * 1024 });
  assert.equal(two.settings, undefined);
});

test("an instance whose agent is out of reach is degraded, and its pod with it", () => {
  const door = new DoorDriver();
  const unreachableStrategy = { inactiveAfterSeconds: 600, expungeAfterSeconds: 1_200 };
  door.json("POST", "/v2/pods", { ...pod, scheduling: { unreachableStrategy } });
  door.finishDeployments();
  for (const taskId of [...door.apps.tasks.keys()]) door.apps.status(taskId, "unreachable");
  const { json } = door.get("/v2/pods/shop/pod::status");
  assert.deepEqual([json.status, json.instances[0].status], ["DEGRADED", "DEGRADED"]);
});
