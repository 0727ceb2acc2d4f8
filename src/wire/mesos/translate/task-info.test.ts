/**
 * Tasks of frameworks: what agents can do is taken as it is meant, and what they cannot is refused by its name.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyMessage } from "../../../../test/support/mesos-messages.ts";
import { type TaskInfoMessage, taskFromMessage } from "./task-info.ts";

const noUser = { user: undefined };
const plain: TaskInfoMessage = {
  name: "t",
  task_id: { value: "t" },
  agent_id: { value: "S0" },
  resources: [{ name: "cpus", type: "SCALAR", scalar: { value: 0.1 } }],
  command: { value: "sleep 1" },
};

const specOf = (more: Partial<TaskInfoMessage>, context = noUser) => {
  const result = taskFromMessage({ ...plain, ...more }, context);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
};

test("a task that says little has what Mesos gives it", () => {
  const spec = specOf({});
  assert.deepEqual(spec.command, { kind: "shell", text: "sleep 1" });
  assert.deepEqual(
    [spec.root, spec.user, spec.env, spec.killGraceMs, spec.healthCheck, spec.limits],
    [{ kind: "host" }, undefined, {}, 3_000, undefined, {}],
  );
});

test("commands, variables, users, limits, ports and checks are taken as they are meant", () => {
  const spec = specOf(
    {
      command: {
        shell: false,
        value: "/bin/echo",
        arguments: ["echo", "a", "b"],
        environment: {
          variables: [
            { name: "A", value: "1" },
            { name: "A", value: "2" },
          ],
        },
      },
      limits: new Map([
        ["cpus", { value: Number.POSITIVE_INFINITY }],
        ["mem", { value: 64 }],
      ]),
      kill_policy: { grace_period: { nanoseconds: 7_000_000_000n } },
      discovery: { visibility: "CLUSTER", ports: { ports: [{ number: 80, name: "http" }] } },
      health_check: { type: "COMMAND", command: { value: "true" }, consecutive_failures: 0 },
      container: {
        type: "MESOS",
        mesos: { image: { type: "DOCKER", docker: { name: "file:///images/web.tar" } } },
        network_infos: [{}],
      },
    },
    { user: undefined },
  );
  assert.deepEqual(spec.command, { kind: "argv", argv: ["/bin/echo", "a", "b"] });
  assert.deepEqual(spec.env, { A: "2" });
  assert.deepEqual(spec.limits, { cpus: "unlimited", mem: 64_000 });
  assert.equal(spec.killGraceMs, 7_000);
  assert.deepEqual(spec.ports, [{ number: 80, name: "http", protocol: "tcp" }]);
  assert.deepEqual(spec.root, { kind: "file", path: "/images/web.tar" });
  assert.deepEqual(spec.healthCheck, {
    command: { kind: "shell", text: "true" },
    delayMs: 15_000,
    intervalMs: 10_000,
    timeoutMs: 20_000,
    gracePeriodMs: 10_000,
    maxConsecutiveFailures: 0,
  });
  const context = { user: "spark" } as unknown as typeof noUser;
  assert.equal(specOf({}, context).user, "spark");
  assert.equal(specOf({ command: { value: "x", user: "flink" } }, context).user, "flink");
});

const executor = { executor_id: { value: "e" }, command: { value: "x" } };
const image = (name: string) => ({
  container: { type: "MESOS", mesos: { image: { type: "DOCKER", docker: { name } } } } as const,
});

test("what agents cannot do is refused, and told by its name", () => {
  const cases: readonly (readonly [Partial<TaskInfoMessage>, RegExp])[] = [
    [{ task_id: { value: "" } }, /^ID must not be empty$/],
    [{ task_id: { value: "a/b" } }, /^'a\/b' contains invalid characters$/],
    [{ task_id: { value: "x".repeat(256) } }, /^ID must not be greater than 255 characters$/],
    [{ command: undefined }, /at least one \(but not both\)/],
    [{ executor }, /at least one \(but not both\)/],
    [{ command: undefined, executor }, /[Cc]ustom executors/],
    [{ command: { value: "" } }, /command\.value/],
    [{ command: { value: "x", uris: [{ value: "http://x" }] } }, /command\.uris/],
    [{ command: { value: "x\0" } }, /null byte/],
    [{ command: { value: "x", environment: { variables: [{ name: "A=B", value: "" }] } } }, /A=B/],
    [{ command: { value: "x", environment: { variables: [{ name: "A" }] } } }, /value set/],
    [{ command: { value: "x", environment: { variables: [{ name: "A", type: "SECRET" }] } } }, /Secrets/],
    [{ kill_policy: { grace_period: { nanoseconds: -1n } } }, /kill_policy\.grace_period/],
    [{ check: {} }, /\(check\)/],
    [{ max_completion_time: { nanoseconds: 1n } }, /max_completion_time/],
    [{ health_check: {} }, /'type'/],
    [{ health_check: { type: "HTTP", http: { port: 1 } } }, /HTTP are not supported/],
    [{ health_check: { type: "COMMAND" } }, /'command'/],
    [{ health_check: { type: "COMMAND", command: { value: "x" }, delay_seconds: -1 } }, /delay_seconds/],
    [{ limits: new Map([["disk", { value: 1 }]]) }, /Only cpus and mem/],
    [{ limits: new Map([["cpus", { value: -1 }]]) }, /more than nothing/],
    [{ container: { type: "DOCKER" } }, /DOCKER/],
    [{ container: { type: "MESOS", volumes: [{ mode: "RW", container_path: "x" }] } }, /container\.volumes/],
    [{ container: { type: "MESOS", network_infos: [{ name: "cni" }] } }, /network_infos/],
    [{ container: { type: "MESOS", mesos: { image: { type: "APPC" } } } }, /APPC/],
    [image("nginx"), /registry/],
    [image("file:///a/../b"), /absolute path/],
    [image("file://a"), /absolute path/],
    [{ discovery: { visibility: "CLUSTER", ports: { ports: [{ number: 70_000 }] } } }, /70000/],
  ];
  for (const [more, fault] of cases) {
    const result = taskFromMessage({ ...plain, ...more }, noUser);
    assert.match(result.ok ? `taken: ${JSON.stringify(more)}` : result.fault, fault);
  }
});

test("no message makes it throw", () => {
  fc.assert(
    fc.property(anyMessage("TaskInfo"), (message) => {
      const result = taskFromMessage(message as unknown as TaskInfoMessage, noUser);
      assert.ok(result.ok || result.fault !== "");
    }),
    { numRuns: 300 },
  );
});
