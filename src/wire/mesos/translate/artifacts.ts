/**
 * The files that a command wants fetched (`CommandInfo.uris`), in our own terms.
 *
 * An address that no agent could fetch is refused here, with the task, and not by the agent that gets it.
 */

import { limits } from "#base/limits.ts";
import { type Artifact, artifactFault } from "#model/artifact.ts";
import type { MessageOf } from "../proto/tables.ts";
import { type Translated, translated, untranslated } from "./translated.ts";

type Message = MessageOf<"CommandInfo.URI">;

/** Undefined: none. */
export function artifactsFromMessages(
  messages: readonly Message[],
): Translated<readonly Artifact[] | undefined> {
  if (messages.length === 0) return translated(undefined);
  if (messages.length > limits.artifactsPerTaskMax)
    return untranslated(
      `A command may have ${limits.artifactsPerTaskMax} files fetched (command.uris); this one has ${messages.length}`,
    );
  const artifacts = messages.map(artifactFromMessage);
  for (const artifact of artifacts) {
    const fault = artifactFault(artifact);
    if (fault !== undefined) return untranslated(fault);
  }
  return translated(artifacts);
}

const artifactFromMessage = (message: Message): Artifact => ({
  uri: message.value,
  extract: message.extract ?? true,
  executable: message.executable ?? false,
  cache: message.cache ?? false,
  ...(message.output_file === undefined || message.output_file === ""
    ? {}
    : { outputFile: message.output_file }),
});
