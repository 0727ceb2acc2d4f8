/**
 * The framework test kit finds what is wrong with a framework, passes one that is right, and repeats itself; the example
 * that its page shows is what is tested.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { wishesOf } from "#kit/options.ts";
import { runParallel } from "#kit/parallel.ts";
import {
  type Framework,
  replay,
  type SchedulerCall,
  type SchedulerEvent,
  simulate,
  type Trial,
} from "#kit/simulate.ts";
import steady, { forgetful } from "../examples/frameworks/steady.ts";

test("framework kit: a framework that never asks what became of its tasks is found out, with a seed that repeats", () => {
  const { failures, seeds } = simulate(forgetful, { seeds: 40 });
  const [failure] = failures;
  assert.ok(failure?.problem !== undefined, `not found in ${seeds} seeds`);
  assert.match(failure.problem, /three run: \d run/);
  assert.ok(failure.trace.some((line) => line.includes("steady")));
  const lines: string[] = [];
  const again = replay(forgetful, failure.seed, (line) => lines.push(line));
  assert.equal(again.problem, failure.problem);
  assert.deepEqual(lines.slice(-failure.trace.length), failure.trace);
  assert.equal(
    replay(steady, failure.seed, () => {}).problem,
    undefined,
    "the repaired one passes that seed",
  );
});

test("framework kit: the repaired framework passes, whatever happens to its cluster", () => {
  const report = simulate(steady, { seeds: 15, start: 100 });
  assert.deepEqual(
    report.failures.map(({ seed, problem }) => `${seed}: ${problem}`),
    [],
  );
  assert.ok(report.started > 45, `${report.started} tasks`);
});

test("framework kit: without faults even the forgetful one does what it should", () => {
  const report = simulate(forgetful, { seeds: 5, faults: [] });
  assert.deepEqual(report.failures, []);
});

const calls = (...all: readonly SchedulerCall[]): Trial => ({
  framework: {
    name: "odd",
    start: (world) => {
      for (const call of all) world.call(call);
      return { event: () => {} };
    },
  } satisfies Framework,
});

test("framework kit: calls that no master would take are the framework's fault, and said to be", () => {
  for (const [call, said] of [
    [{ type: "SUBSCRIBE" }, /malformed: Expecting 'subscribe' to be present/],
    [{ type: "KILL", framework_id: { value: "f" }, kill: {} }, /malformed: .*task_id/],
    [{ type: "ACCEPT", framework_id: { value: "f" }, accept: { offer_ids: "none" } }, /malformed/],
    [{ type: "REVIVE" }, /malformed: Expecting 'framework_id' to be present/],
    [
      { type: "SUBSCRIBE", subscribe: { framework_info: { user: "", name: "x", role: "a", roles: ["b"] } } },
      /./,
    ],
  ] as const) {
    const { failures } = simulate(calls(call), { seeds: 1 });
    assert.match(failures[0]?.problem ?? "", said, JSON.stringify(call));
  }
});

test("framework kit: what must always hold is looked at, and a framework's own exception is a finding", () => {
  const trial: Trial = {
    ...calls(),
    always: { "it is early": ({ nowMs }) => (nowMs > 0 ? "late" : undefined) },
  };
  assert.equal(simulate(trial, { seeds: 1 }).failures[0]?.problem, "it is early: late");
  const broken: Framework = {
    name: "broken",
    start: () => {
      throw new Error("cannot start");
    },
  };
  assert.match(simulate({ framework: broken }, { seeds: 1 }).failures[0]?.problem ?? "", /cannot start/);
  const impure: Framework = { name: "impure", start: () => ({ event: () => {}, at: Date.now() }) };
  assert.match(
    simulate({ framework: impure }, { seeds: 1 }).failures[0]?.problem ?? "",
    /Date.now|now was used/,
  );
});

test("framework kit: a cluster that cannot be is refused, and a framework that never rests is found", () => {
  assert.throws(() => simulate(steady, { agents: 0 }), /agents must be a whole number from 1 to 100, not 0/);
  assert.throws(() => simulate(steady, { faults: ["rain" as never] }), /there is no fault "rain"/);
  const restless: Framework = {
    name: "restless",
    start: (world) => {
      const again = (): void => void world.after(0, again);
      again();
      return { event: () => {} };
    },
  };
  const { failures } = simulate({ framework: restless }, { seeds: 1, faults: [], agents: 1, masters: 1 });
  assert.match(failures[0]?.problem ?? "", /never comes to rest/);
});

/** Subscribes at its start and whenever it hears that it has to, and has no timer that would do so anyhow. */
const trusting: Framework<{
  event(event: SchedulerEvent): void;
  disconnected(): void;
  isSubscribed: boolean;
}> = {
  name: "trusting",
  start: ({ call, after, storage }) => {
    const subscribe = (): void => {
      const id = storage.get("id");
      const known = typeof id === "string" ? { value: id } : undefined;
      const framework_info = {
        id: known,
        user: "nobody",
        name: "trusting",
        role: "r",
        failover_timeout: 9e4,
      };
      call({ type: "SUBSCRIBE", framework_id: known, subscribe: { framework_info } } as SchedulerCall);
    };
    subscribe();
    return {
      isSubscribed: false,
      event(event) {
        if (event.type !== "SUBSCRIBED") return;
        this.isSubscribed = true;
        storage.set("id", event.subscribed.framework_id.value);
      },
      disconnected() {
        this.isSubscribed = false;
        after(5, subscribe);
      },
    };
  },
};

test("framework kit: whoever subscribes always hears what became of it, also when the master ends meanwhile", () => {
  const { failures } = simulate(
    {
      framework: trusting,
      eventually: { "it is subscribed": ({ process }) => (process?.isSubscribed ? undefined : "it is not") },
    },
    { seeds: 60, agents: 1, faults: ["masters", "framework"] },
  );
  assert.deepEqual(
    failures.map(({ seed, problem }) => `${seed}: ${problem}`),
    [],
  );
});

test("framework kit: a call in another framework's name is done for nobody, and said to be wrong", () => {
  const stranger: Framework = {
    name: "stranger",
    start: ({ call }) => {
      const framework_info = { user: "nobody", name: "stranger", role: "r", failover_timeout: 9e4 };
      const subscribe = (): void => call({ type: "SUBSCRIBE", subscribe: { framework_info } });
      subscribe();
      return {
        disconnected: subscribe,
        event: ({ type }) => {
          if (type === "SUBSCRIBED") call({ type: "TEARDOWN", framework_id: { value: "somebody-else" } });
        },
      };
    },
  };
  const { failures } = simulate({ framework: stranger }, { seeds: 1, faults: [], agents: 1, masters: 1 });
  assert.match(failures[0]?.problem ?? "", /names framework "somebody-else", and it is "/);
});

test("framework kit: one that does not come back fails its seed, and says so", async () => {
  const place = { url: new URL("./support/looping-framework.ts", import.meta.url).href, name: "looping" };
  const options = { start: 1, seeds: 2, secondsMax: 1, progress: () => {} };
  const { failures } = await runParallel(place, wishesOf({}), options);
  assert.deepEqual(failures.map(({ seed }) => seed).toSorted(), [1, 2]);
  for (const { problem } of failures) assert.match(problem ?? "", /does not come to its end within 1 s/);
});
