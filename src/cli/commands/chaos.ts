/**
 * `unum chaos …`: faults in a cluster on this machine, made by the `unum up` that runs it, which also ends them.
 */

import { join } from "node:path";
import { limits } from "#base/limits.ts";
import { isAlive, sendSignal } from "#shell/containers/process-identity.ts";
import { readClusterFile } from "#shell/process/cluster-file.ts";
import { askControl } from "#shell/process/control-socket.ts";
import { endLeftFaults, hasHostsRecord, readHostsRecord } from "#shell/process/left-faults.ts";
import { type LockOutcome, takeLock } from "#shell/process/lock.ts";
import { type ChaosRequest, type CutDirection, type Fault, parseChaosAnswer } from "#wire/unum/chaos.ts";
import { jsonOption } from "../arguments.ts";
import {
  CliError,
  type Command,
  type CommandContext,
  type ExitCode,
  exitCodes,
  isSet,
  listOption,
  type OptionSpec,
  parseCount,
  parseDuration,
  textOption,
  usageError,
} from "../command.ts";
import { discoverCluster } from "../discover.ts";
import { formatTable } from "../table.ts";

const forOption: OptionSpec = { name: "for", value: "TIME", summary: "ends by itself after it, such as 10s" };
const names =
  "NAME is a process as `unum up` names it: master-1, etcd-2, agent-3. The `unum up` that runs the cluster\n" +
  "makes the fault and ends it, also when this command is long gone.";
const onHosts = "Needs a cluster that was started with `unum up --hosts netns`.";

export const chaosKill: Command = {
  name: "chaos kill",
  summary: "kill processes; they start again at once, or after --for",
  positionals: "NAME…",
  options: [forOption, jsonOption],
  details: names,
  examples: ["unum chaos kill master-1", "unum chaos kill etcd-2 etcd-3 --for 10s"],
  run: (context) => ask(context, { verb: "kill", ...whoAndFor(context) }),
};

export const chaosPause: Command = {
  name: "chaos pause",
  summary: "stop processes where they are (SIGSTOP); tasks run on",
  positionals: "NAME…",
  options: [forOption, jsonOption],
  details: names,
  examples: ["unum chaos pause master-1 --for 5s"],
  run: (context) => ask(context, { verb: "pause", ...whoAndFor(context) }),
};

export const chaosResume: Command = {
  name: "chaos resume",
  summary: "let paused processes go on",
  positionals: "NAME…",
  options: [jsonOption],
  examples: ["unum chaos resume master-1"],
  run: (context) => ask(context, { verb: "resume", who: context.positionals }),
};

export const chaosCut: Command = {
  name: "chaos cut",
  summary: "cut servers off the network, from all others or from some",
  positionals: "NAME…",
  options: [
    {
      name: "from",
      value: "NAME",
      repeats: true,
      summary: "from these alone; several times. `client` is this machine",
    },
    {
      name: "one-way",
      value: "sent|received",
      summary: "only what they send is lost, or only what is sent to them",
    },
    forOption,
    jsonOption,
  ],
  details: `${names} Those that are named together still reach each other.\n${onHosts}`,
  examples: [
    "unum chaos cut agent-1 --for 10s",
    "unum chaos cut master-1 etcd-1 --from master-2 --from etcd-2 --from etcd-3",
    "unum chaos cut master-1 --from agent-1 --one-way received",
  ],
  run: (context) =>
    ask(context, {
      verb: "cut",
      ...whoAndFor(context),
      from: listOption(context.options, "from"),
      direction: directionOf(context),
    }),
};

export const chaosSlow: Command = {
  name: "chaos slow",
  summary: "slow servers' networks down",
  positionals: "NAME…",
  options: [
    { name: "delay", value: "TIME", summary: "each packet comes later, in each direction, such as 200ms" },
    { name: "rate", value: "KBIT", summary: "kilobits a second in each direction" },
    forOption,
    jsonOption,
  ],
  details: `${names}\n${onHosts} A delay needs a kernel with sch_netem.`,
  examples: ["unum chaos slow agent-1 --rate 64 --for 30s", "unum chaos slow master-1 --delay 200ms"],
  run: (context) => {
    const [delay, rate] = [textOption(context.options, "delay"), textOption(context.options, "rate")];
    return ask(context, {
      verb: "slow",
      ...whoAndFor(context),
      delayMs: delay === undefined ? undefined : parseDuration(delay, "--delay"),
      kilobits: rate === undefined ? undefined : parseCount(rate, "--rate"),
    });
  },
};

export const chaosFillDisk: Command = {
  name: "chaos fill-disk",
  summary: "fill servers' disks to the last block",
  positionals: "NAME…",
  options: [forOption, jsonOption],
  details: `${names}\nNeeds a cluster that was started with \`unum up --hosts netns --host-disk MIB\`.`,
  examples: ["unum chaos fill-disk agent-2 --for 20s"],
  run: (context) => ask(context, { verb: "fill-disk", ...whoAndFor(context) }),
};

export const chaosHeal: Command = {
  name: "chaos heal",
  summary: "end faults: all, or those named",
  positionals: "[NAME|FAULT…]",
  options: [jsonOption],
  details: "Also where the `unum up` that made them was killed: then all that it left on this machine ends.",
  examples: ["unum chaos heal", "unum chaos heal fault-3", "unum chaos heal agent-1"],
  run: async (context) =>
    (context.positionals.length === 0 ? await healLeft(context) : undefined) ??
    ask(context, { verb: "heal", which: context.positionals }),
};

export const chaosList: Command = {
  name: "chaos list",
  summary: "the faults that there are",
  positionals: "",
  options: [jsonOption],
  examples: ["unum chaos list", "unum chaos list --json | jq '.faults[].who'"],
  run: (context) => ask(context, { verb: "list" }),
};

/** Undefined: somebody runs the cluster, and is to be asked. */
async function healLeft({ options, io, print, note }: CommandContext): Promise<ExitCode | undefined> {
  const { directory } = discoverCluster(options, io);
  if (directory === undefined || !hasHostsRecord(directory)) return undefined;
  const lock = lockOf(directory);
  if (lock?.kind !== "taken") return undefined;
  try {
    // Who was paused has not noticed yet that it is to end.
    for (const child of readClusterFile(directory)?.children ?? [])
      if (isAlive(child)) sendSignal(child.pid, "SIGCONT");
    const removed = await endLeftFaults(readHostsRecord(directory));
    if (isSet(options, "json")) print(JSON.stringify({ faults: [], removed }, null, 2));
    else if (removed.length === 0) note("There was no fault to end.");
    else print(`The \`unum up\` that made them is gone. Ended: ${removed.join(", ")}.`);
    return exitCodes.ok;
  } finally {
    lock.release();
  }
}

/** Undefined: it is not ours to take. */
function lockOf(directory: string): LockOutcome | undefined {
  try {
    return takeLock(join(directory, "lock"));
  } catch {
    return undefined;
  }
}

function whoAndFor({ positionals, options }: CommandContext) {
  const text = textOption(options, "for");
  const forMs = text === undefined ? undefined : parseDuration(text, "--for");
  if (forMs === 0) throw usageError("--for must be longer than nothing");
  return { who: positionals, forMs };
}

function directionOf({ options }: CommandContext): CutDirection {
  const text = textOption(options, "one-way") ?? "both";
  if (text === "both" || text === "sent" || text === "received") return text;
  throw usageError(`--one-way must be sent or received, not "${text}"`);
}

async function ask(context: CommandContext, request: ChaosRequest): Promise<ExitCode> {
  const { print, note, options } = context;
  const answer = parseChaosAnswer(await send(context, request));
  if (!answer.ok) throw new CliError(answer.message, exitCodes.failure);
  const { faults } = answer;
  if (isSet(options, "json")) print(JSON.stringify({ faults }, null, 2));
  else if (faults.length > 0) print(table(context, faults));
  else note(request.verb === "list" ? "There is no fault." : "There was no fault to end.");
  return exitCodes.ok;
}

async function send({ options, io }: CommandContext, request: ChaosRequest): Promise<string> {
  const { whereFrom, directory } = discoverCluster(options, io);
  const advice = `The cluster was found by ${whereFrom}. Faults need the \`unum up\` that runs it, on this machine.`;
  if (directory === undefined) {
    throw new CliError("what runs the cluster is not known", exitCodes.unreachable, advice);
  }
  try {
    return await askControl(directory, JSON.stringify(request), limits.chaosMessageBytesMax);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(`what runs the cluster cannot be reached (${why})`, exitCodes.unreachable, advice);
  }
}

const table = ({ style }: CommandContext, faults: readonly Fault[]): string =>
  formatTable(
    faults,
    [
      { title: "fault", text: ({ id }) => id },
      { title: "what", text: ({ kind }) => kind },
      { title: "who", text: ({ who }) => who.join(", ") },
      { title: "how", text: ({ detail }) => detail },
      {
        title: "ends in",
        align: "right",
        text: ({ endsInMs }) => (endsInMs === undefined ? "" : seconds(endsInMs)),
      },
    ],
    style,
  );

const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`;
