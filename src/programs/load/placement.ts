/**
 * How many tasks of one size an offer has room for, and the tasks themselves, in the API's own shape.
 */

import type { MessageOf } from "#wire/mesos/proto/tables.ts";

export type TaskSize = { readonly cpus: number; readonly memMib: number };

/** Its health is looked at so often, by a command that passes. */
export type CheckTimes = { readonly delaySeconds: number; readonly intervalSeconds: number };

type Offer = MessageOf<"Offer">;

/** Only what anybody may use counts: neither reserved nor revocable. */
export function roomFor({ cpus, memMib }: TaskSize, offer: Offer): number {
  // In thousandths, as the cluster counts, so that 0.1 fits ten times into 1.
  const fits = (name: string, wanted: number): number =>
    wanted === 0
      ? Number.POSITIVE_INFINITY
      : Math.floor(Math.round(amountOf(offer, name) * 1_000) / Math.round(wanted * 1_000));
  return Math.min(fits("cpus", cpus), fits("mem", memMib));
}

const amountOf = (offer: Offer, name: string): number =>
  (offer.resources ?? [])
    .filter(
      (resource) =>
        resource.name === name &&
        resource.revocable === undefined &&
        resource.reservation === undefined &&
        (resource.reservations ?? []).length === 0,
    )
    .reduce((sum, { scalar }) => sum + (scalar?.value ?? 0), 0);

export const taskInfo = (
  taskId: string,
  offer: Offer,
  { cpus, memMib }: TaskSize,
  command: string,
  check?: CheckTimes,
): MessageOf<"TaskInfo"> => ({
  name: taskId,
  task_id: { value: taskId },
  agent_id: offer.agent_id,
  resources: [scalar("cpus", cpus), scalar("mem", memMib)].filter(({ scalar: { value } }) => value > 0),
  command: { value: command },
  ...(check === undefined ? {} : { health_check: healthCheck(check) }),
});

/** However often it fails, the task goes on. */
const healthCheck = ({ delaySeconds, intervalSeconds }: CheckTimes): MessageOf<"HealthCheck"> => ({
  type: "COMMAND",
  command: { value: "true" },
  delay_seconds: delaySeconds,
  interval_seconds: intervalSeconds,
  grace_period_seconds: 0,
  consecutive_failures: 2 ** 31,
});

const scalar = (name: string, value: number) => ({ name, type: "SCALAR", scalar: { value } }) as const;
