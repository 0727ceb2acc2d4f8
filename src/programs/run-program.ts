/**
 * What running any of the server programs has in common: help, wrong flags, and a start that fails.
 */

import type { Log } from "#shell/log/log.ts";
import { createLog } from "#shell/log/log.ts";
import { UsageError } from "./flags.ts";
import { type ProcessLife, startProcessLife } from "./process-life.ts";

export type Program<Config> = {
  readonly help: string;
  readonly parse: (argv: readonly string[], workingDirectory: string) => Config;
  /** Who speaks in the log. */
  readonly nameOf: (config: Config) => string;
  /** Resolves when it runs; what it opened is registered with the life. Rejects when it cannot. */
  readonly start: (config: Config, life: ProcessLife, log: Log) => Promise<void>;
};

/**
 * What others must not see is made with a mode of its own. What tasks pass through must not get lost to the
 * umask of a hardened shell: with 077 no container would start.
 */
export const useUsualUmask = (): void => void process.umask(0o022);

const usageExitCode = 2;

/** Resolves with the exit code when the program has ended. */
export async function runProgram<Config extends object>(
  program: Program<Config>,
  argv: readonly string[],
): Promise<number> {
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(program.help);
    return 0;
  }
  let config: Config;
  try {
    config = program.parse(argv, process.cwd());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`unum: ${error.message}\n\n${program.help}`);
    return usageExitCode;
  }
  useUsualUmask();
  const log = createLog(program.nameOf(config));
  const life = startProcessLife(log);
  log.info("starting", { pid: process.pid, node: process.version, config: JSON.stringify(config) });
  program
    .start(config, life, log)
    .then(
      () => life.report({ type: "ready" }),
      (error: unknown) => life.fail(error instanceof Error ? error.message : String(error)),
    )
    .finally(() => life.started());
  return await life.ended;
}
