/**
 * Secrets, between Mesos's messages and ours; what is shown of one is never its value.
 *
 * A message that is kept or shown as its framework wrote it goes through `withoutSecrets` first.
 */

import { limits } from "#base/limits.ts";
import { type Secret, type SecretReference, secretNameFault, secretPath } from "#model/secret.ts";
import { decodeUtf8Exactly } from "../../json/text.ts";
import { base64Text } from "../codec/json/base64.ts";
import type { MessageOf } from "../proto/tables.ts";
import { type Translated, translated, untranslated } from "./translated.ts";

type Message = MessageOf<"Secret">;
type ExecutorInfoMessage = MessageOf<"ExecutorInfo">;
type ContainerMessage = MessageOf<"ContainerInfo">;
type ImageMessage = MessageOf<"Image">;

/** One that names no type is what it holds. */
export function secretFromMessage({ type, reference, value }: Message): Translated<Secret> {
  if (type === "REFERENCE" && reference === undefined)
    return untranslated("Secret of type REFERENCE must have the 'reference' field set");
  if (type === "REFERENCE" && value !== undefined)
    return untranslated(`Secret '${reference?.name}' of type REFERENCE must not have the 'value' field set`);
  if (type === "VALUE" && value === undefined)
    return untranslated("Secret of type VALUE must have the 'value' field set");
  if (type === "VALUE" && reference !== undefined)
    return untranslated("Secret of type VALUE must not have the 'reference' field set");
  if (reference !== undefined && value === undefined) return referenceFromMessage(reference);
  if (value === undefined || reference !== undefined)
    return untranslated("A secret needs one of 'reference' and 'value'");
  if (value.data.length > limits.secretBytesMax)
    return untranslated(
      `A secret may have ${limits.secretBytesMax} bytes; this one has ${value.data.length}`,
    );
  return translated({ kind: "value", data: base64Text(value.data) });
}

function referenceFromMessage({ name, key }: MessageOf<"Secret.Reference">): Translated<SecretReference> {
  const own = name.replace(/^\//, "");
  const reference: SecretReference = { kind: "reference", name: own, ...(key ? { key } : {}) };
  const path = secretPath(reference);
  if (path.length > limits.stringLengthMax) return untranslated("The name of a secret is too long");
  const fault = secretNameFault(path);
  return fault === undefined
    ? translated(reference)
    : untranslated(`The name of the secret ${JSON.stringify(path)} ${fault}`);
}

/** Who a task is at the registry of an image: Docker's `config.json`, here or by its name. */
export function pullSecretFromMessage(
  message: Message | undefined,
): Translated<{ readonly pullConfig?: string; readonly pullSecret?: SecretReference }> {
  if (message === undefined) return translated({});
  const secret = secretFromMessage(message);
  if (!secret.ok) return untranslated(`The secret image.docker.config is invalid: ${secret.fault}`);
  if (secret.value.kind === "reference") return translated({ pullSecret: secret.value });
  const text = message.value === undefined ? undefined : decodeUtf8Exactly(message.value.data);
  return text === undefined || text.length > limits.stringLengthMax
    ? untranslated("The secret image.docker.config is no text, or too long")
    : translated({ pullConfig: text });
}

/** A variable of type `SECRET`. The system's environments hold no NUL. */
export function secretVariableFromMessage({
  name,
  value,
  secret,
}: MessageOf<"Environment.Variable">): Translated<Secret> {
  const what = `Environment variable '${name}'`;
  if (secret === undefined) return untranslated(`${what} of type 'SECRET' must have a secret set`);
  if (value !== undefined) return untranslated(`${what} of type 'SECRET' must not have a value set`);
  const own = secretFromMessage(secret);
  if (!own.ok) return untranslated(`${what} specifies an invalid secret: ${own.fault}`);
  return secret.value?.data.includes(0) === true
    ? untranslated(
        `${what} specifies a secret containing null bytes, which is not allowed in the environment`,
      )
    : own;
}

export const secretMessage = (secret: Secret): Message =>
  secret.kind === "value"
    ? { type: "VALUE" }
    : { type: "REFERENCE", reference: { name: secret.name, ...(secret.key ? { key: secret.key } : {}) } };

/** As it is shown, and kept: references stay, values go. */
export function withoutSecrets(message: ExecutorInfoMessage): ExecutorInfoMessage {
  const { command, container } = message;
  const variables = command?.environment?.variables;
  return {
    ...message,
    ...(command === undefined || variables === undefined
      ? {}
      : {
          command: {
            ...command,
            environment: {
              variables: variables.map((variable) =>
                variable.secret === undefined
                  ? variable
                  : { ...variable, secret: withoutValue(variable.secret) },
              ),
            },
          },
        }),
    ...(container === undefined ? {} : { container: containerWithoutSecrets(container) }),
  };
}

function containerWithoutSecrets(container: ContainerMessage): ContainerMessage {
  const { mesos, volumes } = container;
  return {
    ...container,
    ...(mesos?.image === undefined ? {} : { mesos: { ...mesos, image: imageWithoutSecret(mesos.image) } }),
    ...(volumes === undefined
      ? {}
      : {
          volumes: volumes.map((volume) => ({
            ...volume,
            ...(volume.image === undefined ? {} : { image: imageWithoutSecret(volume.image) }),
            ...(volume.source?.secret === undefined
              ? {}
              : { source: { ...volume.source, secret: withoutValue(volume.source.secret) } }),
          })),
        }),
  };
}

function imageWithoutSecret(image: ImageMessage): ImageMessage {
  if (image.docker?.config === undefined) return image;
  const { config, ...docker } = image.docker;
  const shown = withoutValue(config);
  return { ...image, docker: shown.reference === undefined ? docker : { ...docker, config: shown } };
}

function withoutValue({ value: _value, ...secret }: Message): Message {
  return secret;
}
