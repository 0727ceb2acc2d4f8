/**
 * The operator's orders, good and bad, with the framework that has a task on the machine while it is to be
 * maintained and is then drained.
 */

import assert from "node:assert/strict";
import { until } from "../until.ts";
import { eventDifferences } from "./event-sequences.ts";
import { headDifferences, judge, type Result } from "./judge.ts";
import type { LiveCluster } from "./live-cluster.ts";
import { liveSide, recordedSide } from "./normalise.ts";
import { eventsOf, type Recording } from "./recordings.ts";
import { ReplayedFramework } from "./replayed-framework.ts";

type Replay = (recording: Recording) => Promise<Result>;

export async function replayDraining(
  recordings: readonly Recording[],
  cluster: LiveCluster,
  replayOne: Replay,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const framework = new ReplayedFramework(cluster);
  const streams = recordings.filter(({ events }) => events !== undefined);
  let subscribed: Response | undefined;
  const judgeStreams = (name: string): void => {
    const stream = streams.find((recording) => recording.name.endsWith(name));
    assert.ok(stream !== undefined && subscribed !== undefined);
    const sides = { recorded: recordedSide, live: liveSide(cluster) };
    results.push(
      judge(stream, [
        ...headDifferences(stream, subscribed, sides),
        ...eventDifferences(
          { events: eventsOf(stream), side: sides.recorded },
          { events: framework.stream.events, side: sides.live },
        ),
      ]),
    );
  };
  try {
    for (const recording of recordings.filter(({ events }) => events === undefined)) {
      const number = /\/(\d+)-/.exec(recording.name)?.[1] ?? "";
      if (number === "48") subscribed = await subscribeAndRun(streams, framework, cluster);
      if (number === "54") await awaitDrained(cluster);
      if (number === "56") {
        judgeStreams("drain-stream");
        await framework.stream.close();
        await reactivate(cluster);
      }
      if (number === "48") {
        results.push(await replayCall(recording, framework, cluster));
        judgeStreams("inverse-offers-stream");
      } else results.push(await replayOne(recording));
    }
    return results;
  } finally {
    await framework.stream.close();
  }
}

async function subscribeAndRun(
  streams: readonly Recording[],
  framework: ReplayedFramework,
  cluster: LiveCluster,
): Promise<Response> {
  const [stream] = streams;
  assert.ok(stream !== undefined);
  const response = await framework.subscribe(stream);
  await framework.launch("inv-1", cluster.agentId, "sleep 1000");
  await until("inv-1 to run", () =>
    framework.statuses("inv-1").some(({ state }) => state === "TASK_RUNNING"),
  );
  await until("an inverse offer", () =>
    framework.stream.events.some(({ type }) => type === "INVERSE_OFFERS"),
  );
  await until("an offer of the rest", () => framework.offered().cpus !== undefined);
  return response;
}

async function replayCall(
  recording: Recording,
  framework: ReplayedFramework,
  cluster: LiveCluster,
): Promise<Result> {
  const answer = await framework.send(recording);
  const sides = { recorded: recordedSide, live: liveSide(cluster) };
  return judge(recording, headDifferences(recording, answer, sides));
}

const awaitDrained = (cluster: LiveCluster): Promise<unknown> =>
  until("the agent to be drained", async () => {
    const response = await post(cluster, { type: "GET_AGENTS" });
    return (await response.text()).includes('"DRAINED"');
  });

/** Was done between two recordings, and is not one of them. */
async function reactivate(cluster: LiveCluster): Promise<void> {
  const call = { type: "REACTIVATE_AGENT", reactivate_agent: { agent_id: { value: cluster.agentId } } };
  const response = await post(cluster, call);
  assert.equal(response.status, 200, await response.text());
}

const post = ({ master }: LiveCluster, call: unknown): Promise<Response> =>
  fetch(`${master}/api/v1`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(call),
  });
