/**
 * Runs one invocation of the client: finds the command, parses, connects, runs, and turns every error into a
 * message and an exit code.
 *
 * `unum up`, `unum master` and `unum agent` are not here: `main.ts` sends those to the programs.
 */

import { createHttpClient, type HttpClient } from "#shell/http/client.ts";
import { assertKnowsToken } from "#shell/http/proof.ts";
import { Api } from "./api.ts";
import { findCommand, parseArguments, unknownCommand } from "./arguments.ts";
import { CliError, type CliIo, type Command, type ExitCode, exitCodes, isSet } from "./command.ts";
import { commands } from "./commands.ts";
import { discoverCluster, type Target } from "./discover.ts";
import { commandHelp, overview } from "./help.ts";
import { openProcessIo } from "./process-io.ts";
import { createStyle } from "./style.ts";

/** Resolves to the exit code; never rejects for what a user or a cluster did. `argv` without node and script. */
export async function runCli(argv: readonly string[], io: CliIo = openProcessIo()): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    if (io.signal.aborted) return exitCodes.ok;
    if (!(error instanceof CliError)) throw error;
    const style = createStyle(io.stderr.isTerminal, io.env);
    io.stderr.write(`${style.bad("unum:")} ${error.message}\n`);
    if (error.advice !== undefined) io.stderr.write(`${error.advice}\n`);
    return error.exitCode;
  }
}

async function dispatch(argv: readonly string[], io: CliIo): Promise<number> {
  const style = createStyle(io.stdout.isTerminal, io.env);
  const words = argv[0] === "help" ? [...argv.slice(1), "--help"] : argv;
  if (words.every((word) => word === "--help" || word === "-h")) {
    io.stdout.write(`${overview(commands, style)}\n`);
    return argv.length === 0 ? exitCodes.usage : exitCodes.ok;
  }
  const found = findCommand(words[0] === "--version" ? ["version"] : words, commands);
  if (found === undefined) {
    if (words.includes("--help")) return helpForNoun(words[0] ?? "", io);
    throw unknownCommand(
      words,
      commands.map(({ name }) => name),
    );
  }
  const parsed = parseArguments(found.command, found.rest);
  if (isSet(parsed.options, "help")) {
    io.stdout.write(`${commandHelp(found.command, style)}\n`);
    return exitCodes.ok;
  }
  let client: HttpClient | undefined;
  const connect = async (): Promise<Api> => {
    const target = discoverCluster(parsed.options, io);
    const url = await findGateway(target);
    client = createHttpClient({
      baseUrl: url,
      ...(target.token === undefined ? {} : { token: target.token }),
    });
    const { token } = target;
    const prove = async (): Promise<void> => (token === undefined ? undefined : assertKnowsToken(url, token));
    return new Api(client, target.whereFrom, prove);
  };
  try {
    return await found.command.run({
      options: parsed.options,
      positionals: parsed.positionals,
      io,
      style,
      connect,
      print: (text) => io.stdout.write(`${text}\n`),
      note: (text) => io.stderr.write(`${text}\n`),
    });
  } finally {
    await client?.close();
  }
}

const gatewayPatienceMs = 1_000;

/** Of several masters any will do that answers; if none does, the first is complained of. */
async function findGateway({ url, others }: Target): Promise<string> {
  if (others.length === 0) return url;
  for (const gateway of [url, ...others]) {
    try {
      const answer = await fetch(`${gateway}/ping`, { signal: AbortSignal.timeout(gatewayPatienceMs) });
      await answer.text();
      if (answer.ok) return gateway;
    } catch {
      // The next one, then.
    }
  }
  return url;
}

/** `unum help app`: all commands about apps. */
function helpForNoun(noun: string, io: CliIo): ExitCode {
  const style = createStyle(io.stdout.isTerminal, io.env);
  const ofNoun: readonly Command[] = commands.filter(({ name }) => name.startsWith(`${noun} `));
  if (ofNoun.length === 0)
    throw unknownCommand(
      [noun],
      commands.map(({ name }) => name),
    );
  io.stdout.write(`${ofNoun.map((command) => commandHelp(command, style)).join("\n\n")}\n`);
  return exitCodes.ok;
}
