/**
 * The conformance run: every recorded exchange is sent to a live cluster in the same set-up, and the answers
 * are compared.
 *
 * Three clusters: one for the life of a framework with all that is read meanwhile, one for calls that are
 * bad, one whose processes are killed. What cannot be compared is listed with the reason, never left out.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { until } from "../until.ts";
import { notCompared } from "./allowed.ts";
import { replayBadCalls } from "./bad-calls.ts";
import { replayDraining } from "./draining.ts";
import { eventDifferences } from "./event-sequences.ts";
import { EventStream } from "./event-stream.ts";
import { replayFailover } from "./failover.ts";
import {
  type Answer,
  answerDifferences,
  headDifferences,
  judge,
  notComparedAs,
  type Result,
} from "./judge.ts";
import { LiveCluster } from "./live-cluster.ts";
import { liveSide, recordedSide, translateRequest } from "./normalise.ts";
import { eventsOf, hasRecordings, type Recording, readRecordings } from "./recordings.ts";
import { ReplayedFramework } from "./replayed-framework.ts";
import { replaySession } from "./session.ts";

export async function runConformance(home: string): Promise<readonly Result[]> {
  // One after the other: the machines that run this are small.
  const results = [
    ...(await inCluster(join(home, "life"), replayLife)),
    ...(await inCluster(join(home, "bad"), replayBad)),
    ...(await replayFailover(join(home, "failover"))),
  ];
  const seen = new Set(results.map(({ recording }) => recording.name));
  const others = readRecordings("").filter(({ name }) => !seen.has(name));
  return [
    ...results,
    ...others.map((recording) =>
      notComparedAs(recording, reasonOf(recording) ?? "no part of the run replays it"),
    ),
  ];
}

async function inCluster(
  home: string,
  replay: (cluster: LiveCluster) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  const cluster = new LiveCluster(home);
  try {
    await cluster.start();
    return await replay(cluster);
  } finally {
    await cluster.stop();
  }
}

const replayBad = async (cluster: LiveCluster): Promise<readonly Result[]> =>
  replayBadCalls(readRecordings("scheduler-bad"), cluster);

/** A framework from its subscription to its end; at four points of it everything is read. */
async function replayLife(cluster: LiveCluster): Promise<readonly Result[]> {
  const results: Result[] = [];
  const framework = new ReplayedFramework(cluster);
  const operator = new EventStream();
  const setUp = async (name: string): Promise<void> => {
    for (const api of ["operator-v1", "agent-v1", "master-v0", "agent-v0"].filter((each) =>
      hasRecordings(each, name),
    ))
      for (const recording of readRecordings(`${api}/${name}`))
        results.push(await replayOne(recording, cluster, framework.id));
  };
  try {
    await setUp("1-idle");
    const [watch] = readRecordings("operator-v1").filter(({ name }) => name.endsWith("event-stream"));
    const [stream, ...calls] = readRecordings("scheduler-session");
    assert.ok(watch !== undefined && stream !== undefined);
    const { request } = watch;
    const watched = await operator.open(`${cluster.master}/api/v1`, request.headers, request.body ?? "");
    const subscribed = await framework.subscribe(stream);
    const session = await replaySession(
      calls,
      stream,
      framework,
      cluster,
      (recording) => replayOne(recording, cluster, framework.id),
      async (after) => {
        if (after === "03") await readWhileRunning(cluster, framework, () => setUp("2-task-running"));
        if (after === "12") await setUp("3-task-group");
      },
    );
    await until("the end of the framework's stream", () => framework.stream.hasEnded);
    await cluster.awaitEnd(framework.id);
    results.push(...session);
    results.push(judgeStream(stream, framework.stream, subscribed, cluster));
    results.push(judgeStream(watch, operator, watched, cluster));
    await setUp("4-completed");
    const bad = readRecordings("operator-bad");
    results.push(
      ...(await replayDraining(bad, cluster, (recording) => replayOne(recording, cluster, framework.id))),
    );
    return results;
  } finally {
    await framework.stream.close();
    await operator.close();
  }
}

async function readWhileRunning(
  cluster: LiveCluster,
  framework: ReplayedFramework,
  read: () => Promise<void>,
): Promise<void> {
  await cluster.awaitOutput(framework.id, "t-sleep", "started\n");
  await read();
}

export function judgeStream(
  recording: Recording,
  stream: EventStream,
  response: Response,
  cluster: LiveCluster,
  side = recordedSide,
): Result {
  const sides = { recorded: side, live: liveSide(cluster) };
  return judge(recording, [
    ...headDifferences(recording, response, sides),
    ...eventDifferences({ events: eventsOf(recording), side }, { events: stream.events, side: sides.live }),
  ]);
}

const reasonOf = ({ name }: Recording): string | undefined =>
  notCompared.find(({ at }) => at.test(name))?.reason;

async function replayOne(recording: Recording, cluster: LiveCluster, frameworkId: string): Promise<Result> {
  const reason = reasonOf(recording);
  if (reason !== undefined) return notComparedAs(recording, reason);
  const answer = await send(recording, cluster, frameworkId);
  const sides = { recorded: recordedSide, live: liveSide(cluster) };
  return judge(recording, answerDifferences(recording, answer, sides));
}

const isForAgent = ({ name }: Recording): boolean =>
  name.startsWith("agent-") || /operator-bad\/\d+-agent-/.test(name);

async function send(recording: Recording, cluster: LiveCluster, frameworkId: string): Promise<Answer> {
  const { method, path, headers, body } = recording.request;
  const base = isForAgent(recording) ? cluster.agent : cluster.master;
  const id = frameworkId === "" ? undefined : frameworkId;
  const response = await fetch(base + translateRequest(path, cluster, id), {
    method,
    headers,
    redirect: "manual",
    signal: AbortSignal.timeout(10_000),
    // Bytes, so that no media type is added to a request that has none.
    ...(body === undefined || method === "GET"
      ? {}
      : { body: new TextEncoder().encode(translateRequest(body, cluster, id)) }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
