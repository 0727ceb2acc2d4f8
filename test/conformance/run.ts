/**
 * The conformance run: every recorded exchange is sent to a live cluster in the same set-up, and the answers
 * are compared.
 *
 * What cannot be compared is listed with the reason, never left out silently.
 */

import assert from "node:assert/strict";
import { allowances, notCompared } from "./allowed.ts";
import { absent, type Difference, differences } from "./compare.ts";
import { ReplayFramework } from "./framework.ts";
import { LiveCluster } from "./live-cluster.ts";
import { liveSide, normalise, recordedSide, translateRequest } from "./normalise.ts";
import { type Recording, readRecordings } from "./recordings.ts";

export type Result = {
  readonly recording: Recording;
  readonly outcome:
    | { readonly kind: "equal" }
    /** Only in what is allowed; the reasons, each once. */
    | { readonly kind: "allowed"; readonly reasons: readonly string[] }
    /** As `allowed`, but something is missing that should come. */
    | { readonly kind: "gap"; readonly reasons: readonly string[]; readonly gaps: readonly string[] }
    | { readonly kind: "different"; readonly differences: readonly Difference[] }
    | { readonly kind: "not-compared"; readonly reason: string };
};

type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
};

export async function runConformance(home: string): Promise<readonly Result[]> {
  const cluster = new LiveCluster(home);
  const framework = { current: undefined as ReplayFramework | undefined };
  const results: Result[] = [];
  const replay = async (...folders: readonly string[]): Promise<void> => {
    for (const folder of folders)
      for (const recording of readRecordings(folder))
        results.push(await replayOne(recording, cluster, framework.current?.id));
  };
  const setUp = (name: string): Promise<void> =>
    replay(`operator-v1/${name}`, `agent-v1/${name}`, `master-v0/${name}`, `agent-v0/${name}`);
  try {
    await cluster.start();
    await setUp("1-idle");
    framework.current = new ReplayFramework(cluster.master);
    await runTasks(framework.current, cluster, () => setUp("2-task-running"));
    await setUp("4-completed");
    await replay("operator-bad");
  } finally {
    framework.current?.close();
    await cluster.stop();
  }
  const seen = new Set(results.map(({ recording }) => recording.name));
  const others = readRecordings("").filter(({ name }) => !seen.has(name));
  const listed = others.map(
    (recording): Result => ({
      recording,
      outcome: { kind: "not-compared", reason: reasonOf(recording) ?? "no part of the run replays it" },
    }),
  );
  return [...results, ...listed];
}

async function runTasks(
  framework: ReplayFramework,
  cluster: LiveCluster,
  whileRunning: () => Promise<void>,
): Promise<void> {
  await framework.subscribe();
  await framework.launch({ "t-sleep": "echo started; sleep 1000" });
  await framework.awaitState("t-sleep", "TASK_RUNNING");
  await framework.awaitOffer();
  await cluster.awaitOutput(framework.id, "t-sleep", "started\n");
  await whileRunning();
  await framework.kill("t-sleep", cluster.agentId);
  await framework.awaitState("t-sleep", "TASK_KILLED");
  // One after the other, so that they end in the recorded order.
  await framework.launch({ "t-ok": "echo hi" });
  await framework.awaitState("t-ok", "TASK_FINISHED");
  await framework.launch({ "t-fail": "exit 3" });
  await framework.awaitState("t-fail", "TASK_FAILED");
  await framework.rename();
  await framework.teardown();
  await cluster.awaitEnd(framework.id);
}

const reasonOf = ({ name }: Recording): string | undefined =>
  notCompared.find(({ at }) => at.test(name))?.reason;

async function replayOne(
  recording: Recording,
  cluster: LiveCluster,
  frameworkId: string | undefined,
): Promise<Result> {
  if (recording.name === "operator-bad/56-DEACTIVATE_AGENT-good") await reactivate(cluster);
  const reason = reasonOf(recording);
  if (reason !== undefined) return { recording, outcome: { kind: "not-compared", reason } };
  const answer = await send(recording, cluster, frameworkId);
  const found = compareAnswers(recording, answer, cluster, frameworkId);
  const reasons = new Set<string>();
  const gaps = new Set<string>();
  const unexplained = found.filter((difference) => {
    const allowance = allowances.find(
      ({ at, field, when }) =>
        at.test(recording.name) && field.test(difference.path) && (when?.(difference) ?? true),
    );
    if (allowance !== undefined) (allowance.gap === true ? gaps : reasons).add(allowance.reason);
    return allowance === undefined;
  });
  if (unexplained.length > 0) return { recording, outcome: { kind: "different", differences: unexplained } };
  if (gaps.size > 0) return { recording, outcome: { kind: "gap", reasons: [...reasons], gaps: [...gaps] } };
  if (reasons.size > 0) return { recording, outcome: { kind: "allowed", reasons: [...reasons] } };
  return { recording, outcome: { kind: "equal" } };
}

/** Was done between two recordings, and is not one of them. */
async function reactivate({ master, agentId }: LiveCluster): Promise<void> {
  const call = { type: "REACTIVATE_AGENT", reactivate_agent: { agent_id: { value: agentId } } };
  const response = await fetch(`${master}/api/v1`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(call),
  });
  assert.equal(response.status, 200, await response.text());
}

const isForAgent = ({ name }: Recording): boolean =>
  name.startsWith("agent-") || /operator-bad\/\d+-agent-/.test(name);

async function send(
  recording: Recording,
  cluster: LiveCluster,
  frameworkId: string | undefined,
): Promise<Answer> {
  const { method, path, headers, body } = recording.request;
  const base = isForAgent(recording) ? cluster.agent : cluster.master;
  const response = await fetch(base + translateRequest(path, cluster, frameworkId), {
    method,
    headers,
    redirect: "manual",
    signal: AbortSignal.timeout(10_000),
    // Bytes, so that no media type is added to a request that has none.
    ...(body === undefined || method === "GET"
      ? {}
      : { body: new TextEncoder().encode(translateRequest(body, cluster, frameworkId)) }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Compared are those headers that a client may look at. */
const comparedHeaders = ["content-type", "allow", "location"];

function compareAnswers(
  { response }: Recording,
  answer: Answer,
  cluster: LiveCluster,
  frameworkId: string | undefined,
): readonly Difference[] {
  const recordedHeaders = new Map(response.headers.map(([name, value]) => [name.toLowerCase(), value]));
  const side = liveSide(cluster, frameworkId);
  const head = (status: number, header: (name: string) => string | undefined): Record<string, unknown> => ({
    status,
    headers: Object.fromEntries(comparedHeaders.map((name) => [name, header(name) ?? absent])),
  });
  const live = head(answer.status, (name) => answer.headers.get(name) ?? undefined);
  return [
    ...differences(
      normalise(
        head(response.status, (name) => recordedHeaders.get(name)),
        recordedSide,
      ),
      normalise(live, side),
    ),
    ...differences(
      normalise(response.json ?? response.body ?? "", recordedSide),
      normalise(parse(answer), side),
      "body",
    ),
  ];
}

const parse = ({ headers, text }: Answer): unknown =>
  headers.get("content-type") === "application/json" ? JSON.parse(text) : text;
