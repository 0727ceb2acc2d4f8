/**
 * Executors that frameworks bring along, between Mesos's message and our own terms.
 *
 * Faults come in Mesos's order and with its sentences. What depends on other executors and on offers is the
 * master's. The message is kept as well, as it was written but for the framework's id, for the executor itself
 * and for those who look.
 */

import { limits } from "#base/limits.ts";
import type { ExecutorSpec } from "#model/executor.ts";
import { executorId } from "#model/ids.ts";
import { base64Text, bytesOfBase64 } from "../codec/json/base64.ts";
import { messageFromProtobuf } from "../codec/protobuf/decode.ts";
import { messageToProtobuf } from "../codec/protobuf/encode.ts";
import type { MessageName, MessageOf } from "../proto/tables.ts";
import { idFault, labelList, wholeMilliseconds } from "./basics.ts";
import { commandFromMessage } from "./command.ts";
import { containerParts } from "./container-parts.ts";
import { usedFromMessages } from "./resources.ts";
import { withoutSecrets } from "./secret.ts";
import type { TaskContext } from "./task-context.ts";
import { type Translated, translated, untranslated } from "./translated.ts";

export type ExecutorInfoMessage = MessageOf<"ExecutorInfo">;

const shutdownGraceMsDefault = 5_000;

/** One without a type is `CUSTOM`: it is older than the types. */
export function executorFromMessage(
  message: ExecutorInfoMessage,
  { frameworkId, user }: TaskContext,
): Translated<ExecutorSpec> {
  const isDefault = message.type === "DEFAULT";
  const early =
    typeFault(message) ?? idFault(message.executor_id.value) ?? graceFault(message.shutdown_grace_period);
  if (early !== undefined) return untranslated(early);
  const command = message.command === undefined ? undefined : commandFromMessage(message.command);
  if (command?.ok === false) return untranslated(`Executor's \`CommandInfo\` is invalid: ${command.fault}`);
  const container = containerParts(message.container);
  if (!container.ok) return untranslated(`Executor's \`ContainerInfo\` is invalid: ${container.fault}`);
  const { parts, wishes } = container.value;
  if (message.framework_id === undefined) return untranslated("'ExecutorInfo.framework_id' must be set");
  if (message.framework_id.value !== frameworkId)
    return untranslated(
      "ExecutorInfo has an invalid FrameworkID " +
        `(Actual: ${message.framework_id.value} vs Expected: ${frameworkId})`,
    );
  const resources = usedFromMessages(message.resources ?? []);
  if (!resources.ok) return untranslated(`Executor uses invalid resources: ${resources.fault}`);
  const handed = handedText("ExecutorInfo", withoutSecrets(message));
  if (!handed.ok) return handed;
  const grace = message.shutdown_grace_period;
  return translated({
    executorId: executorId(message.executor_id.value),
    kind: isDefault ? "default" : "custom",
    name: message.name ?? "",
    resources: resources.value,
    labels: labelList(message.labels),
    ...(command?.value.artifacts === undefined ? {} : { artifacts: command.value.artifacts }),
    command: command?.value.command,
    ...parts,
    ...(Object.keys(wishes.settings).length === 0 ? {} : { settings: wishes.settings }),
    user: command?.value.user ?? user,
    env: command?.value.env ?? {},
    ...(command?.value.secretEnv === undefined ? {} : { secretEnv: command.value.secretEnv }),
    shutdownGraceMs: grace === undefined ? shutdownGraceMsDefault : wholeMilliseconds(grace),
    handed: handed.value,
  });
}

function typeFault({ type, command, container }: ExecutorInfoMessage): string | undefined {
  if (type === "DEFAULT") {
    if (command !== undefined) return "'ExecutorInfo.command' must not be set for 'DEFAULT' executor";
    if (container !== undefined && container.type !== "MESOS")
      return "'ExecutorInfo.container.type' must be 'MESOS' for 'DEFAULT' executor";
    if (container?.mesos?.image !== undefined)
      return "'ExecutorInfo.container.mesos.image' must not be set for 'DEFAULT' executor";
  }
  return type === "CUSTOM" && command === undefined
    ? "'ExecutorInfo.command' must be set for 'CUSTOM' executor"
    : undefined;
}

const graceFault = (grace: MessageOf<"DurationInfo"> | undefined): string | undefined =>
  grace !== undefined && grace.nanoseconds < 0n
    ? "ExecutorInfo's 'shutdown_grace_period' must be non-negative"
    : undefined;

/** What a message of a framework is kept as. */
export function handedText<Name extends "ExecutorInfo" | "TaskInfo">(
  name: Name,
  message: MessageOf<Name>,
): Translated<string> {
  const bytes = messageToProtobuf(name, message);
  return bytes.length <= limits.handedBytesMax
    ? translated(base64Text(bytes))
    : untranslated(
        `${name} takes ${bytes.length} bytes; ${limits.handedBytesMax} are possible: let the executor fetch its data`,
      );
}

/** Undefined: it is none, though it was one when it was kept. */
export function handedMessage<Name extends MessageName>(
  name: Name,
  handed: string,
): MessageOf<Name> | undefined {
  const base64 = bytesOfBase64(handed);
  if (!("bytes" in base64)) return undefined;
  const decoded = messageFromProtobuf(name, base64.bytes);
  return decoded.ok ? decoded.value : undefined;
}

/** As its framework described it, but for the values of secrets. */
export function executorInfoMessage(spec: ExecutorSpec, frameworkId: string): ExecutorInfoMessage {
  const handed = handedMessage("ExecutorInfo", spec.handed);
  if (handed !== undefined) return withoutSecrets(handed);
  return {
    type: spec.kind === "default" ? "DEFAULT" : "CUSTOM",
    executor_id: { value: spec.executorId },
    framework_id: { value: frameworkId },
    name: spec.name,
  };
}
