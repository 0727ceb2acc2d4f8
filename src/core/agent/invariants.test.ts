import { test } from "node:test";
import fc from "fast-check";
import type { TaskState } from "#model/task-state.ts";
import type { CrashPoint } from "../../../test/support/agent-driver.ts";
import { AgentStorm, runNames, type Step } from "../../../test/support/agent-storm.ts";

const anyTask = fc.constantFrom(...runNames);
const crashPoint = fc.oneof(
  { weight: 30, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom<CrashPoint[]>("before-commit", "before-effects", "after-effects") },
);

const stepArbitrary = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("run"), task: anyTask, crash: crashPoint }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("kill"),
      which: fc.nat(),
      graceMs: fc.constantFrom(undefined, 0, 1_000),
      crash: crashPoint,
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("acknowledge"), which: fc.nat(), crash: crashPoint }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("acknowledge-again"), which: fc.nat() }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("start"), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("fail-to-start"), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("end"), which: fc.nat(), code: fc.nat(1) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("check"), which: fc.nat(), ok: fc.boolean() }) },
  { weight: 20, arbitrary: fc.record({ do: fc.constant("deliver"), which: fc.nat(), crash: crashPoint }) },
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant("executor-says"),
      which: fc.nat(),
      states: fc.shuffledSubarray<TaskState>(["starting", "running", "killing", "finished", "failed"]),
      crash: crashPoint,
    }),
  },
  { weight: 10, arbitrary: fc.record({ do: fc.constant("executor-subscribes"), which: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("executor-leaves"), which: fc.nat(), told: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("executor-repeats"), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("shut-down"), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash"), fate: fc.constantFrom("run", "vanish") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("power-off") }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("join") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cut") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose") }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("repeat"), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("ping") }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("wait"), ms: fc.constantFrom(100, 5_000, 40_000) }) },
) as fc.Arbitrary<Step>;

test("whatever the order of messages, crashes and exits, no update is lost and no task runs twice", () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary, { maxLength: 250, size: "max" }), (steps) => {
      const storm = new AgentStorm();
      for (const step of steps) storm.step(step);
      storm.calm();
    }),
    { numRuns: 600, seed: 20_260_101 },
  );
});
