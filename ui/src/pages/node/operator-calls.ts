/**
 * Mesos's operator calls about one node: what is reserved on it, and when its machine will be away.
 *
 * The schedule is one document for the whole cluster: it is read, changed where it names this machine, and put back.
 * Pure but for that reading; what the calls mean is told where they are offered.
 */

import { get } from "../../session/send.ts";

export const callPath = "/mesos/api/v1";

export type Machine = { readonly hostname?: string; readonly ip?: string };

type Nanoseconds = { readonly nanoseconds: number | string };
export type Window = {
  readonly machine_ids: readonly Machine[];
  readonly unavailability: { readonly start: Nanoseconds; readonly duration?: Nanoseconds };
};
export type Schedule = { readonly windows?: readonly Window[] };

export const readSchedule = (): Promise<Schedule> => get<Schedule>("/mesos/maintenance/schedule");

export const scheduleCall = (schedule: Schedule) => ({
  type: "UPDATE_MAINTENANCE_SCHEDULE",
  update_maintenance_schedule: { schedule },
});

/** As text, since so many nanoseconds are more than a number can tell apart. */
const ofMs = (ms: number): Nanoseconds => ({ nanoseconds: `${Math.round(ms)}000000` });

const exact = ({ nanoseconds }: Nanoseconds): Nanoseconds => ofMs(Number(nanoseconds) / 1e6);

const isSame = (left: Machine, right: Machine): boolean =>
  (left.hostname ?? "").toLowerCase() === (right.hostname ?? "").toLowerCase() &&
  (left.ip ?? "") === (right.ip ?? "");

/** The schedule as it is, written as the call takes it. */
export const rewritten = ({ windows = [] }: Schedule): Schedule => ({
  windows: windows.map(({ machine_ids, unavailability: { start, duration } }) => ({
    machine_ids,
    unavailability: {
      start: exact(start),
      ...(duration === undefined ? {} : { duration: exact(duration) }),
    },
  })),
});

/** Of `machines` none is in it any more. */
export const without = (schedule: Schedule, machines: readonly Machine[]): Schedule => ({
  windows: (rewritten(schedule).windows ?? [])
    .map((window) => ({
      ...window,
      machine_ids: window.machine_ids.filter((one) => !machines.some((other) => isSame(one, other))),
    }))
    .filter(({ machine_ids }) => machine_ids.length > 0),
});

/** What the schedule said of `machines` before is said again; what others changed meanwhile stays as it is. */
export const restored = (now: Schedule, before: Schedule, machines: readonly Machine[]): Schedule => ({
  windows: [
    ...(without(now, machines).windows ?? []),
    ...(rewritten(before).windows ?? [])
      .map((window) => ({
        ...window,
        machine_ids: window.machine_ids.filter((one) => machines.some((other) => isSame(one, other))),
      }))
      .filter(({ machine_ids }) => machine_ids.length > 0),
  ],
});

export function planned(
  schedule: Schedule,
  machine: Machine,
  before: readonly Machine[],
  { startMs, durationMs }: { readonly startMs: number; readonly durationMs: number | undefined },
): Schedule {
  const unavailability = {
    start: ofMs(startMs),
    ...(durationMs === undefined ? {} : { duration: ofMs(durationMs) }),
  };
  const others = without(schedule, [machine, ...before]).windows ?? [];
  return { windows: [...others, { machine_ids: [machine], unavailability }] };
}

/** As Mesos's endpoints show it; of these members the calls take what `bare` keeps. */
export type MesosResource = {
  readonly name: string;
  readonly type: string;
  readonly scalar?: { readonly value: number };
  readonly ranges?: object;
  readonly disk?: { readonly persistence?: { readonly id: string } };
  /** Of a volume that several may have: without it, it names another one. */
  readonly shared?: object;
  readonly reservations?: readonly { readonly type?: string; readonly role?: string }[];
};

const bare = ({ name, type, scalar, ranges, disk, shared, reservations }: MesosResource): MesosResource => ({
  name,
  type,
  ...(scalar === undefined ? {} : { scalar }),
  ...(ranges === undefined ? {} : { ranges }),
  ...(disk === undefined ? {} : { disk }),
  ...(shared === undefined ? {} : { shared }),
  ...(reservations === undefined ? {} : { reservations }),
});

type SlaveJson = {
  readonly id: string;
  readonly reserved_resources_full?: Readonly<Record<string, readonly MesosResource[]>>;
};

/** What is dynamically reserved for a role on a node: what can be given back, and the volumes in it. */
export async function readReserved(
  nodeId: string,
  role: string,
): Promise<{ readonly plain: readonly MesosResource[]; readonly volumes: readonly MesosResource[] }> {
  const answer = await get<{ readonly slaves: readonly SlaveJson[] }>(
    `/mesos/slaves?slave_id=${encodeURIComponent(nodeId)}`,
  );
  const all = answer.slaves.find(({ id }) => id === nodeId)?.reserved_resources_full?.[role] ?? [];
  const dynamic = all.filter(({ reservations }) => reservations?.at(-1)?.type === "DYNAMIC").map(bare);
  return {
    plain: dynamic.filter(({ disk }) => disk?.persistence === undefined),
    volumes: dynamic.filter(({ disk }) => disk?.persistence !== undefined),
  };
}

const agentOf = (nodeId: string) => ({ agent_id: { value: nodeId } });

export const reserveCall = (nodeId: string, resources: readonly MesosResource[]) => ({
  type: "RESERVE_RESOURCES",
  reserve_resources: { ...agentOf(nodeId), resources },
});

export const unreserveCall = (nodeId: string, resources: readonly MesosResource[]) => ({
  type: "UNRESERVE_RESOURCES",
  unreserve_resources: { ...agentOf(nodeId), resources },
});

export const destroyCall = (nodeId: string, volumes: readonly MesosResource[]) => ({
  type: "DESTROY_VOLUMES",
  destroy_volumes: { ...agentOf(nodeId), volumes },
});

export const reservable = ["cpus", "mem", "disk", "gpus"] as const;

export const toReserve = (
  role: string,
  amounts: Readonly<Record<string, string>>,
): readonly MesosResource[] =>
  reservable.flatMap((name) => {
    const value = Number(amounts[name] ?? "");
    if (!(value > 0)) return [];
    return [{ name, type: "SCALAR", scalar: { value }, reservations: [{ type: "DYNAMIC", role }] }];
  });
