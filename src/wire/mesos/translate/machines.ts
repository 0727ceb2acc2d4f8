/**
 * Machines and their times of maintenance, between Mesos's messages and our own terms.
 */

import type { Machine, MaintenanceSchedule, Unavailability } from "#model/maintenance.ts";
import type { MessageOf } from "../proto/tables.ts";
import { timeOf } from "./time-message.ts";

export const machineMessage = ({ hostname, address }: Machine): MessageOf<"MachineID"> => ({
  ...(hostname === undefined ? {} : { hostname }),
  ...(address === undefined ? {} : { ip: address }),
});

/** An empty name is none. */
export const machineFromMessage = ({ hostname, ip }: MessageOf<"MachineID">): Machine => ({
  hostname: hostname === "" ? undefined : hostname,
  address: ip === "" ? undefined : ip,
});

export const unavailabilityFromMessage = ({
  start,
  duration,
}: MessageOf<"Unavailability">): Unavailability => ({
  startMs: timeOf(start),
  durationMs: duration === undefined ? undefined : timeOf(duration),
});

export const scheduleFromMessage = ({
  windows = [],
}: MessageOf<"maintenance.Schedule">): MaintenanceSchedule => ({
  windows: windows.map(({ machine_ids = [], unavailability }) => ({
    machines: machine_ids.map(machineFromMessage),
    unavailability: unavailabilityFromMessage(unavailability),
  })),
});
