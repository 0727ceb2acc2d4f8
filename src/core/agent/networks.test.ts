/** What the agent tells of a container's network, and whose ports may lead into it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerNetwork } from "#model/container-network.ts";
import { resources } from "#model/resources.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { executorSpec, executorUpdate, taskSpec } from "../../../test/support/agent-fixtures.ts";

const networkOf = (...hostPorts: readonly number[]): ContainerNetwork => ({
  mode: "networks",
  networks: [
    {
      name: "blue",
      portMappings: hostPorts.map((hostPort) => ({ hostPort, containerPort: 80, protocol: "tcp" })),
      labels: [],
    },
  ],
});
const withPort = resources({ cpus: 0.1, mem: 32, ports: [[31_000, 31_001]] });

function started(network: ContainerNetwork): AgentDriver {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("t", { network, resources: withPort }));
  driver.containers.start("t");
  driver.deliver();
  return driver;
}

test("a status says in which networks its task is, and where its ports are reached", () => {
  const mapped = started(networkOf(31_000)).readUpdates().at(-1);
  assert.deepEqual(mapped?.networks?.[0]?.addresses, ["10.9.0.2"]);
  assert.equal(mapped?.address, "127.0.0.11");
  const reached = started(networkOf()).readUpdates().at(-1);
  assert.equal(reached?.address, "10.9.0.2");
  const nowhere = started({ mode: "none", networks: [] }).readUpdates().at(-1);
  assert.deepEqual([nowhere?.networks, nowhere?.address], [[], "127.0.0.11"]);
  const usual = started({ mode: "host", networks: [], hostname: "web" }).readUpdates().at(-1);
  assert.deepEqual([usual?.networks, usual?.address], [undefined, "127.0.0.11"]);
});

test("it is told after a restart of the agent, also when nobody heard that the container started", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("t", { network: networkOf() }));
  driver.crash("run");
  driver.start();
  driver.join();
  assert.deepEqual(driver.task("t")?.latest?.networks?.[0]?.addresses, ["10.9.0.2"]);
  driver.crash();
  driver.start();
  driver.join();
  driver.containers.end("t", { kind: "code", code: 0 });
  driver.deliver();
  assert.deepEqual(driver.task("t")?.latest?.networks?.[0]?.addresses, ["10.9.0.2"]);
});

test("a port of the host that is not the task's own is not mapped", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("thief", { network: networkOf(22), resources: withPort }));
  assert.deepEqual(driver.containers.launches, []);
  const { state, reason, message } = driver.task("thief")?.latest ?? assert.fail();
  assert.deepEqual([state, reason], ["error", "task-invalid"]);
  assert.match(message, /Port \[22\] not included in resources/);

  const pod = executorSpec("pod", { kind: "default", command: undefined, network: networkOf(31_001) });
  driver.runGroup(pod, [taskSpec("a")]);
  assert.match(driver.task("a")?.latest?.message ?? "", /Executor pod maps port 31001/);
  // Of a group the ports of any of its tasks may lead to all of them.
  driver.runGroup(pod, [taskSpec("b", { resources: withPort }), taskSpec("c")]);
  assert.deepEqual(driver.containers.launches, ["b", "c"]);
});

test("a group's tasks share the network of their executor, but for those that want one of their own", () => {
  const driver = AgentDriver.registered();
  const shared = networkOf();
  const own = networkOf(31_000);
  const pod = executorSpec("pod", { kind: "default", command: undefined, network: shared });
  driver.runGroup(pod, [taskSpec("a"), taskSpec("b", { network: own, resources: withPort })]);
  const wanted = (id: string) => {
    const { network, sharesNetwork } = driver.containers.spec(id);
    return [network, sharesNetwork];
  };
  assert.deepEqual(wanted("a"), [shared, true]);
  assert.deepEqual(wanted("b"), [own, undefined]);
});

test("a custom executor's tasks are where it is, unless it says otherwise", () => {
  const driver = AgentDriver.registered();
  driver.runAt(executorSpec("x", { network: networkOf() }), [taskSpec("t")]);
  driver.containers.start("x");
  driver.deliver();
  driver.subscribe("x");
  driver.update("x", executorUpdate("t", "running"));
  const { address, networks } = driver.readUpdates().at(-1) ?? assert.fail();
  assert.deepEqual([address, networks?.length], ["10.9.0.2", 1]);
});
