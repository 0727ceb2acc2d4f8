/**
 * `npm run bench -- NAME`: measurements on this machine, each against a floor taken in the same run.
 */

import { parseArgs } from "node:util";
import { cleanUp, cleanUpOnSignals } from "./cleanup.ts";
import { benchLaunch } from "./launch.ts";

const usage = `npm run bench -- launch [--counts 1,10,50] [--rounds N] [--floor-rounds N]

  launch   time and CPU from POST to TASK_RUNNING, beside conmon and the OCI runtime alone`;

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      counts: { type: "string", default: "1,10,50" },
      rounds: { type: "string", default: "5" },
      "floor-rounds": { type: "string", default: "10" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help || positionals.length !== 1 || positionals[0] !== "launch") {
    process.stdout.write(`${usage}\n`);
    return values.help ? 0 : 2;
  }
  const whole = (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1) throw new Error(`"${text}" is no whole number above 0`);
    return value;
  };
  await benchLaunch({
    counts: values.counts.split(",").map(whole),
    rounds: whole(values.rounds),
    floorRounds: whole(values["floor-rounds"]),
    command: `npm run bench -- ${argv.join(" ")}`,
  });
  return 0;
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
