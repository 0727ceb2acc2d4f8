/** Which colour and form the mark of a service's status has, and in which order people want to see them. */

import type { ServiceStatus } from "#console/services.ts";
import type { Tone } from "../../parts/format.ts";

const tones: Readonly<Record<ServiceStatus, Tone>> = {
  running: "good",
  deploying: "wait",
  waiting: "wait",
  delayed: "bad",
  unhealthy: "bad",
  suspended: "idle",
};

export const serviceTone = (status: ServiceStatus): Tone => tones[status];

export const serviceStatuses: readonly ServiceStatus[] = [
  "running",
  "deploying",
  "waiting",
  "delayed",
  "unhealthy",
  "suspended",
];
