/**
 * `npm run bench -- NAME`: measurements on this machine, each against a floor taken in the same run.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchApps } from "./apps.ts";
import { atEnd, cleanUp, cleanUpOnSignals } from "./cleanup.ts";
import { benchContainers } from "./containers.ts";
import { benchFailover } from "./failover.ts";
import { benchFleetFailover } from "./failover-fleet.ts";
import { benchIsolation } from "./isolation.ts";
import { benchLaunch } from "./launch.ts";

const usage = `npm run bench -- launch [--counts 1,10,50] [--rounds N] [--floor-rounds N]
npm run bench -- containers [--counts 200] [--rounds N]
npm run bench -- isolation
npm run bench -- apps [--counts 10000] [--rounds N]
npm run bench -- failover [--runs 50] [--fleet [--agents 10000] [--tasks-per-agent 10] [--lease 2]]

npm run bench -- console [--agents 1000 --tasks-per-agent 20 --minutes 1]

  launch      time and CPU from POST to TASK_RUNNING, beside conmon and the OCI runtime alone
  containers  launching and destroying so many on one agent, beside conmon and the OCI runtime alone
  isolation   what shares, quotas and memory limits do to neighbours
  apps        listing, changing and deploying with so many apps of five instances, on simulated agents
  failover    time from kill -9 of the leader of three masters to another that takes writes, and to all agents being back;
              with --fleet: two masters and so many simulated agents, until all are registered and offered again
  console     a browser on a fleet: first picture, change of view, frames, memory, what is loaded`;

const consoleBench = join(import.meta.dirname, "../ui/test/bench/main.ts");

const whats = ["launch", "containers", "isolation", "apps", "failover", "console"] as const;

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      counts: { type: "string" },
      rounds: { type: "string" },
      runs: { type: "string" },
      fleet: { type: "boolean", default: false },
      agents: { type: "string" },
      minutes: { type: "string", default: "1" },
      lease: { type: "string", default: "2" },
      "tasks-per-agent": { type: "string" },
      "floor-rounds": { type: "string", default: "10" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [what] = positionals;
  if (values.help || positionals.length !== 1 || !whats.some((each) => each === what)) {
    process.stdout.write(`${usage}\n`);
    return values.help ? 0 : 2;
  }
  const whole = (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1) throw new Error(`"${text}" is no whole number above 0`);
    return value;
  };
  const command = `npm run bench -- ${argv.join(" ")}`;
  const counts = (values.counts ?? (what === "launch" ? "1,10,50" : "200")).split(",").map(whole);
  if (what === "isolation") {
    await benchIsolation(command);
    return 0;
  }
  if (what === "apps") {
    const apps = whole(values.counts ?? "10000");
    const rounds = whole(values.rounds ?? "5");
    await benchApps({ apps, instancesPerApp: 5, agents: 200, rounds, command });
    return 0;
  }
  if (what === "failover") {
    const [agents, tasksPerAgent] = [
      whole(values.agents ?? "10000"),
      whole(values["tasks-per-agent"] ?? "10"),
    ];
    const runs = whole(values.runs ?? (values.fleet ? "3" : "50"));
    const leaseSeconds = whole(values.lease);
    if (values.fleet) await benchFleetFailover({ agents, tasksPerAgent, runs, leaseSeconds, command });
    else await benchFailover({ runs, command });
    return 0;
  }
  if (what === "console") {
    const [agents, tasksPerAgent] = [
      whole(values.agents ?? "1000"),
      whole(values["tasks-per-agent"] ?? "20"),
    ];
    return benchConsole({ agents, tasksPerAgent, minutes: whole(values.minutes), command });
  }
  if (what === "containers") {
    await benchContainers({ counts, rounds: whole(values.rounds ?? "3"), command });
    return 0;
  }
  await benchLaunch({
    counts,
    rounds: whole(values.rounds ?? "5"),
    floorRounds: whole(values["floor-rounds"]),
    command,
  });
  return 0;
}

/** In a process of its own: what drives a browser belongs to the console's package. */
async function benchConsole(options: object): Promise<number> {
  const child = spawn(process.execPath, [consoleBench, JSON.stringify(options)], { stdio: "inherit" });
  atEnd(() => void child.kill("SIGTERM"));
  const [code] = await once(child, "exit");
  return typeof code === "number" ? code : 1;
}

cleanUpOnSignals();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
} finally {
  await cleanUp();
}
