/**
 * The two ends of the agent link, as the nodes see them. Delivery is best effort and may stop at any time;
 * a closed session never comes back under the same id.
 */

import type { SessionId } from "#model/ids.ts";
import type { AgentMessage, Envelope, MasterMessage } from "#model/protocol/agent-link.ts";

export interface MasterLinks {
  send(envelope: Envelope<MasterMessage>): void;
  close(session: SessionId): void;
  listen(listener: {
    opened(session: SessionId): void;
    received(envelope: Envelope<AgentMessage>): void;
    closed(session: SessionId): void;
  }): void;
}

/** The agent's end: it connects, and connects again with back-off, by itself. */
export interface AgentLinkEnd {
  send(envelope: Envelope<AgentMessage>): void;
  /** Drops the session if it is still the current one; a new one is opened after a back-off. */
  reconnect(session: SessionId): void;
  listen(listener: {
    opened(session: SessionId): void;
    received(envelope: Envelope<MasterMessage>): void;
    closed(session: SessionId): void;
  }): void;
}
