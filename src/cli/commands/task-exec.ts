/**
 * `unum task exec`: run a command in a task's container, and be there as if it ran here.
 *
 * Its exit code becomes ours; what it writes comes out where it would. When this program goes, so does the command.
 */

import { randomUUID } from "node:crypto";
import type { Api } from "../api.ts";
import { type Command, type CommandContext, isSet, listOption, usageError } from "../command.ts";
import { numberAt, recordAt } from "../json.ts";
import { containerOf, runningTask } from "../running-task.ts";
import { type Nested, runSession } from "../session.ts";

export const taskExec: Command = {
  name: "task exec",
  summary: "run a command in a task's container",
  positionals: "TASK COMMAND…",
  options: [
    { name: "interactive", short: "i", summary: "hand on what is typed, or piped into it" },
    { name: "tty", short: "t", summary: "give it a terminal, as a shell needs it" },
    { name: "env", short: "e", value: "NAME=TEXT", repeats: true, summary: "a variable for it" },
  ],
  details:
    "TASK is a task, or an app of which one task runs. The command runs as the task's user, with its environment and\n" +
    "its limits. What follows the first word of COMMAND belongs to it. The exit code is the command's.",
  examples: [
    "unum task exec -it web sh",
    "unum task exec 1b9d6bcd ls -l",
    "unum task exec -i web tar x <files.tar",
  ],
  run: execInTask,
};

async function execInTask(context: CommandContext): Promise<number> {
  const [given = "", ...command] = context.positionals;
  if (command.length === 0) throw usageError("task exec: COMMAND is missing");
  const { raw } = context.io;
  if (raw === undefined) throw usageError("task exec needs the streams of a process");
  const env = listOption(context.options, "env").map(variable);
  const api = await context.connect();
  const task = await runningTask(api, given);
  const path = `/agent/${encodeURIComponent(task.agentId)}/api/v1`;
  const what = `run a command in ${task.id}`;
  const parent = await containerOf(api, path, task, what);
  const nested: Nested = { value: randomUUID(), parent };
  const hasTerminal = isSet(context.options, "tty");
  const size = raw.size() ?? { columns: 80, rows: 24 };
  await runSession({
    ...{ api, path, what, nested, raw },
    isInteractive: isSet(context.options, "interactive"),
    hasTerminal,
    call: {
      type: "LAUNCH_NESTED_CONTAINER_SESSION",
      launch_nested_container_session: {
        container_id: nested,
        command: {
          shell: false,
          value: command[0],
          arguments: command,
          environment: { variables: hasTerminal ? [...terminalKind(context), ...env] : env },
        },
        ...(hasTerminal ? { container: { type: "MESOS", tty_info: { window_size: size } } } : {}),
      },
    },
  });
  return exitCodeOf(api, path, nested, what);
}

function variable(text: string): { readonly name: string; readonly value: string } {
  const at = text.indexOf("=");
  if (at < 1) throw usageError(`task exec: "${text}" is no NAME=TEXT`);
  return { name: text.slice(0, at), value: text.slice(at + 1) };
}

const terminalKind = ({ io }: CommandContext) =>
  io.env.TERM === undefined || io.env.TERM === "" ? [] : [{ name: "TERM", value: io.env.TERM }];

/** From what the system's `wait` tells; of one that a signal ended, as shells have it. */
async function exitCodeOf(api: Api, path: string, nested: Nested, what: string): Promise<number> {
  const call = { type: "WAIT_NESTED_CONTAINER", wait_nested_container: { container_id: nested } };
  const { body } = await api.send({ method: "POST", path, body: call, what });
  const status = numberAt(recordAt(body, "wait_nested_container"), "exit_status") ?? 0xff00;
  const remove = { type: "REMOVE_NESTED_CONTAINER", remove_nested_container: { container_id: nested } };
  await api.send({ method: "POST", path, body: remove, what }).catch(() => undefined);
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal;
}
