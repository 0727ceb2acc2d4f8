/**
 * How much of the agent's memory and store updates take that nobody acknowledges.
 *
 * Sizes are rough and never too small: a message counts as if every character were escaped. What is dropped
 * for the sake of them is decided where updates come in (`updates.ts`, `executor-updates.ts`).
 */

import { limits } from "#base/limits.ts";
import type { TaskStatus } from "#model/task.ts";
import type { Draft } from "./draft.ts";
import type { UpdateStream } from "./types.ts";

/** All streams together are so large that none keeps more than it must. */
export const isCrowded = ({ state }: Pick<Draft, "state">): boolean =>
  state.streamCharactersTotal > limits.updateStreamsCharactersMax;

export const charactersOfStream = (stream: UpdateStream | undefined): number =>
  (stream?.pending ?? []).reduce((sum, status) => sum + roughCharacters(status), 0);

/** The rest of a status, with its ids, is what is added. */
export const roughCharacters = (status: TaskStatus): number =>
  status.message.length + charactersBeside(status) + 1_024;

/** Of what an executor may say beside a status. */
export const charactersBeside = ({
  data,
  labels,
  checkStatus,
}: Pick<TaskStatus, "data" | "labels" | "checkStatus">): number =>
  (data?.length ?? 0) +
  (checkStatus?.length ?? 0) +
  (labels === undefined ? 0 : JSON.stringify(labels).length);
