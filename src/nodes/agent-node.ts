/**
 * An agent, whole but for its world: the agent room, its loop, and the wiring to the ports.
 *
 * The same code runs in `programs/` on real ports and in the simulator on fakes. It decides nothing.
 */

import { unreachable } from "#base/assert.ts";
import { limits } from "#base/limits.ts";
import type { Chance } from "#base/random.ts";
import type { AgentRecord } from "#core/agent/records.ts";
import { createAgentRoom } from "#core/agent/room.ts";
import { type AgentState, createAgentState } from "#core/agent/state.ts";
import type { AgentConfig, AgentEffect, AgentInput } from "#core/agent/types.ts";
import { type Loop, startLoop } from "#loop/loop.ts";
import type { UsageReport } from "#model/usage-report.ts";
import type { AgentLinkEnd } from "#ports/agent-links.ts";
import type { Clock } from "#ports/clock.ts";
import type { Containers } from "#ports/containers.ts";
import type { ExecutorLinks } from "#ports/executor-links.ts";
import type { Store } from "#ports/store.ts";

export type AgentNodePorts = {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly store: Store;
  readonly link: AgentLinkEnd;
  readonly containers: Containers;
  readonly executors: ExecutorLinks;
  /** All tasks have ended after `stopTasks`. */
  readonly stopped: () => void;
  readonly fatal: (reason: string) => void;
  readonly observe?: (input: AgentInput) => void;
};

export interface AgentNode {
  readonly loop: Loop<AgentState, AgentInput, never>;
  /** Kills every task; `stopped` is called when none is left. */
  stopTasks(): void;
  /** How full the disk with the sandboxes is, from 0 to 1. */
  diskLooked(usedShare: number): void;
  usageMeasured(usage: UsageReport): void;
  /** Ends the node; tasks go on. */
  stop(): void;
}

export function startAgentNode(
  ports: AgentNodePorts,
  config: AgentConfig,
  ready: (node: AgentNode) => void,
): void {
  const perform = (effect: AgentEffect): void => {
    switch (effect.type) {
      case "send":
        return ports.link.send(effect.envelope);
      case "reconnect":
        return ports.link.reconnect(effect.session);
      case "container":
        return ports.containers.perform(effect.effect);
      case "send-executor":
        return ports.executors.hear(effect.session, effect.event);
      case "close-executor":
        return ports.executors.closed(effect.session);
      case "stopped":
        return ports.stopped();
      default:
        return unreachable(effect);
    }
  };
  startLoop<AgentState, AgentInput, AgentRecord, AgentEffect, never>(
    {
      room: createAgentRoom(config),
      state: createAgentState(config),
      store: ports.store,
      clock: ports.clock,
      chance: ports.chance,
      perform,
      fatal: ports.fatal,
      ...(ports.observe === undefined ? {} : { observe: ports.observe }),
    },
    (loop) => {
      listen(ports, loop);
      loop.submit({ type: "start" });
      ready({
        loop,
        stopTasks: () => loop.submit({ type: "stop-tasks" }),
        diskLooked: (usedShare) => loop.submit({ type: "disk", usedShare }),
        usageMeasured: (usage) => loop.submit({ type: "usage", usage }),
        stop: () => loop.stop(),
      });
    },
  );
}

function listen(ports: AgentNodePorts, loop: Loop<AgentState, AgentInput, never>): void {
  ports.containers.onOutcome((outcome) => loop.submit({ type: "container", outcome }));
  ports.link.listen({
    opened: (session) => loop.submit({ type: "link-opened", session }),
    received: (envelope) => {
      // The link may lose messages, so a full queue sheds them; outcomes of containers are never shed.
      if (loop.backlog() < limits.loopQueueMax) loop.submit({ type: "link-message", envelope });
    },
    closed: (session) => loop.submit({ type: "link-closed", session }),
  });
}
