/**
 * `unum task attach`: what a task writes from now on, and, of one that has a terminal, what is typed into it.
 *
 * Going away ends nothing: neither by the keys for it nor by the death of this program.
 */

import { PassThrough, type Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { encodeMessage } from "#wire/mesos/codec/encoding.ts";
import { encodeRecord } from "#wire/record-io/encode-record.ts";
import type { Api } from "../api.ts";
import {
  CliError,
  type Command,
  type CommandContext,
  exitCodes,
  isSet,
  textOption,
  usageError,
} from "../command.ts";
import { parseDetachKeys } from "../detach-keys.ts";
import { containerOf, runningTask } from "../running-task.ts";
import { type Nested, runSession } from "../session.ts";

export const taskAttach: Command = {
  name: "task attach",
  summary: "follow a task's output, and type into its terminal",
  positionals: "TASK",
  options: [
    { name: "no-stdin", summary: "only follow its output" },
    {
      name: "detach-keys",
      value: "KEYS",
      summary: "that leave it running (ctrl-p,ctrl-q); an empty text for none",
    },
  ],
  details:
    "TASK is a task, or an app of which one task runs. What is typed reaches a task that asked for a terminal\n" +
    "(container.tty_info of Mesos, tty of Marathon), until the keys to detach; any other is only followed, until Ctrl-C.\n" +
    "The task runs on in either case.",
  examples: ["unum task attach web", "unum task attach --no-stdin 1b9d6bcd"],
  run: attachToTask,
};

const usualKeys = "ctrl-p,ctrl-q";

async function attachToTask(context: CommandContext): Promise<number> {
  const [given = ""] = context.positionals;
  const { raw } = context.io;
  if (raw === undefined) throw usageError("task attach needs the streams of a process");
  const detachKeys = parseDetachKeys(textOption(context.options, "detach-keys") ?? usualKeys);
  const api = await context.connect();
  const task = await runningTask(api, given);
  const path = `/agent/${encodeURIComponent(task.agentId)}/api/v1`;
  const what = `attach to ${task.id}`;
  const nested = (await containerOf(api, path, task, what)) as unknown as Nested;
  const isTerminal = await readsInput(api, path, nested, what);
  const isInteractive = isTerminal && !isSet(context.options, "no-stdin");
  const outcome = await runSession({
    ...{ api, path, what, nested, raw, isInteractive, detachKeys },
    hasTerminal: isTerminal,
    takesInput: isInteractive,
    attached: () => {
      const keys = textOption(context.options, "detach-keys") ?? usualKeys;
      if (isInteractive) context.note(`Attached to ${task.id}; ${keys} leaves it running.\r`);
      else if (!isTerminal)
        context.note(`${task.id} has no terminal: it is only followed. Ctrl-C leaves it running.`);
    },
    call: { type: "ATTACH_CONTAINER_OUTPUT", attach_container_output: { container_id: nested } },
  });
  if (outcome === "detached") context.note("\r\nDetached; the task runs on.");
  return exitCodes.ok;
}

/** Asked by attaching to its input, and leaving at once. */
async function readsInput(api: Api, path: string, id: Nested, what: string): Promise<boolean> {
  const body = new PassThrough();
  const message = {
    type: "ATTACH_CONTAINER_INPUT",
    attach_container_input: { type: "CONTAINER_ID", container_id: id },
  } as Parameters<typeof encodeMessage<"agent.Call">>[2];
  body.end(encodeRecord(encodeMessage("protobuf", "agent.Call", message)));
  try {
    const { body: answer } = await api.open({
      ...{ method: "POST", path, what, isPatient: true, bodyStream: body },
      headers: { "content-type": "application/recordio", "message-content-type": "application/x-protobuf" },
    });
    await finished((answer as Readable).resume());
    return true;
  } catch (error) {
    if (error instanceof CliError && /closed/.test(error.message)) return false;
    throw error;
  }
}
