/**
 * `unum`: hands the command line to a program (`up`, `master`, `agent`, `fleet`, `load`, `restore`) or to the client.
 *
 * The only importer of both; each is loaded only when it is asked for, so that the client starts fast.
 */

const [, , word, ...rest] = process.argv;

process.exitCode = await run();

async function run(): Promise<number> {
  switch (word) {
    case "up":
      return (await import("#programs/up/up.ts")).runUp(rest);
    case "master":
      // What a client asks of a master that runs.
      if (rest[0] === "step-down") break;
      return (await import("#programs/master/master.ts")).runMaster(rest);
    case "agent":
      // The one thing about agents that the client does: it needs no cluster.
      if (rest[0] === "preflight") break;
      return (await import("#programs/agent/agent.ts")).runAgent(rest);
    case "fleet":
      return (await import("#programs/fleet/fleet.ts")).runFleet(rest);
    case "load":
      return (await import("#programs/load/load.ts")).runLoad(rest);
    case "restore":
      return (await import("#programs/restore/restore.ts")).runRestore(rest);
    default:
      break;
  }
  return (await import("#cli/run.ts")).runCli(process.argv.slice(2));
}
