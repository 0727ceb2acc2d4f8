/**
 * What a framework's tasks and executors take from the framework itself.
 */

import type { FrameworkId } from "#model/ids.ts";

export type TaskContext = {
  readonly frameworkId: FrameworkId;
  /** Whose user its tasks run as when they name none; undefined: the agent's default. */
  readonly user: string | undefined;
};
