/**
 * The options of `unum fleet`: one typed value, made of flags.
 *
 * The token is not part of it: only where its file lies.
 */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { limits } from "#base/limits.ts";
import { type Resources, resources } from "#model/resources.ts";
import type { MasterPlace } from "#shell/link/agent-link.ts";
import { parseAttributes, parseMaster } from "../agent/config.ts";
import { Flags, UsageError } from "../flags.ts";
import type { TaskSize } from "../load/placement.ts";

export type FleetOptions = {
  /** At least one; what is asked of a master over HTTP is asked of the first. */
  readonly masters: readonly MasterPlace[];
  readonly tokenFile: string;
  readonly agents: number;
  /** Launched on each agent by a framework of the fleet's own; 0 for none. */
  readonly tasksPerAgent: number;
  readonly taskSize: TaskSize;
  /** Of the health of the fleet's own tasks, in all; undefined: it never changes. */
  readonly updatesPerSecond: number | undefined;
  readonly resources: Resources;
  readonly attributes: Readonly<Record<string, string>>;
  readonly threads: number;
  /** Undefined: until Ctrl-C. */
  readonly durationMs: number | undefined;
  readonly masterPid: number | undefined;
};

const tasksPerAgentMax = 1_000;
const threadsMax = 64;
/** One thread carries about so many before it is busy with their pings alone. */
const agentsPerThread = 2_500;

export const fleetHelp = `unum fleet: connects many simulated agents to a master, each the real agent with containers
that do not exist, and shows how the master bears it. Nothing that is launched there really runs: \`sleep 3\`
ends after three seconds, everything else when it is killed. What tasks are said to use is made up, each its own
share of what it may have, in waves of some minutes.

  --master HOST:PORT[,HOST:PORT…]
                        where the master listens; of several masters, all
  --token-file FILE     the cluster's token
  --agents N            how many (100)
  --tasks-per-agent N   launch so many tasks on each, by a framework of the fleet's own (0)
  --updates N           of these tasks' states, so many a second in all: their health changes (0)
  --cpus N --mem MIB --disk MIB --ports FIRST-LAST
                        what each agent offers (16, 65536, 1000000, 31000-32000)
  --attribute NAME=TEXT of every agent; may be given several times
  --threads N           that run the agents (one for each ${agentsPerThread} agents, and less than the machine has cores)
  --duration SECONDS    to end after (until Ctrl-C)
  --master-pid N        the master's process, for its memory and CPU (found by the port, on this machine)

At the end the agents are gone without notice, as if switched off. If they were more than the master gives up by
itself (\`unum node losses\`), none of them is marked unreachable.
`;

export function parseFleetOptions(argv: readonly string[], workingDirectory: string): FleetOptions {
  const flags = new Flags(argv, {
    master: "text",
    "token-file": "text",
    agents: "text",
    "tasks-per-agent": "text",
    updates: "text",
    cpus: "text",
    mem: "text",
    disk: "text",
    ports: "text",
    attribute: "list",
    threads: "text",
    duration: "text",
    "master-pid": "text",
  });
  const agents = flags.integer("agents", 1, limits.linksMax) ?? 100;
  const tasksPerAgent = flags.integer("tasks-per-agent", 0, tasksPerAgentMax) ?? 0;
  const [cpus, memMib] = [flags.amount("cpus") ?? 16, flags.amount("mem") ?? 65_536];
  const durationSeconds = flags.amount("duration");
  const updatesPerSecond = flags.amount("updates");
  if (updatesPerSecond !== undefined && tasksPerAgent === 0)
    throw new UsageError("--updates needs tasks of the fleet's own: --tasks-per-agent N.");
  return Object.freeze({
    masters: flags.required("master").split(",").map(parseMaster),
    tokenFile: resolve(workingDirectory, flags.required("token-file")),
    agents,
    tasksPerAgent,
    taskSize: taskSizeOf(cpus, memMib, tasksPerAgent),
    updatesPerSecond: updatesPerSecond === 0 ? undefined : updatesPerSecond,
    resources: resources({
      cpus,
      mem: memMib,
      disk: flags.amount("disk") ?? 1_000_000,
      ports: [parsePorts(flags.text("ports") ?? "31000-32000")],
    }),
    attributes: parseAttributes(flags.list("attribute")),
    threads: flags.integer("threads", 1, threadsMax) ?? threadsFor(agents),
    durationMs: durationSeconds === undefined ? undefined : durationSeconds * 1_000,
    masterPid: flags.integer("master-pid", 1, 2 ** 22),
  });
}

/** Small, unless so many would not fit otherwise. */
function taskSizeOf(cpus: number, memMib: number, tasksPerAgent: number): TaskSize {
  const share = (amount: number): number => Math.floor((amount * 1_000) / Math.max(1, tasksPerAgent)) / 1_000;
  const size = { cpus: Math.min(0.1, share(cpus)), memMib: Math.min(32, share(memMib)) };
  if (size.cpus > 0 && size.memMib > 0) return size;
  throw new UsageError(`--tasks-per-agent ${tasksPerAgent} do not fit on an agent of ${cpus} cpus.`);
}

const threadsFor = (agents: number): number =>
  Math.max(1, Math.min(Math.ceil(agents / agentsPerThread), availableParallelism() - 1));

function parsePorts(text: string): readonly [number, number] {
  const [, first, last] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const range = [Number(first), Number(last)] as const;
  if (range[0] >= 1 && range[0] <= range[1] && range[1] <= 65_535) return range;
  throw new UsageError(`--ports ${text} is not FIRST-LAST.`);
}
