/**
 * Why a container was not started, in words for the user who asked for it.
 *
 * Thrown inside this room only: the engine turns it into a `launch-failed` outcome.
 */

import type { TaskReason } from "#model/task.ts";

export class LaunchRefusal extends Error {
  override readonly name = "LaunchRefusal";
  readonly reason: TaskReason;

  constructor(message: string, reason: TaskReason = "container-launch-failed") {
    super(message);
    this.reason = reason;
  }
}
