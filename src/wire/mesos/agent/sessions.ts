/**
 * Containers inside of containers, and what goes in and out of them, as Mesos's messages have them.
 *
 * A nested container of ours is a command in its parent's container. What its message asks for beside that is
 * refused by name. The sentences of faults are Mesos's where it has one.
 */

import { limits } from "#base/limits.ts";
import type { SessionSpec, SessionStream, TerminalSize } from "#model/session.ts";
import type { TaskExit } from "#model/task.ts";
import type { MessageOf } from "../proto/tables.ts";
import { commandFromMessage } from "../translate/command.ts";
import { type Translated, translated, untranslated } from "../translate/translated.ts";

export type ContainerIdMessage = MessageOf<"ContainerID">;
type LaunchMessage = MessageOf<"agent.Call.LaunchNestedContainerSession">;

/** From the outermost to the innermost. */
export function containerPath(id: ContainerIdMessage): readonly string[] {
  const path: string[] = [];
  // As deep as a message can be.
  for (let at: ContainerIdMessage | undefined = id; at !== undefined; at = at.parent) path.unshift(at.value);
  return path;
}

/** As people see it. */
export const pathText = (path: readonly string[]): string => path.join(".");

/** What of a launch is not about where it runs. */
export type Launch = Pick<SessionSpec, "command" | "env" | "terminal">;

export function launchFromMessage(message: LaunchMessage): Translated<Launch> {
  const { container_id: id, command, container } = message;
  if (id.parent === undefined) return untranslated("Expecting 'container_id.parent' to be present");
  const fault = nameFault(id.value);
  if (fault !== undefined) return untranslated(fault);
  if (command === undefined) return untranslated("A nested container needs a command");
  const translatedCommand = commandFromMessage(command);
  if (!translatedCommand.ok) return translatedCommand;
  if (translatedCommand.value.user !== undefined)
    return untranslated("A nested container runs as its parent's user: 'command.user' is not supported");
  const { volumes = [], network_infos: networks = [], mesos, docker, rlimit_info: rlimits } = container ?? {};
  if ((volumes.length + networks.length > 0 || mesos?.image !== undefined || docker) ?? rlimits)
    return untranslated(
      "A nested container has its parent's files, networks and limits: of 'container' only 'tty_info' is supported",
    );
  const size = container?.tty_info === undefined ? undefined : sizeOf(container.tty_info);
  if (size === "bad") return untranslated(sizeFault);
  const { command: own, env } = translatedCommand.value;
  return translated({ command: own, env, terminal: size });
}

const sizeFault = `'tty_info.window_size' must be between 1 and ${limits.terminalColumnsMax}`;

/** What Mesos shows when nobody says. */
const usualSize: TerminalSize = { columns: 80, rows: 24 };

function sizeOf({ window_size: size }: MessageOf<"TTYInfo">): TerminalSize | "bad" {
  if (size === undefined) return usualSize;
  const { columns, rows } = size;
  const isFine = [columns, rows].every((count) => count >= 1 && count <= limits.terminalColumnsMax);
  return isFine ? { columns, rows } : "bad";
}

/** Names become parts of paths, and dots stand between those of parents and children. */
const nameFault = (name: string): string | undefined =>
  name.length <= limits.sessionNameLengthMax && /^[A-Za-z0-9_-]+$/.test(name)
    ? undefined
    : `'container_id.value' must have at most ${limits.sessionNameLengthMax} characters, all of them letters, digits, '-' or '_'`;

/** Undefined when it is asked to do what nobody sees: a sign of life. */
export type InputStep =
  | { readonly type: "data"; readonly bytes: Uint8Array }
  | { readonly type: "resize"; readonly size: TerminalSize }
  | { readonly type: "nothing" };

export function inputStep(call: MessageOf<"agent.Call">): Translated<InputStep> {
  const input = call.attach_container_input;
  if (call.type !== "ATTACH_CONTAINER_INPUT" || input === undefined)
    return untranslated("Expecting each record to be an ATTACH_CONTAINER_INPUT call");
  if (input.type !== "PROCESS_IO")
    return untranslated(
      `Expecting 'attach_container_input.type' to be 'PROCESS_IO' instead of: '${input.type ?? "UNKNOWN"}'`,
    );
  if (input.process_io === undefined) return missing("attach_container_input.process_io");
  const { type, data, control } = input.process_io;
  switch (type) {
    case "DATA":
      return dataStep(data);
    case "CONTROL":
      return controlStep(control);
    default:
      return type === undefined ? missing("process_io.type") : untranslated("'process_io.type' is unknown");
  }
}

function dataStep(data: MessageOf<"agent.ProcessIO.Data"> | undefined): Translated<InputStep> {
  if (data === undefined) return missing("process_io.data");
  if (data.type === undefined) return missing("process_io.data.type");
  if (data.type !== "STDIN") return untranslated("Expecting 'process_io.data.type' to be 'STDIN'");
  return data.data === undefined
    ? missing("process_io.data.data")
    : translated({ type: "data", bytes: data.data });
}

function controlStep(control: MessageOf<"agent.ProcessIO.Control"> | undefined): Translated<InputStep> {
  if (control === undefined) return missing("process_io.control");
  switch (control.type) {
    case "TTY_INFO": {
      if (control.tty_info === undefined) return missing("process_io.control.tty_info");
      if (control.tty_info.window_size === undefined) return missing("tty_info.window_size");
      const size = sizeOf(control.tty_info);
      return size === "bad" ? untranslated(sizeFault) : translated({ type: "resize", size });
    }
    case "HEARTBEAT":
      return control.heartbeat === undefined
        ? missing("process_io.control.heartbeat")
        : translated({ type: "nothing" });
    default:
      return control.type === undefined
        ? missing("process_io.control.type")
        : untranslated("'process_io.control.type' is unknown");
  }
}

const missing = (name: string): Translated<never> => untranslated(`Expecting '${name}' to be present`);

export const outputMessage = (stream: SessionStream, data: Uint8Array): MessageOf<"agent.ProcessIO"> => ({
  type: "DATA",
  data: { type: stream === "stdout" ? "STDOUT" : "STDERR", data },
});

export const heartbeatMessage = (everyMs: number): MessageOf<"agent.ProcessIO"> => ({
  type: "CONTROL",
  control: { type: "HEARTBEAT", heartbeat: { interval: { nanoseconds: BigInt(everyMs) * 1_000_000n } } },
});

/** As the system's `wait` tells it. */
export const exitStatus = (exit: TaskExit): number =>
  exit.kind === "code" ? (exit.code & 0xff) << 8 : exit.signal & 0x7f;
