import assert from "node:assert/strict";
import { test } from "node:test";
import { appId } from "#model/ids.ts";
import { type Instance, instanceIdOf } from "#model/instance.ts";
import type { PodDefinition, PodHealthCheck } from "#model/pod.ts";
import { milli } from "#model/resources.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";
import { testContainer, testEndpoint, testPod } from "../../../test/support/pod-fixtures.ts";

const only = (driver: AppsDriver, id = "/shop/pod"): Instance => {
  const instances = driver.instances(id);
  assert.equal(instances.length, 1);
  return instances[0] as Instance;
};

const started = (pod: PodDefinition = testPod("/shop/pod"), agents = 3) => {
  const driver = new AppsDriver({ agents });
  driver.putPod(pod);
  return driver;
};

const specOf = (driver: AppsDriver, instance: Instance, name: string) => {
  const taskId = instance.containers?.find((container) => container.name === name)?.taskId;
  const task = taskId && driver.tasks.get(taskId);
  assert.ok(task);
  return task.spec;
};

test("a pod is launched as one group, with an executor of its own", () => {
  const driver = started(testPod("/shop/pod", { user: "nobody", labels: { tier: "front" } }));
  const instance = only(driver);
  const id = instanceIdOf(instance);
  assert.match(id, /^shop_pod\.instance-[0-9a-f-]{36}$/);
  assert.deepEqual(
    instance.containers?.map(({ taskId, state }) => [taskId, state]),
    [
      [`${id}.one.1`, "running"],
      [`${id}.two.1`, "running"],
    ],
  );
  assert.equal(instance.taskId, `${id}.one.1`);
  assert.equal(instance.state, "running");
  const launches = driver.calls.flatMap((call) => (call.type === "accept" ? call.operations : []));
  assert.equal(launches.length, 1);
  const [group] = launches;
  assert.ok(group?.kind === "launch-group");
  assert.equal(group.executor.executorId, `instance-shop_pod.${id.split("instance-")[1]}`);
  assert.equal(group.executor.kind, "default");
  assert.deepEqual(
    [group.executor.resources.cpus, group.executor.resources.mem, group.executor.resources.disk],
    [milli(0.1), milli(32), milli(10)],
  );
  assert.ok(group.tasks.every(({ groupId, user }) => groupId === instance.taskId && user === "nobody"));
  assert.equal(driver.state.deployments.size, 0);
  assert.equal(driver.published("deployment-success").length, 1);
});

test("trap 14: each container finds its own variables, those of the pod, and the endpoints of all", () => {
  const driver = started(
    testPod("/shop/pod", {
      env: { SHARED: "pod", OWN: "pod" },
      containers: [
        testContainer("one", { env: { OWN: "container" }, endpoints: [testEndpoint("web-ui")] }),
        testContainer("two", { endpoints: [testEndpoint("admin", { hostPort: 31_005 })] }),
      ],
    }),
  );
  const instance = only(driver);
  const [webPort, adminPort] = instance.ports;
  assert.equal(adminPort, 31_005);
  const { env, ports, resources } = specOf(driver, instance, "one");
  assert.equal(env.SHARED, "pod");
  assert.equal(env.OWN, "container");
  assert.equal(env.ENDPOINT_WEB_UI, String(webPort));
  assert.equal(env.EP_HOST_WEB_UI, String(webPort));
  assert.equal(env.EP_HOST_ADMIN, "31005");
  assert.equal(env.EP_CONTAINER_ADMIN, undefined);
  assert.equal(env.MARATHON_APP_ID, "/shop/pod");
  assert.equal(env.MARATHON_CONTAINER_ID, "one");
  assert.equal(env.MARATHON_CONTAINER_RESOURCE_MEM, "16.0");
  assert.deepEqual(ports, [{ number: webPort, name: "web-ui", protocol: "tcp" }]);
  assert.deepEqual(resources.ports, [[webPort, webPort]]);
  assert.equal(specOf(driver, instance, "two").env.OWN, "pod");
});

test("secrets are handed on by where they are kept; what a container says itself goes before the pod's", () => {
  const driver = started(
    testPod("/shop/pod", {
      env: { PLAIN: "pod" },
      secretEnv: { KEY: "key", OPEN: "key" },
      secrets: { key: "shop/key" },
      volumes: [{ kind: "secret", name: "file", secret: "key" }],
      containers: [
        testContainer("one", {
          env: { OPEN: "said" },
          secretEnv: { PLAIN: "key" },
          volumeMounts: [{ name: "file", mountPath: "key", readOnly: false }],
        }),
      ],
    }),
  );
  const { env, secretEnv, volumes } = specOf(driver, only(driver), "one");
  const secret = { kind: "reference", name: "shop/key" };
  assert.equal(env.OPEN, "said");
  assert.equal(env.PLAIN, undefined);
  assert.deepEqual(secretEnv, { KEY: secret, PLAIN: secret });
  assert.deepEqual(volumes, [
    { containerPath: "key", mode: "read-only", source: { kind: "secret", secret } },
  ]);
});

test("a container that fails takes its instance along, and another comes after the back-off", () => {
  const driver = started();
  const first = only(driver);
  driver.status(first.containers?.[1]?.taskId as never, "failed", {
    message: "exit 2",
    exit: { kind: "code", code: 2 },
  });
  assert.deepEqual(driver.instances("/shop/pod"), []);
  const failure = driver.state.failures.get(appId("/shop/pod"));
  assert.equal(failure?.message, "exit 2");
  assert.equal(failure?.containers?.[1]?.end?.exitCode, 2);
  assert.equal(driver.state.delays.get(appId("/shop/pod"))?.delayMs, 1_000);
  driver.advance(900);
  assert.deepEqual(driver.instances("/shop/pod"), []);
  driver.advance(200);
  const second = only(driver);
  assert.equal(instanceIdOf(second), instanceIdOf(first));
  const again = first.containers?.map(({ taskId }) => taskId.replace(/1$/, "2"));
  assert.deepEqual(
    second.containers?.map(({ taskId }) => taskId),
    again,
  );
  assert.equal(second.state, "running");
});

test("containers that the agent leaves running beside a failed one are killed until they are gone", () => {
  const driver = started();
  const instance = only(driver);
  driver.auto.kill = false;
  driver.status(instance.taskId, "failed");
  const kept = only(driver);
  assert.match(String(kept.killing?.reason), /container one ended as failed/);
  const kills = () =>
    driver.calls.filter((call) => call.type === "kill" && call.taskId === instance.containers?.[1]?.taskId);
  assert.equal(kills().length, 1);
  driver.advance(10_000);
  assert.equal(kills().length, 2);
  assert.equal(only(driver).taskId, kept.taskId, "the place is taken until the last container is gone");
  driver.status(instance.containers?.[1]?.taskId as never, "killed");
  driver.advance(2_000);
  assert.notEqual(only(driver).taskId, kept.taskId);
  assert.equal(driver.state.delays.get(appId("/shop/pod"))?.delayMs, 1_000, "it is blamed once");
});

test("a container that finishes leaves the others; when all have, the instance starts again", () => {
  const driver = started();
  const instance = only(driver);
  const [one, two] = instance.containers ?? [];
  assert.ok(one && two);
  driver.status(one.taskId, "finished");
  assert.equal(only(driver).state, "running");
  assert.equal(driver.alive("/shop/pod").length, 1);
  driver.status(two.taskId, "finished");
  assert.deepEqual(driver.instances("/shop/pod"), []);
  driver.advance(1_000);
  assert.notEqual(only(driver).taskId, instance.taskId);
});

test("a pod is ready when every check of its containers passes, and not when one that finished is silent", () => {
  const healthCheck: PodHealthCheck = {
    kind: "command",
    check: {
      command: { kind: "shell", text: "true" },
      delayMs: 0,
      gracePeriodMs: 1_000,
      intervalMs: 10_000,
      timeoutMs: 5_000,
      maxConsecutiveFailures: 3,
    },
  };
  const driver = started(
    testPod("/shop/pod", {
      containers: [
        testContainer("plain"),
        testContainer("one", { healthCheck }),
        testContainer("two", { healthCheck }),
      ],
    }),
  );
  const [, one, two] = only(driver).containers ?? [];
  assert.ok(one && two);
  assert.equal(driver.state.deployments.size, 1);
  driver.status(two.taskId, "running", { healthy: true, reason: "health-check-status-updated" });
  assert.equal(driver.state.deployments.size, 1, "the first is not known yet");
  driver.status(one.taskId, "running", { healthy: false, reason: "health-check-status-updated" });
  assert.deepEqual(driver.counts("/shop/pod"), { running: 1, healthy: 0, unhealthy: 1 });
  assert.equal(driver.state.deployments.size, 1);
  driver.status(one.taskId, "finished");
  assert.equal(driver.state.deployments.size, 0);
  assert.deepEqual(driver.counts("/shop/pod"), { running: 1, healthy: 1, unhealthy: 0 });
  driver.status(two.taskId, "finished");
  driver.restart();
  assert.deepEqual(driver.counts("/shop/pod"), { running: 1, healthy: 1, unhealthy: 0 }, "after a restart");
});

test("the agent is handed a container's check and settings; what the check finds is kept and decides nothing", () => {
  const check = { kind: "http", path: "/up", port: undefined, portIndex: 0 } as const;
  const times = { delayMs: 0, intervalMs: 1_000, timeoutMs: 500 };
  const endpoint = {
    name: "http",
    containerPort: undefined,
    hostPort: 0,
    protocols: [],
    labels: {},
    networkNames: [],
  };
  const one = testContainer("one", {
    endpoints: [endpoint],
    check: { ...check, ...times },
    settings: { shmBytes: 1_024 },
    tty: true,
  });
  const driver = started(testPod("/shop/pod", { containers: [one, testContainer("two")] }));
  const instance = only(driver);
  const spec = specOf(driver, instance, "one");
  const port = instance.ports[0];
  assert.deepEqual(spec.check, { http: { scheme: "http", port, path: "/up", family: "IPv4" }, ...times });
  assert.deepEqual(spec.settings, { shmBytes: 1_024, tty: true });
  assert.equal(specOf(driver, instance, "two").check, undefined);
  assert.equal(driver.state.deployments.size, 0);
  const checkResult = { kind: "http", statusCode: 500 } as const;
  driver.status(spec.taskId, "running", { checkResult, reason: "task-check-status-updated" });
  driver.restart();
  const after = only(driver);
  assert.deepEqual(
    after.containers?.map((container) => [container.state, container.checkResult]),
    [
      ["running", checkResult],
      ["running", undefined],
    ],
  );
  driver.status(spec.taskId, "running", {});
  assert.deepEqual(
    only(driver).containers?.[0]?.checkResult,
    checkResult,
    "a status without one takes nothing",
  );
  assert.deepEqual(driver.counts("/shop/pod"), { running: 1, healthy: 0, unhealthy: 0 });
});

test("scaling a pod launches or kills whole instances; an identical definition changes nothing", () => {
  const driver = started(testPod("/shop/pod", { instances: 3 }));
  const before = driver.instances("/shop/pod");
  assert.equal(before.length, 3);
  assert.equal(new Set(before.map(({ agentId }) => agentId)).size, 3, "spread over the agents");
  driver.putPod(testPod("/shop/pod", { instances: 3 }));
  assert.deepEqual(driver.instances("/shop/pod"), before);
  driver.putPod(testPod("/shop/pod", { instances: 1 }));
  assert.equal(driver.instances("/shop/pod").length, 1);
  assert.equal(driver.alive("/shop/pod").length, 2);
  assert.equal(driver.state.deployments.size, 0);
});

test("a changed pod is replaced instance by instance, and its versions are kept", () => {
  const driver = started(testPod("/shop/pod", { instances: 2 }));
  const before = new Set(driver.instances("/shop/pod").map(({ taskId }) => taskId));
  driver.putPod(testPod("/shop/pod", { instances: 2, env: { NEW: "yes" } }));
  driver.advance(2_000);
  const after = driver.instances("/shop/pod");
  assert.equal(after.length, 2);
  assert.ok(after.every(({ taskId }) => !before.has(taskId)));
  assert.equal(driver.state.versions.get(appId("/shop/pod"))?.size, 2);
  assert.equal(driver.state.deployments.size, 0);
});

test("an instance survives a restart of the service at any moment, with all of its containers", () => {
  const driver = new AppsDriver();
  driver.auto.run = false;
  driver.putPod(testPod("/shop/pod"));
  const [one, two] = only(driver).containers ?? [];
  assert.ok(one && two);
  driver.status(one.taskId, "running");
  assert.equal(only(driver).state, "staging");
  driver.restart();
  assert.deepEqual(
    only(driver).containers?.map(({ state }) => state),
    ["running", "staging"],
  );
  driver.status(two.taskId, "running");
  assert.equal(only(driver).state, "running");
  assert.equal(driver.state.deployments.size, 0);
  driver.restart();
  driver.status(two.taskId, "failed");
  driver.advance(1_000);
  assert.notEqual(only(driver).taskId, one.taskId);
  assert.equal(driver.everLaunchedCount, 4);
});

test("an instance on an agent that is lost is replaced, and killed should it come back", () => {
  const driver = started();
  const instance = only(driver);
  const agent = driver.agents.get(instance.agentId);
  assert.ok(agent);
  driver.setReachable(agent, false);
  driver.advance(1_000);
  const second = only(driver);
  assert.notEqual(second.agentId, instance.agentId);
  driver.setReachable(agent, true);
  assert.equal(only(driver).taskId, second.taskId);
  assert.equal(driver.alive("/shop/pod").length, 2);
});

test("killing any task of an instance kills all of it", () => {
  const driver = started();
  const instance = only(driver);
  const second = instance.containers?.[1]?.taskId;
  assert.ok(second);
  driver.submit({ type: "kill-tasks", taskIds: [second], scale: false, force: false });
  driver.advance(1_000);
  assert.notEqual(only(driver).taskId, instance.taskId);
  assert.equal(driver.state.delays.size, 0, "whoever is killed on purpose is not to blame");
});

test("trap 8: deleting a pod ends its instances; an id is that of an app or of a pod", () => {
  const driver = started();
  const taken = driver.submit({ type: "create-app", definition: testApp("/shop/pod"), force: false });
  assert.ok(taken && "kind" in taken && taken.code === "conflict");
  driver.create(testApp("/shop/web"));
  const clash = driver.submit({ type: "create-pod", definition: testPod("/shop/web"), force: false });
  assert.ok(clash && "kind" in clash && clash.code === "conflict");
  const twice = driver.submit({ type: "create-pod", definition: testPod("/shop/pod"), force: false });
  assert.ok(twice && "kind" in twice && twice.code === "conflict");
  driver.deploy({ type: "delete-pod", id: appId("/shop/pod"), force: false });
  assert.deepEqual(driver.instances("/shop/pod"), []);
  assert.equal(driver.alive("/shop/pod").length, 0);
  assert.equal(driver.state.pods.size, 0);
  assert.equal(driver.state.taskOwners.size, 0);
  const gone = driver.submit({ type: "delete-pod", id: appId("/shop/pod"), force: false });
  assert.ok(gone && "kind" in gone && gone.code === "not-found");
});

test("a pod waits for an agent that has room for all of it, and says what lacks", () => {
  const driver = started(
    testPod("/shop/pod", {
      containers: [testContainer("one", { cpus: milli(2.5) }), testContainer("two", { cpus: milli(1.5) })],
    }),
  );
  assert.deepEqual(driver.instances("/shop/pod"), []);
  assert.match(JSON.stringify(driver.waits()), /cpus, short by 0.1/);
});

test("rolling back a pod brings an earlier version's definition", () => {
  const driver = started();
  const [first] = driver.state.versions.get(appId("/shop/pod"))?.keys() ?? [];
  assert.ok(first);
  driver.putPod(testPod("/shop/pod", { env: { NEW: "yes" } }));
  driver.advance(1_000);
  driver.deploy({ type: "rollback-pod", id: appId("/shop/pod"), version: first, force: false });
  driver.advance(1_000);
  assert.deepEqual(driver.state.pods.get(appId("/shop/pod"))?.definition.env, {});
  assert.equal(driver.state.deployments.size, 0);
});
