/**
 * Executors that keep no rule: whatever they say, of whatever task, in whatever order, the agent goes on, keeps
 * its promises to the master, and is rid of them in the end.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { limits } from "#base/limits.ts";
import { updateId } from "#model/ids.ts";
import { isTerminal, taskStates } from "#model/task-state.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { executorSpec, executorUpdate, taskSpec } from "../../../test/support/agent-fixtures.ts";

const anyUpdate = fc
  .record({
    task: fc.constantFrom("a", "b", "web", "other-task", "ghost"),
    state: fc.constantFrom(...taskStates),
    id: fc.nat(20),
    data: fc.constantFrom(undefined, "YQ==", "x".repeat(limits.updateExtrasCharactersMax + 1)),
    healthy: fc.constantFrom(undefined, true, false),
  })
  .map(({ task, state, id, ...rest }) =>
    executorUpdate(task, state, { updateId: updateId(`u-${id}`), ...rest }),
  );

const anyStep = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant("update" as const), update: anyUpdate }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("subscribe" as const),
      tasks: fc.subarray(["a", "b", "web", "ghost"]),
      updates: fc.array(anyUpdate, { maxLength: 5 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("message", "kill", "run", "crash", "acknowledge", "wait", "close", "shut-down"),
    }),
  },
);

type Step = typeof anyStep extends fc.Arbitrary<infer One> ? One : never;

function step(driver: AgentDriver, one: Step): void {
  const exec = executorSpec("exec");
  switch (one.do) {
    case "update":
      return driver.update("exec", one.update);
    case "subscribe":
      return void driver.subscribe("exec", one);
    case "message":
      return driver.call("exec", { type: "message", data: "YQ==" });
    case "kill":
      return driver.kill("a");
    case "run":
      return driver.runAt(exec, [taskSpec("b")]);
    case "acknowledge":
      return driver.acknowledgeAll();
    case "wait":
      return driver.advance(1_500);
    case "close":
      return driver.submit({
        type: "executor-closed",
        session: driver.heard.at(-1)?.session ?? ("none" as never),
      });
    case "shut-down":
      return driver.master({
        type: "shutdown-executor",
        frameworkId: "m-0000" as never,
        executorId: exec.executorId,
      });
    default:
      driver.crash("run");
      driver.deliver();
      driver.join();
  }
}

test("whatever an executor says, the agent goes on, what is not its own is untouched, and it goes in the end", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60, size: "max" }), (steps) => {
      const driver = AgentDriver.registered();
      driver.runToRunning(taskSpec("web"));
      driver.runAt(executorSpec("other"), [taskSpec("other-task")]);
      driver.runAt(executorSpec("exec"), [taskSpec("a")]);
      driver.containers.start("exec");
      driver.deliver();
      for (const one of steps) {
        if (driver.session === undefined) driver.join();
        step(driver, one);
        assert.equal(driver.task("web")?.state, "running");
        for (const { pending } of driver.storedStreams()) {
          const early = pending.slice(0, -1).filter(({ state }) => isTerminal(state));
          assert.deepEqual(early, [], "nothing follows a terminal state");
        }
      }
      driver.join();
      for (const name of ["exec", "other", "web"])
        if (driver.containers.has(name)) driver.containers.end(name, { kind: "code", code: 0 });
      driver.deliver();
      for (const name of driver.containers.inPhase("starting"))
        driver.containers.end(name, { kind: "code", code: 0 });
      driver.deliver();
      driver.acknowledgeAll();
      assert.deepEqual([driver.storedTasks(), driver.storedExecutors()], [[], []]);
    }),
    { numRuns: 400, seed: 20_260_102 },
  );
});
