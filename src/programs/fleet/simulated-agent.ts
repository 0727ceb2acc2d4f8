/**
 * One light agent: the real agent node and the real link to the master, over containers that do not exist.
 *
 * A task just runs; `sleep 3` ends after three seconds and `exit 1` at once, as they would. It has no API of
 * its own and no files, and nothing listens on its tasks' ports.
 */

import { limits } from "#base/limits.ts";
import type { Chance } from "#base/random.ts";
import { tasksByContainer } from "#core/agent/measured-usage.ts";
import type { AgentInfo } from "#model/agent.ts";
import type { ContainerId } from "#model/ids.ts";
import type { CommandSpec } from "#model/task.ts";
import { type AgentNode, startAgentNode } from "#nodes/agent-node.ts";
import type { AgentLinkEnd } from "#ports/agent-links.ts";
import type { Cancel } from "#ports/clock.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import { createClock } from "#shell/clock/clock.ts";
import { createAgentLink, type ShellAgentLink } from "#shell/link/agent-link.ts";
import { calmContainers, Host } from "#sim/fake-containers.ts";
import { Life } from "#sim/world.ts";
import { createMemoryStore } from "./memory-store.ts";
import { checkFails, type FleetPart } from "./messages.ts";
import { createRealTime } from "./real-time.ts";
import { simulatedUsage } from "./simulated-usage.ts";
import type { FleetTally } from "./tally.ts";

/** As a real agent has it. */
const masterTimeoutMs = 25_000;

export interface SimulatedAgent {
  /** The link is cut; the master takes it for an agent that was switched off. */
  close(): void;
}

/** `registered` is called the first time that the master has taken it. */
export function startSimulatedAgent(
  part: FleetPart,
  number: number,
  chance: Chance,
  tally: FleetTally,
  registered: () => void,
): SimulatedAgent {
  const info = describe(part, number);
  const clock = createClock();
  const life = new Life();
  const link = createAgentLink({ masters: part.masters, token: part.token, log: tally.log });
  const world = createRealTime(clock, chance);
  const ends = new Map<ContainerId, Cancel>();
  const host = new Host(world, info.name, {
    started: (_, spec) => {
      tally.started += 1;
      tally.running += 1;
      const durationMs = durationOf(spec.command);
      if (durationMs !== undefined) ends.set(spec.containerId, endAfter(spec, durationMs));
    },
    ended: (_, containerId) => {
      tally.ended += 1;
      tally.running -= 1;
      ends.get(containerId)?.();
      ends.delete(containerId);
    },
    destroyed: () => {},
  });
  if (part.checksFail) host.faults = { ...calmContainers, checkFails };
  const endAfter = ({ containerId }: ContainerSpec, durationMs: number): Cancel =>
    // By then it has started, however slowly.
    clock.after(calmContainers.startMaxMs + durationMs, () =>
      host.end(containerId, { kind: "code", code: 0 }),
    );
  startAgentNode(
    {
      clock,
      chance,
      store: createMemoryStore(),
      link: counted(link, tally, registered),
      containers: host.watch(life),
      executors: host.executors.links(life),
      stopped: () => {},
      fatal: (reason) => {
        tally.trouble = `${info.name}: ${reason}`;
        link.close();
      },
    },
    { info, masterTimeoutMs, allowRoot: true },
    (node) => {
      life.atEnd(() => node.stop());
      reportUse(node, info.resources, number, clock, life);
    },
  );
  return {
    close: () => {
      life.end();
      link.close();
      for (const cancel of ends.values()) cancel();
    },
  };
}

/** Of each agent at another moment, as they would be switched on. */
function reportUse(
  node: AgentNode,
  resources: AgentInfo["resources"],
  number: number,
  clock: ReturnType<typeof createClock>,
  life: Life,
): void {
  const look = (): void => {
    node.loop.read(tasksByContainer, (tasks) =>
      node.usageMeasured(simulatedUsage([...tasks.values()].flat(), resources, clock.nowMs())),
    );
    later(limits.usageStepMs);
  };
  let cancel: Cancel | undefined;
  const later = (delayMs: number): void => {
    cancel = clock.after(delayMs, look);
  };
  life.atEnd(() => cancel?.());
  later((number * 7_919) % limits.usageStepMs);
}

const describe = (part: FleetPart, number: number): AgentInfo => ({
  name: `fleet-${number}`,
  hostname: `fleet-${number}`,
  endpoint: { address: "127.0.0.1", port: 5051 },
  resources: part.resources,
  attributes: { name: `fleet-${number}`, ...part.attributes },
  version: "simulated",
  isolation: "simulated, nothing runs",
});

/** The link with a counter at each of its openings. */
function counted(link: ShellAgentLink, tally: FleetTally, registered: () => void): AgentLinkEnd {
  let isRegistered = false;
  let wasRegistered = false;
  return {
    send: (envelope) => {
      if (envelope.message.type === "update") tally.updates += 1;
      link.send(envelope);
    },
    reconnect: (session) => link.reconnect(session),
    listen: (listener) =>
      link.listen({
        opened: (session) => {
          tally.connected += 1;
          listener.opened(session);
        },
        received: (envelope) => {
          if (envelope.message.type === "refused") tally.trouble = envelope.message.reason;
          if (envelope.message.type === "registered" && !isRegistered) {
            isRegistered = true;
            tally.registered += 1;
            if (!wasRegistered) registered();
            wasRegistered = true;
          }
          listener.received(envelope);
        },
        closed: (session) => {
          tally.connected -= 1;
          tally.linksLost += 1;
          if (isRegistered) tally.registered -= 1;
          isRegistered = false;
          listener.closed(session);
        },
      }),
  };
}

/** A day and more is for ever, here. */
const durationMsMax = 24 * 3_600_000;

function durationOf(command: CommandSpec): number | undefined {
  if (command.kind === "entrypoint") return undefined;
  const text = command.kind === "shell" ? command.text : command.argv.join(" ");
  const [, seconds] = /^(?:exec )?sleep (\d{1,9}(?:\.\d{1,3})?)$/.exec(text.trim()) ?? [];
  const durationMs = Number(seconds) * 1_000;
  return durationMs < durationMsMax ? durationMs : undefined;
}
