/**
 * `unum app edit`: an app's definition in an editor, and what was changed sent back.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { absoluteId, appPath } from "../api.ts";
import { CliError, type Command, type CommandContext, type ExitCode, exitCodes } from "../command.ts";
import { afterChange, changeQuery, deployOptions, replaceOption, waitTimeoutMs } from "../deploy-options.ts";
import { recordAt } from "../json.ts";
import { ownMembers } from "../plan.ts";

export const appEdit: Command = {
  name: "app edit",
  summary: "change an app in your editor",
  positionals: "APP",
  options: [...deployOptions, replaceOption],
  details:
    "Opens the definition in $VISUAL or $EDITOR (else vi). Saved unchanged, or empty, nothing is sent. What is\n" +
    "refused is kept in a file, whose name is told, for another try with `unum app add --update`.",
  examples: ["unum app edit /web", "EDITOR='code --wait' unum app edit /web"],
  run: editApp,
};

async function editApp(context: CommandContext): Promise<ExitCode> {
  const [appId = ""] = context.positionals;
  const id = absoluteId(appId);
  const timeoutMs = waitTimeoutMs(context);
  const query = changeQuery(context, "definition");
  const api = await context.connect();
  const shown = await api.get(appPath(id), `edit app ${id}`);
  const before = `${JSON.stringify(ownMembers(recordAt(shown.body, "app")), null, 2)}\n`;
  const directory = mkdtempSync(join(tmpdir(), "unum-edit-"));
  const file = join(directory, "app.json");
  let isKept = false;
  try {
    writeFileSync(file, before, { mode: 0o600 });
    openEditor(context, file);
    const after = readFileSync(file, "utf8");
    if (after === before || after.trim() === "") {
      context.print(`${id}: nothing to change`);
      return exitCodes.ok;
    }
    isKept = true;
    const answer = await api.send({
      method: "PUT",
      // The whole definition is there, so that a member that was taken out is gone.
      path: `${appPath(id)}${query}&partialUpdate=false`,
      body: parse(after, file),
      what: `edit app ${id}`,
    });
    isKept = false;
    return await afterChange(context, api, { appId, verb: "update", answer, timeoutMs });
  } catch (error) {
    if (isKept) context.note(`What you wrote is in ${file}.`);
    throw error;
  } finally {
    if (!isKept) rmSync(directory, { recursive: true });
  }
}

function openEditor({ io }: CommandContext, file: string): void {
  const editor = io.env.VISUAL || io.env.EDITOR || "vi";
  // By a shell, since the variable may hold options.
  const { status, error } = spawnSync("/bin/sh", ["-c", `${editor} "$1"`, "sh", file], {
    stdio: "inherit",
    env: { ...io.env },
  });
  if (error !== undefined || status !== 0)
    throw new CliError(
      `the editor (${editor}) ended with ${error?.message ?? `code ${status}`}; nothing was changed`,
      exitCodes.failure,
      "Choose another with the variable EDITOR.",
    );
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(
      `${file} is no JSON: ${error instanceof Error ? error.message : error}`,
      exitCodes.failure,
    );
  }
}
