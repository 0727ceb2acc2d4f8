/**
 * The sessions of custom executors with their agent: what the agent says on them, and when it ends one.
 *
 * Delivery is best effort and may stop at any time; a closed session never comes back under the same id.
 */

import type { SessionId } from "#model/ids.ts";
import type { ExecutorEvent } from "#model/protocol/executor.ts";

export interface ExecutorLinks {
  hear(session: SessionId, event: ExecutorEvent): void;
  closed(session: SessionId): void;
}
