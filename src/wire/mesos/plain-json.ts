/**
 * Messages inside Mesos's older JSON answers: the same members, with numbers for 64-bit integers.
 *
 * Only for messages of ours whose integers are small (ports, counts). What is unset is left out.
 */

import type { ResourceMessage } from "./translate/resources.ts";

export const plainResources = (messages: readonly ResourceMessage[]): unknown =>
  messages.map((message) => plain(message));

export const plainMessage = (message: object): unknown => plain(message);

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(entries.map(([name, member]) => [name, plain(member)]));
}
