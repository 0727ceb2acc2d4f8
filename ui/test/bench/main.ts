/**
 * What `npm run bench -- console` starts: how the console does on a fleet, in a real browser. Figures are printed,
 * never judged.
 */

import { cleanUp, cleanUpOnSignals } from "../../../bench/cleanup.ts";
import { benchConsole } from "./console.ts";

cleanUpOnSignals();
try {
  await benchConsole(JSON.parse(process.argv[2] ?? "{}"));
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
} finally {
  await cleanUp();
}
