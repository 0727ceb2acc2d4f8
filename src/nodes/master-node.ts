/**
 * A master, whole but for its world: the master room and the app service, each with its loop, and the
 * in-process link over which the app service speaks the scheduler calls and events of any framework.
 *
 * The same code runs in `programs/` on real ports and in the simulator on fakes. It decides nothing.
 */

import { unreachable } from "#base/assert.ts";
import { limits } from "#base/limits.ts";
import type { Chance } from "#base/random.ts";
import type { AppsRecord } from "#core/apps/records.ts";
import { createAppsRoom } from "#core/apps/room.ts";
import { type AppsState, createAppsState } from "#core/apps/state.ts";
import type { AppsAnswer, AppsConfig, AppsEffect, AppsEvent, AppsInput } from "#core/apps/types.ts";
import type { MasterRecord } from "#core/master/records.ts";
import { createMasterRoom } from "#core/master/room.ts";
import { createMasterState, type MasterState } from "#core/master/state.ts";
import type { MasterConfig, MasterEffect, MasterInput } from "#core/master/types.ts";
import { type Loop, startLoop } from "#loop/loop.ts";
import { type SessionId, sessionId } from "#model/ids.ts";
import type { SchedulerEvent } from "#model/protocol/scheduler.ts";
import type { MasterLinks } from "#ports/agent-links.ts";
import type { Clock } from "#ports/clock.ts";
import type { Probes } from "#ports/probes.ts";
import type { Store } from "#ports/store.ts";

export type MasterNodePorts = {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly store: Store;
  readonly links: MasterLinks;
  readonly probes: Probes;
  readonly publish: (event: AppsEvent) => void;
  readonly fatal: (reason: string) => void;
  readonly observe?: (input: MasterInput | AppsInput) => void;
  /** Sees what changes in the master: see `LoopOptions.watch`. */
  readonly watch?: (state: MasterState, records: readonly MasterRecord[]) => (() => void) | undefined;
  /** The same of the app service; told at once, so that it must not be shown. */
  readonly watchApps?: (state: AppsState, records: readonly AppsRecord[]) => void;
  /** Frameworks outside: what the master says on their sessions, and when it ends one. */
  readonly frameworks?: {
    hear(session: SessionId, event: SchedulerEvent): void;
    closed(session: SessionId): void;
  };
};

export type MasterNodeConfig = { readonly master: MasterConfig; readonly apps: AppsConfig };

export interface MasterNode {
  readonly master: Loop<MasterState, MasterInput, never>;
  readonly apps: Loop<AppsState, AppsInput, AppsAnswer>;
  stop(): void;
}

export function startMasterNode(
  ports: MasterNodePorts,
  config: MasterNodeConfig,
  ready: (node: MasterNode) => void,
): void {
  // Both loops end together: half a master would answer from a state that no longer moves.
  const loops: { stop(): void }[] = [];
  const stop = (): void => {
    for (const loop of loops) loop.stop();
  };
  const shared = {
    store: ports.store,
    clock: ports.clock,
    chance: ports.chance,
    fatal: (reason: string) => {
      stop();
      ports.fatal(reason);
    },
    ...(ports.observe === undefined ? {} : { observe: ports.observe }),
  };
  const link = new InProcessLink(ports);
  const master = { room: createMasterRoom(), state: createMasterState(config.master) };
  const apps = { room: createAppsRoom(config.apps), state: createAppsState(config.apps) };
  const watching = ports.watch === undefined ? {} : { watch: ports.watch };
  const { watchApps } = ports;
  const watchingApps =
    watchApps === undefined
      ? {}
      : {
          watch: (state: AppsState, records: readonly AppsRecord[]): undefined => {
            watchApps(state, records);
          },
        };
  const performMaster = (effect: MasterEffect): void => link.performMaster(effect);
  const performApps = (effect: AppsEffect): void => link.performApps(effect);

  startLoop<MasterState, MasterInput, MasterRecord, MasterEffect, never>(
    { ...shared, ...master, ...watching, perform: performMaster },
    (masterLoop) => {
      loops.push(masterLoop);
      startLoop<AppsState, AppsInput, AppsRecord, AppsEffect, AppsAnswer>(
        { ...shared, ...apps, ...watchingApps, perform: performApps },
        (appsLoop) => {
          loops.push(appsLoop);
          link.start(masterLoop, appsLoop);
          ready({ master: masterLoop, apps: appsLoop, stop });
        },
      );
    },
  );
}

/** Carries effects to where they belong; effects exist only after `start`. */
class InProcessLink {
  readonly #ports: MasterNodePorts;
  #master: Loop<MasterState, MasterInput, never> | undefined;
  #apps: Loop<AppsState, AppsInput, AppsAnswer> | undefined;
  #appsSession: SessionId = sessionId("none");

  constructor(ports: MasterNodePorts) {
    this.#ports = ports;
  }

  start(master: Loop<MasterState, MasterInput, never>, apps: Loop<AppsState, AppsInput, AppsAnswer>): void {
    this.#master = master;
    this.#apps = apps;
    this.#ports.links.listen({
      opened: (session) => master.submit({ type: "agent-opened", session }),
      received: (envelope) => {
        if (master.backlog() < limits.loopQueueMax) master.submit({ type: "agent-message", envelope });
      },
      closed: (session) => master.submit({ type: "agent-closed", session }),
    });
    master.submit({ type: "start" });
    apps.submit({ type: "start", session: this.#newAppsSession() });
  }

  performMaster(effect: MasterEffect): void {
    const { frameworks } = this.#ports;
    switch (effect.type) {
      case "send-agent":
        return this.#ports.links.send(effect.envelope);
      case "close-agent":
        return this.#ports.links.close(effect.session);
      case "send-framework":
        if (effect.session !== this.#appsSession) return frameworks?.hear(effect.session, effect.event);
        return this.#apps?.submit({ type: "event", session: effect.session, event: effect.event });
      case "close-framework":
        if (effect.session !== this.#appsSession) return frameworks?.closed(effect.session);
        return this.#apps?.submit({ type: "disconnected", session: this.#newAppsSession() });
      default:
        return unreachable(effect);
    }
  }

  performApps(effect: AppsEffect): void {
    switch (effect.type) {
      case "call":
        return this.#master?.submit({
          type: "call",
          session: effect.session,
          call: effect.call,
          inside: true,
        });
      case "probe":
        return this.#ports.probes.perform(effect.request, (result) =>
          this.#apps?.submit({ type: "probe-result", result }),
        );
      case "publish":
        return this.#ports.publish(effect.event);
      default:
        return unreachable(effect);
    }
  }

  #newAppsSession(): SessionId {
    this.#appsSession = sessionId(`apps-${this.#ports.chance.uuid()}`);
    return this.#appsSession;
  }
}
