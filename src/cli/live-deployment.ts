/**
 * The live view of a deployment: how far it is, what it waits for, and how it ended.
 *
 * It only looks: when it is interrupted or its time is up, the deployment goes on in the cluster.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type Api, absoluteId, appPath } from "./api.ts";
import { CliError, type CommandContext, type ExitCode, exitCodes } from "./command.ts";
import { formatDuration } from "./human.ts";
import { arrayAt, type Json, numberAt, recordAt, textAt } from "./json.ts";
import { LiveText } from "./live-text.ts";
import { createStyle, type Style, withoutControls } from "./style.ts";

export type Followed = {
  readonly appId: string;
  readonly deploymentId: string;
  /** `deploy`, `scale`, `restart`, `remove`: for the messages. */
  readonly verb: string;
  readonly timeoutMs: number;
};

const pollMs = 250;

/** Prints how it went on success; throws a `CliError` when it did not come to its end. */
export async function followDeployment(
  context: CommandContext,
  api: Api,
  followed: Followed,
): Promise<ExitCode> {
  const { io } = context;
  const live = new LiveText(io.stderr);
  const style = createStyle(io.stderr.isTerminal, io.env);
  const startedAtMs = io.nowMs();
  try {
    for (;;) {
      const view = await look(api, followed);
      const elapsedMs = io.nowMs() - startedAtMs;
      if (!view.underWay) {
        live.clear();
        return finish(context, followed, view, elapsedMs);
      }
      live.show(terminalLines(view, followed, elapsedMs, style), plainText(view, followed));
      if (elapsedMs >= followed.timeoutMs) throw timedOut(followed, view);
      await sleep(pollMs, undefined, { signal: io.signal });
    }
  } catch (error) {
    live.clear();
    throw error;
  }
}

type View = {
  readonly underWay: boolean;
  /** Of other deployments that concern the app. */
  readonly others: readonly string[];
  readonly step: string;
  readonly exists: boolean;
  readonly wanted: number;
  readonly staged: number;
  readonly running: number;
  readonly healthy: number;
  readonly unhealthy: number;
  readonly hasChecks: boolean;
  readonly waitingFor: readonly string[];
  readonly lastFailure: string | undefined;
};

async function look(api: Api, { appId, deploymentId, verb }: Followed): Promise<View> {
  const what = `${verb} app ${absoluteId(appId)}`;
  // In this order: the app as it is read after the deployment has gone is the app as deployed.
  const deployments = await api.get("/v2/deployments?embed=waitingFor", what);
  const answer = await api.find(appPath(appId), what);
  const list = Array.isArray(deployments.body) ? deployments.body : [];
  const own = list.find((deployment) => textAt(deployment, "id") === deploymentId);
  const others = list.filter(
    (deployment) => deployment !== own && arrayAt(deployment, "affectedApps").includes(absoluteId(appId)),
  );
  const app = recordAt(answer?.body, "app");
  const count = (name: string): number => numberAt(app, name) ?? 0;
  const wanted = count("instances");
  return {
    underWay: own !== undefined,
    others: others.map((deployment) => textAt(deployment, "id") ?? "?"),
    step: stepText(own),
    exists: answer !== undefined,
    wanted,
    staged: count("tasksStaged"),
    running: count("tasksRunning"),
    healthy: count("tasksHealthy"),
    unhealthy: count("tasksUnhealthy"),
    hasChecks: arrayAt(app, "healthChecks").length > 0,
    waitingFor: own === undefined ? [] : await reasons(api, own, appId, what),
    lastFailure: failureText(app),
  };
}

/** What the deployment says that it waits for; of a cluster that does not say, why instances find no place. */
async function reasons(api: Api, deployment: Json, appId: string, what: string): Promise<readonly string[]> {
  const said = arrayAt(deployment, "waitingFor").filter((item) => typeof item === "string");
  // Whose change it is stands before it already.
  const own = `${absoluteId(appId)}: `;
  const text = (sentence: string) => (sentence.startsWith(own) ? sentence.slice(own.length) : sentence);
  if (said.length > 0) return said.map((sentence) => withoutControls(text(sentence)));
  const queue = await api.get("/v2/queue", what);
  const entry = arrayAt(queue.body, "queue").find(
    (item) => textAt(recordAt(item, "app"), "id") === absoluteId(appId),
  );
  const why = textAt(recordAt(entry, "processedOffersSummary"), "why");
  return why === undefined ? [] : [withoutControls(why)];
}

function stepText(deployment: Json): string {
  const total = numberAt(deployment, "totalSteps") ?? 1;
  return total > 1 ? `step ${Math.min(numberAt(deployment, "currentStep") ?? 1, total)} of ${total}` : "";
}

/** Only of the version that is deployed: older failures are another story. */
function failureText(app: Json): string | undefined {
  const failure = recordAt(app, "lastTaskFailure");
  const message = textAt(failure, "message");
  const host = textAt(failure, "host");
  if (message === undefined || textAt(failure, "version") !== textAt(app, "version")) return undefined;
  return withoutControls(host === undefined ? message : `${message} (on ${host})`);
}

function countsText(view: View): string {
  const parts = [`${view.running} of ${view.wanted} running`];
  if (view.staged > 0) parts.push(`${view.staged} starting`);
  if (view.hasChecks) parts.push(`${view.healthy} healthy`);
  if (view.unhealthy > 0) parts.push(`${view.unhealthy} unhealthy`);
  return parts.join(", ");
}

function plainText(view: View, { verb, appId }: Followed): string {
  const waiting = view.waitingFor.length === 0 ? "" : `; waits for: ${view.waitingFor.join("; ")}`;
  const step = view.step === "" ? "" : ` (${view.step})`;
  const failure = view.lastFailure === undefined ? "" : `; last failure: ${view.lastFailure}`;
  return `${verb} ${absoluteId(appId)}${step}: ${countsText(view)}${waiting}${failure}`;
}

function terminalLines(view: View, followed: Followed, elapsedMs: number, style: Style): readonly string[] {
  const done = view.hasChecks ? view.healthy : view.running;
  const cells = 20;
  const filled = view.wanted === 0 ? 0 : Math.min(cells, Math.round((done / view.wanted) * cells));
  const bar = style.good("█".repeat(filled)) + style.dim("░".repeat(cells - filled));
  const step = view.step === "" ? "" : `  ${view.step}`;
  return [
    `${followed.verb} ${style.bold(absoluteId(followed.appId))}  ${bar}  ${countsText(view)}${step}  ${style.dim(formatDuration(Math.floor(elapsedMs / 1000) * 1000))}`,
    ...view.waitingFor.slice(0, 3).map((text) => style.warn(`  waits for: ${text}`)),
    ...(view.lastFailure === undefined ? [] : [style.bad(`  last failure: ${view.lastFailure}`)]),
  ];
}

function finish(context: CommandContext, followed: Followed, view: View, elapsedMs: number): ExitCode {
  const id = absoluteId(followed.appId);
  const time = formatDuration(elapsedMs);
  if (followed.verb === "remove") {
    if (view.exists) throw cancelled(followed, view);
    context.print(`${context.style.good("✔")} ${id} removed in ${time}`);
    return exitCodes.ok;
  }
  const reached = view.hasChecks ? view.healthy : view.running;
  if (!view.exists || view.others.length > 0 || reached < view.wanted) throw cancelled(followed, view);
  context.print(`${context.style.good("✔")} ${id}: ${countsText(view)} after ${time}`);
  return exitCodes.ok;
}

const cancelled = (followed: Followed, view: View): CliError =>
  new CliError(
    `deployment ${followed.deploymentId} of ${absoluteId(followed.appId)} ended before it was done: ${
      view.others.length > 0
        ? `deployment ${view.others.join(", ")} took its place`
        : `${countsText(view)}${view.lastFailure === undefined ? "" : `; last failure: ${view.lastFailure}`}`
    }`,
    exitCodes.failure,
    `See how the app is now with \`unum app show ${absoluteId(followed.appId)}\`.`,
  );

function timedOut(followed: Followed, view: View): CliError {
  const id = absoluteId(followed.appId);
  const why = [
    ...view.waitingFor,
    ...(view.lastFailure === undefined ? [] : [`last failure: ${view.lastFailure}`]),
  ];
  return new CliError(
    `${followed.verb} ${id} is not done after ${formatDuration(followed.timeoutMs)}: ${countsText(view)}${
      why.length === 0 ? "" : `; ${why.join("; ")}`
    }`,
    exitCodes.failure,
    `It goes on in the cluster: \`unum app show ${id}\`, \`unum explain app ${id}\`. Wait longer with --timeout.`,
  );
}
