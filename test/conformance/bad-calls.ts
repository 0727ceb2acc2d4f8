/**
 * Calls of frameworks that are wrong in some way, and some that are right: their answers, and what their
 * framework hears after each.
 */

import assert from "node:assert/strict";
import { until } from "../until.ts";
import { eventDifferences, subjectOf } from "./event-sequences.ts";
import { answerDifferences, headDifferences, judge, type Result } from "./judge.ts";
import type { LiveCluster } from "./live-cluster.ts";
import { liveSide, recordedSide } from "./normalise.ts";
import { type EventJson, eventsOf, type Recording } from "./recordings.ts";
import { ReplayedFramework } from "./replayed-framework.ts";

export async function replayBadCalls(
  recordings: readonly Recording[],
  cluster: LiveCluster,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let framework = new ReplayedFramework(cluster);
  try {
    for (const recording of recordings) {
      const number = Number(/\/(\d+)-/.exec(recording.name)?.[1]);
      // The framework of the calls with a stream was subscribed before them, and is not recorded.
      if (number === 48) await framework.subscribe(subscription(recordings));
      // It was followed by another stream of its own, and that one went away.
      if (number === 108) await succeed(framework, recordings);
      if (number === 109) framework = await leave(framework, recordings, cluster);
      results.push(await replay(recording, framework, cluster));
    }
    return results;
  } finally {
    await framework.stream.close();
  }
}

const subscription = (recordings: readonly Recording[]): Recording =>
  recordings.find(({ name }) => name.endsWith("46-stream-for-teardown")) ?? assert.fail();

const successors = new WeakMap<ReplayedFramework, ReplayedFramework>();

async function succeed(framework: ReplayedFramework, recordings: readonly Recording[]): Promise<void> {
  const successor = framework.another();
  successors.set(framework, successor);
  await successor.subscribe(withId(subscription(recordings)), framework.id);
}

async function leave(
  framework: ReplayedFramework,
  _recordings: readonly Recording[],
  cluster: LiveCluster,
): Promise<ReplayedFramework> {
  const successor = successors.get(framework) ?? assert.fail();
  await framework.stream.close();
  await successor.stream.close();
  await until("the framework to be removed", async () => {
    const response = await fetch(`${cluster.master}/frameworks?framework_id=${framework.id}`);
    return ((await response.json()) as { readonly frameworks: readonly unknown[] }).frameworks.length === 0;
  });
  return successor;
}

/** The same subscription, of a framework that has an id. */
function withId(recording: Recording): Recording {
  const call = JSON.parse(recording.request.body ?? "") as {
    readonly subscribe: { readonly framework_info: object };
  };
  const id = { value: "00000000-0000-0000-0000-000000000000-0000" };
  const framework_info = { ...call.subscribe.framework_info, id };
  const body = JSON.stringify({ ...call, framework_id: id, subscribe: { framework_info } });
  return { ...recording, request: { ...recording.request, body } };
}

async function replay(
  recording: Recording,
  framework: ReplayedFramework,
  cluster: LiveCluster,
): Promise<Result> {
  if (recording.events !== undefined) return replayStream(recording, cluster);
  const sides = { recorded: recordedSide, live: liveSide(cluster) };
  const recorded = recording.heardAfter.map(({ json }) => json).filter(({ type }) => type !== "OFFERS");
  const before = framework.stream.events.length;
  const answer = await framework.send(recording);
  const isAbout = subjectsOf(recording, recorded);
  const heard = (): readonly EventJson[] => framework.stream.events.slice(before).filter(isAbout);
  await awaitAsMany(recording.name, recorded, heard);
  return judge(recording, [
    ...answerDifferences(recording, answer, sides),
    ...eventDifferences({ events: recorded, side: sides.recorded }, { events: heard(), side: sides.live }),
  ]);
}

/** What an earlier call's task says late is not about this one. */
function subjectsOf(recording: Recording, recorded: readonly EventJson[]): (event: EventJson) => boolean {
  const known = new Set(recorded.map(subjectOf));
  return (event) => {
    const subject = subjectOf(event);
    if (subject === undefined || event.type === "OFFERS" || event.type === "HEARTBEAT") return false;
    const id = /\((.*)\)/s.exec(subject)?.[1];
    return (
      known.has(subject) || id === undefined || (recording.request.body ?? "").includes(JSON.stringify(id))
    );
  };
}

/** Those that never come are differences, and need no long wait. */
async function awaitAsMany(
  name: string,
  recorded: readonly EventJson[],
  heard: () => readonly EventJson[],
): Promise<void> {
  const count = (events: readonly EventJson[]): number =>
    events.filter((event) => subjectOf(event) !== undefined).length;
  await until(`what was heard after ${name}`, () => count(heard()) >= count(recorded), 10_000).catch(
    () => undefined,
  );
}

async function replayStream(recording: Recording, cluster: LiveCluster): Promise<Result> {
  const sides = { recorded: recordedSide, live: liveSide(cluster) };
  const framework = new ReplayedFramework(cluster);
  const response = await framework.subscribe(recording);
  const recorded = eventsOf(recording);
  try {
    await until(`the events of ${recording.name}`, () =>
      recorded.every(({ type }) => framework.stream.events.some((event) => event.type === type)),
    ).catch(() => undefined);
    return judge(recording, [
      ...headDifferences(recording, response, sides),
      ...eventDifferences(
        { events: recorded, side: sides.recorded },
        { events: framework.stream.events, side: sides.live },
      ),
    ]);
  } finally {
    await framework.stream.close();
  }
}
