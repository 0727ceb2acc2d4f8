/**
 * `unum login`: a link that logs a browser in, once.
 */

import { CliError, type Command, type CommandContext, type ExitCode, exitCodes } from "../command.ts";
import { discoverCluster } from "../discover.ts";
import { textAt } from "../json.ts";

export const login: Command = {
  name: "login",
  summary: "print a link that logs a browser in, once",
  positionals: "",
  options: [],
  examples: ["unum login", 'xdg-open "$(unum login)"'],
  run: printLogin,
};

async function printLogin(context: CommandContext): Promise<ExitCode> {
  const { url } = discoverCluster(context.options, context.io);
  const api = await context.connect();
  const { body } = await api.send({ method: "POST", path: "/login", what: "make a link" });
  const path = textAt(body, "path");
  if (path === undefined)
    throw new CliError(`${url} gave no link`, exitCodes.failure, "Is it a cluster's gateway?");
  context.print(`${url}${path}`);
  return exitCodes.ok;
}
