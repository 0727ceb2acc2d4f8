/**
 * Sending a probe: one at a time for each check of an instance, and no more in flight than there may be.
 *
 * What a probe is for, and what its result means, is for `checks.ts` and `readiness.ts`.
 */

import { limits } from "#base/limits.ts";
import type { Instance } from "#model/instance.ts";
import { isPod, type RunSpec } from "#model/pod.ts";
import type { ProbeRequest } from "#ports/probes.ts";
import { placePorts } from "./app-ports.ts";
import type { Draft } from "./draft.ts";
import type { Matter, ProbeInFlight } from "./records.ts";

/** At most; drawn, so that those that had to wait do not all come back together. */
const busyRetryMs = 1_000;

type Probing = {
  readonly matter: Matter;
  readonly instance: Instance;
  readonly index: ProbeInFlight["index"];
  readonly check: { readonly intervalMs: number; readonly timeoutMs: number };
  /** Undefined: there is nothing to ask at. */
  readonly request: (probeId: string) => ProbeRequest | undefined;
};

/** Sends the probe if it may go, and sets the time for the next. */
export function probe(draft: Draft, { matter, instance, index, check, request }: Probing): void {
  const { taskId } = instance;
  const probeId = `${taskId}:${index}`;
  const inFlight = draft.state.probes.get(probeId);
  if (inFlight !== undefined && draft.nowMs < inFlight.sentAtMs + 2 * check.timeoutMs) {
    return draft.setTimer(matter, draft.nowMs + check.intervalMs);
  }
  if (draft.probesInFlight >= limits.probesInFlightMax) {
    return draft.setTimer(matter, draft.nowMs + 1 + draft.chance.below(busyRetryMs));
  }
  draft.setTimer(matter, draft.nowMs + check.intervalMs);
  const asked = request(`${probeId}:${draft.nowMs}`);
  if (asked === undefined) return;
  draft.put({ kind: "apps-probe", id: probeId, value: { taskId, index, sentAtMs: draft.nowMs } });
  draft.effect({ type: "probe", request: asked });
}

/** The probe that was answered, which is no longer in flight; undefined: nobody waits for the answer. */
export function takeProbe(draft: Draft, answeredId: string): ProbeInFlight | undefined {
  const cut = answeredId.lastIndexOf(":");
  const probeId = answeredId.slice(0, cut);
  const inFlight = draft.state.probes.get(probeId);
  if (inFlight === undefined || String(inFlight.sentAtMs) !== answeredId.slice(cut + 1)) return undefined;
  draft.put({ kind: "apps-probe", id: probeId, value: undefined });
  return inFlight;
}

/**
 * Where the instance is asked: at the port of this index, at its host if it is reached there. A port that is named by
 * its number is one of the instance's own address, if it has one beside its host's.
 */
export function targetOf(
  definition: RunSpec,
  instance: Instance,
  port: number | undefined,
  portIndex: number,
): { readonly address: string; readonly port: number } | undefined {
  if (isPod(definition)) return undefined;
  const own = instance.networks?.flatMap(({ addresses }) => addresses)[0];
  const isReachedThere = (definition.networks ?? []).some(({ mode }) => mode === "container");
  const hostAddress = own !== undefined && own === instance.address ? instance.hostname : instance.address;
  const atHost = hostAddress ?? instance.hostname;
  const ownAddress = isReachedThere ? own : atHost;
  if (port !== undefined) return ownAddress === undefined ? undefined : { address: ownAddress, port };
  const place = placePorts(definition, instance.ports)[portIndex];
  if (place === undefined) return undefined;
  if (place.hostPort !== undefined) return { address: atHost, port: place.hostPort };
  return ownAddress === undefined ? undefined : { address: ownAddress, port: place.listenPort };
}
