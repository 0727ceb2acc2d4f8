import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentContext, ClusterContext } from "./endpoint.ts";
import { type Failed, guardAgent, guardCluster, guardExecutors, guardScheduler } from "./guard.ts";
import type { ExecutorContext } from "./mesos/executor/context.ts";
import type { SchedulerContext } from "./mesos/scheduler/context.ts";

/** A loop that answers later, as loops do, and what it was asked to answer so far. */
class LateLoop {
  readonly answers: (() => void)[] = [];
  read = <View>(view: (state: never, nowMs: number) => View, done: (view: View) => void): void =>
    void this.answers.push(() => done(view(undefined as never, 1)));
  submit = (_input: unknown, done?: (outcome: undefined) => void): void =>
    void this.answers.push(() => done?.(undefined));
}

const planted = new Error("planted");
const throws = (): never => {
  throw planted;
};

type Doors = { read(done: () => void): void; submit?(done: () => void): void };

const guarded: Readonly<Record<string, (loop: LateLoop, failed: Failed) => Doors>> = {
  "the master": (loop, failed) => {
    const { master } = guardCluster({ master: loop, apps: loop } as unknown as ClusterContext, failed);
    return {
      read: (done) => master.read(() => 1, done),
      submit: (done) => master.submit({ type: "start" }, done),
    };
  },
  "the app service": (loop, failed) => {
    const { apps } = guardCluster({ master: loop, apps: loop } as unknown as ClusterContext, failed);
    return {
      read: (done) => apps.read(() => 1, done),
      submit: (done) => apps.submit({ type: "kill-tasks", taskIds: [], scale: false, force: false }, done),
    };
  },
  "the scheduler API": (loop, failed) => {
    const { master } = guardScheduler({ master: loop } as unknown as SchedulerContext, failed);
    return {
      read: (done) => master.read(() => 1, done),
      submit: (done) => master.submit({ type: "start" }, done),
    };
  },
  "an agent": (loop, failed) => {
    const { agent } = guardAgent({ agent: loop } as unknown as AgentContext, failed);
    return { read: (done) => agent.read(() => 1, done) };
  },
  "the executor API": (loop, failed) => {
    const { agent } = guardExecutors({ agent: loop } as unknown as ExecutorContext, failed);
    return {
      read: (done) => agent.read(() => 1, done),
      submit: (done) => agent.submit({ type: "start" }, done),
    };
  },
};

for (const [name, guard] of Object.entries(guarded))
  test(`guard: ${name}: what a door throws when it is answered is its request's failure`, () => {
    const loop = new LateLoop();
    const failures: unknown[] = [];
    let answered = 0;
    const doors = guard(loop, (error) => failures.push(error));
    const ways = [doors.read, ...(doors.submit === undefined ? [] : [doors.submit])];
    for (const way of ways) {
      way(throws);
      way(() => {
        answered += 1;
      });
    }
    for (const answer of loop.answers) answer();
    assert.deepEqual(
      failures,
      ways.map(() => planted),
    );
    assert.equal(answered, ways.length);
  });

test("guard: what a door throws when the disk or the containers answer is its request's failure", () => {
  const answers: (() => void)[] = [];
  const late = (...given: readonly unknown[]): void =>
    void answers.push(() => (given.at(-1) as () => void)());
  const files = { browse: late, read: late, open: late, attached: () => ({ "/log": "/var/log" }) };
  const failures: unknown[] = [];
  const failed: Failed = (error) => failures.push(error);
  const agent = guardAgent(
    { files, usages: { read: late }, images: { prune: late } } as unknown as AgentContext,
    failed,
  );
  const cluster = guardCluster(
    { watch: {}, master: {}, apps: {}, files } as unknown as ClusterContext,
    failed,
  );
  for (const each of [agent.files, cluster.files]) {
    each?.browse("/", throws);
    each?.read("/", 0, 1, throws);
    each?.open("/", throws);
    assert.deepEqual(each?.attached(), { "/log": "/var/log" });
  }
  agent.usages?.read(throws);
  agent.images?.prune([], throws);
  for (const answer of answers) answer();
  assert.deepEqual(
    failures,
    answers.map(() => planted),
  );
  assert.equal(answers.length, 8);
});

test("guard: a reader of changes that cannot be told one fails alone", () => {
  const listeners: ((changes: readonly never[]) => void)[] = [];
  const watch = {
    subscribe: (listener: (changes: readonly never[]) => void) => {
      listeners.push(listener);
      return () => {};
    },
    counts: () => "counts",
  };
  const failures: unknown[] = [];
  const context = guardCluster({ watch } as unknown as ClusterContext, (error) => failures.push(error));
  context.watch.subscribe(throws);
  for (const listener of listeners) listener([]);
  assert.deepEqual(failures, [planted]);
  assert.equal(context.watch.counts(), "counts");
});

test("guard: what is said without waiting for an answer is said as it was", () => {
  const loop = new LateLoop();
  const { master } = guardScheduler({ master: loop } as unknown as SchedulerContext, () => assert.fail());
  master.submit({ type: "start" });
  for (const answer of loop.answers) answer();
  assert.equal(loop.answers.length, 1);
});
