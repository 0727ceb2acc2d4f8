/**
 * When an agent will be away, by the maintenance schedule.
 */

import { isOnMachine, type Unavailability } from "#model/maintenance.ts";
import type { Draft } from "./draft.ts";
import { singleRow } from "./records.ts";

type AgentPlace = Parameters<typeof isOnMachine>[0];

export const unavailabilityOf = (draft: Draft, info: AgentPlace): Unavailability | undefined =>
  unavailabilities(draft)(info);

/** The first window that the agent's machine is in, by the schedule as it is now. */
export function unavailabilities(draft: Draft): (info: AgentPlace) => Unavailability | undefined {
  const windows = draft.get("maintenance-schedule", singleRow)?.windows ?? [];
  return (info) =>
    windows.find(({ machines }) => machines.some((machine) => isOnMachine(info, machine)))?.unavailability;
}
