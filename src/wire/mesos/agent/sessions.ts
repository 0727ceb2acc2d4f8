/**
 * Containers inside of containers, and what goes in and out of them, as Mesos's messages have them.
 *
 * A nested container of ours is a command in its parent's container. What its message asks for beside that is
 * refused by name. The sentences of faults are Mesos's where it has one.
 */

import { limits } from "#base/limits.ts";
import { flatten } from "#model/resources.ts";
import type { SessionSpec, SessionStream, SessionVolume, TerminalSize } from "#model/session.ts";
import type { TaskExit } from "#model/task.ts";
import type { MessageOf } from "../proto/tables.ts";
import { commandWithoutSecrets } from "../translate/command.ts";
import { resourcesFromMessages } from "../translate/resources.ts";
import { rlimitsFromMessage } from "../translate/rlimits.ts";
import { limitsFromMessage } from "../translate/task-info.ts";
import { type Translated, translated, untranslated } from "../translate/translated.ts";
import { volumesFromMessages } from "../translate/volumes.ts";

export type ContainerIdMessage = MessageOf<"ContainerID">;
type LaunchMessage =
  | MessageOf<"agent.Call.LaunchNestedContainerSession">
  | MessageOf<"agent.Call.LaunchContainer">;

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
export type Launch = Pick<
  SessionSpec,
  "command" | "env" | "terminal" | "user" | "rlimits" | "volumes" | "group"
>;

/** `isDetached`: nobody attends it, and without a terminal it has a sandbox of its own. */
export function launchFromMessage(message: LaunchMessage, isDetached: boolean): Translated<Launch> {
  const { container_id: id, command, container } = message;
  if (id.parent === undefined) return untranslated("Expecting 'container_id.parent' to be present");
  const fault = nameFault(id.value) ?? unsupported(message);
  if (fault !== undefined) return untranslated(fault);
  if (command === undefined) return untranslated("A nested container needs a command");
  const translatedCommand = commandWithoutSecrets(command);
  if (!translatedCommand.ok) return translatedCommand;
  const size = container?.tty_info === undefined ? undefined : sizeOf(container?.tty_info);
  if (size === "bad") return untranslated(sizeFault);
  const volumes = nestedVolumes(container?.volumes);
  if (!volumes.ok) return volumes;
  if (volumes.value !== undefined && (!isDetached || size !== undefined))
    return untranslated(
      "Volumes ('container.volumes') are for nested containers with a sandbox of their own: not for sessions, nor with 'tty_info'",
    );
  const rlimits = rlimitsFromMessage(container?.rlimit_info);
  if (!rlimits.ok) return rlimits;
  const group = groupFromMessage(message, size !== undefined);
  if (!group.ok) return group;
  const { command: own, env, user } = translatedCommand.value;
  return translated({
    ...{ command: own, env, terminal: size },
    ...(user === undefined ? {} : { user }),
    ...(rlimits.value === undefined ? {} : { rlimits: rlimits.value }),
    ...(volumes.value === undefined ? {} : { volumes: volumes.value }),
    ...(group.value === undefined ? {} : { group: group.value }),
  });
}

/** Undefined: it shares its parent's. */
function groupFromMessage(
  { container_id: id, container, ...more }: LaunchMessage,
  hasTerminal: boolean,
): Translated<SessionSpec["group"]> {
  const isShared = container?.linux_info?.share_cgroups ?? true;
  const { resources = [], limits: bounds } = more as Partial<MessageOf<"agent.Call.LaunchContainer">>;
  const isBounded = resources.length > 0 || (bounds?.size ?? 0) > 0;
  if (isShared && !isBounded) return translated(undefined);
  const deeper = "'launch_container' is invalid: containers nested at the second level or greater cannot";
  if (id.parent?.parent !== undefined)
    return untranslated(
      isBounded ? `${deeper} specify resources` : `${deeper} set 'share_cgroups' to 'false'`,
    );
  if (isShared)
    return untranslated(
      "Amounts ('resources', 'limits') need control groups of its own: set 'container.linux_info.share_cgroups' to 'false'",
    );
  if (hasTerminal)
    return untranslated("Control groups of its own are not supported for a nested container with 'tty_info'");
  const own = resourcesFromMessages(resources);
  if (!own.ok) return own;
  const other = resources.find(({ name }) => name !== "cpus" && name !== "mem");
  if (other !== undefined)
    return untranslated(`A nested container has cpus and mem of its own, and no '${other.name}'`);
  const limits = limitsFromMessage(bounds);
  return limits.ok ? translated({ resources: flatten(own.value), limits: limits.value }) : limits;
}

/** Its parent's it has anyway. */
function unsupported({ command, container }: LaunchMessage): string | undefined {
  const { network_infos: networks = [], mesos, docker, linux_info: linux, hostname } = container ?? {};
  const { share_cgroups: _shares, ...settings } = linux ?? {};
  const named: readonly (readonly [boolean, string])[] = [
    [(command?.uris ?? []).length > 0, "files to fetch ('command.uris')"],
    [networks.length > 0, "networks ('container.network_infos')"],
    [mesos?.image !== undefined || docker !== undefined, "an image ('container.mesos', 'container.docker')"],
    [hostname !== undefined, "a host name ('container.hostname')"],
    [Object.values(settings).some((each) => each !== undefined), "settings ('container.linux_info')"],
  ];
  const found = named.filter(([isWanted]) => isWanted).map(([, name]) => name);
  return found.length === 0
    ? undefined
    : `A nested container is in its parent's networks and root: of its own are not supported ${found.join(", ")}`;
}

function nestedVolumes(
  messages: Parameters<typeof volumesFromMessages>[0],
): Translated<readonly SessionVolume[] | undefined> {
  const volumes = volumesFromMessages(messages);
  if (!volumes.ok) return volumes;
  if (volumes.value === undefined) return translated(undefined);
  const found: SessionVolume[] = [];
  for (const { containerPath, mode, source } of volumes.value) {
    if (source.kind !== "sandbox" || mode !== "read-write" || containerPath.startsWith("/"))
      return untranslated(
        `The volume '${containerPath}' is not supported: a nested container has those of a sandbox ('SANDBOX_PATH') only, at a path of its own sandbox and to be written ('RW')`,
      );
    found.push({ containerPath, of: source.of, path: source.path });
  }
  return translated(found);
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
