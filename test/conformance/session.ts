/**
 * One whole life of a framework, as recorded: every call in its order, each when what came before it has been
 * heard; the answers and all events compared.
 */

import { until } from "../until.ts";
import { subjectOf } from "./event-sequences.ts";
import { answerDifferences, judge, notComparedAs, type Result } from "./judge.ts";
import type { LiveCluster } from "./live-cluster.ts";
import { liveSide, recordedSide } from "./normalise.ts";
import { type EventJson, eventsOf, type Recording } from "./recordings.ts";
import { amountsOf, type Offer, type ReplayedFramework } from "./replayed-framework.ts";

/** Between a call and the next the recorder heard all up to here, in ms since it subscribed. */
const heardUntilMs: Readonly<Record<string, number>> = {
  "00": 8,
  "01": 400,
  "04": 2_100,
  "05": 2_600,
  "08": 5_900,
  "09": 6_000,
  "11": 9_400,
  // The group runs; that it ends is heard before the next call.
  "12": 9_720,
  "12-end": 12_000,
  "13": 12_400,
  "15": 14_400,
  "16": 15_400,
  "19": 16_500,
  "20": 17_400,
};

/** What all that was offered at that point came to; where it is not the last offer alone. */
export type Pause = (after: string) => Promise<void>;

/** `pause` is called after each call, when its consequences have been heard. */
export async function replaySession(
  calls: readonly Recording[],
  stream: Recording,
  framework: ReplayedFramework,
  cluster: LiveCluster,
  sendElsewhere: (recording: Recording) => Promise<Result>,
  pause: Pause,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  await settle("00", stream, framework);
  await pause("00");
  for (const recording of calls) {
    const number = /\/(\d\d)-/.exec(recording.name)?.[1] ?? "";
    results.push(await replayCall(recording, stream, framework, cluster, sendElsewhere));
    await settle(number, stream, framework);
    await pause(number);
    await settle(`${number}-end`, stream, framework);
  }
  return results;
}

async function replayCall(
  recording: Recording,
  stream: Recording,
  framework: ReplayedFramework,
  cluster: LiveCluster,
  sendElsewhere: (recording: Recording) => Promise<Result>,
): Promise<Result> {
  if (!recording.request.path.endsWith("/scheduler")) return sendElsewhere(recording);
  if (recording.name.endsWith("ACKNOWLEDGE-starting"))
    return notComparedAs(recording, "There is no TASK_STARTING to acknowledge.");
  // Long enough for all that is read meanwhile.
  const { body } = recording.request;
  const slower = { ...recording.request, body: body?.replaceAll("sleep 2", "sleep 5") };
  const replayed = { ...recording, request: slower };
  const answer = await framework.send(replayed, framework.uuidsLike(eventsOf(stream)));
  const sides = { recorded: recordedSide, live: liveSide(cluster) };
  return judge(recording, answerDifferences(recording, answer, sides));
}

/** Until all that was heard in the recording by then has been heard here, of each thing as often. */
async function settle(number: string, stream: Recording, framework: ReplayedFramework): Promise<void> {
  const end = heardUntilMs[number];
  if (end === undefined) return;
  const recorded = eventsOf({
    ...stream,
    events: (stream.events ?? []).filter(({ atMs }) => atMs <= end),
  });
  const expected = countBySubject(recorded);
  const missing = (): readonly string[] => {
    const found = countBySubject(framework.stream.events);
    return [...expected]
      .filter(([subject, count]) => (found.get(subject) ?? 0) < count)
      .map(([subject]) => subject);
  };
  await until(
    `what was heard by call ${number}`,
    () => {
      const open = missing();
      return open.length === 0;
    },
    15_000,
  ).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : error}: ${missing().join(", ")}`);
  });
  await settleOffers(number, recorded, framework);
}

/** At these points one offer is all that the recorder held. */
const oneOfferAfter = new Set(["00", "01", "08", "13", "15", "16", "20"]);

async function settleOffers(
  number: string,
  recorded: readonly EventJson[],
  framework: ReplayedFramework,
): Promise<void> {
  if (!oneOfferAfter.has(number)) return;
  const last = recorded
    .flatMap(({ offers }) => (offers as { readonly offers: readonly Offer[] } | undefined)?.offers ?? [])
    .at(-1);
  const wanted = JSON.stringify(sorted(amountsOf(last === undefined ? [] : [last])));
  const offered = (): string => JSON.stringify(sorted(framework.offered()));
  await until(`offers of ${wanted} after call ${number}`, () => offered() === wanted).catch(
    (error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : error}; there are ${offered()}`);
    },
  );
}

const sorted = (amounts: Readonly<Record<string, number>>): readonly (readonly [string, number])[] =>
  Object.entries(amounts).sort(([left], [right]) => (left < right ? -1 : 1));

function countBySubject(events: readonly EventJson[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const event of events) {
    const subject = event.type === "OFFERS" || event.type === "HEARTBEAT" ? undefined : subjectOf(event);
    if (subject !== undefined) counts.set(subject, (counts.get(subject) ?? 0) + 1);
  }
  return counts;
}
