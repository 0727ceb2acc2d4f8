/**
 * What came on two streams, compared by what it is about: the events on one task, one operation, the
 * framework. In between, the order depends on how long things take, and is not compared.
 *
 * How the resources of an agent are cut into offers depends on it as well: the first offer is compared as a
 * whole, later ones by all that they say but their resources and the executors beside them.
 */

import { absent, type Difference, differences } from "./compare.ts";
import { normalise, type Side } from "./normalise.ts";
import type { EventJson } from "./recordings.ts";

type Named = { readonly value: string } | undefined;
type Inside = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

/** What an event is about; undefined for what is not compared. */
export function subjectOf(event: EventJson): string | undefined {
  const inside = event as unknown as Inside;
  const status = (inside.update?.status ?? inside.task_updated?.status) as
    | { readonly task_id?: Named; readonly state?: string }
    | undefined;
  // What our agents launch themselves runs at once (decision 4).
  if (status?.state === "TASK_STARTING") return undefined;
  const task = inside.task_added?.task as { readonly task_id?: Named } | undefined;
  const taskId = (status ?? task)?.task_id?.value;
  if (taskId !== undefined) return `${event.type === "UPDATE" ? "update" : "task"}(${taskId})`;
  const operation = inside.update_operation_status?.status as { readonly operation_id?: Named } | undefined;
  if (operation !== undefined) return `operation(${operation.operation_id?.value})`;
  return event.type.toLowerCase();
}

/** Only the first of those that come again and again, or as often as time allows. */
const onlyFirst = new Set(["heartbeat", "inverse_offers", "rescind"]);

/** Those of each subject, in order. */
export function sequencesOf(events: readonly EventJson[]): ReadonlyMap<string, readonly EventJson[]> {
  const sequences = new Map<string, EventJson[]>();
  const offers = events.flatMap((event) => {
    const list = (event as unknown as Inside).offers?.offers as readonly object[] | undefined;
    return list ?? [];
  });
  for (const [index, offer] of offers.entries()) {
    const shown = index === 0 ? offer : ofAnyMoment(offer);
    sequences.set("offer", [...(sequences.get("offer") ?? []), { type: "OFFER", ...shown }]);
  }
  for (const event of events) {
    const subject = subjectOf(event);
    if (subject === undefined || event.type === "OFFERS") continue;
    const known = sequences.get(subject) ?? [];
    if (known.length > 0 && onlyFirst.has(subject)) continue;
    sequences.set(subject, [...known, event]);
  }
  return sequences;
}

const ofAnyMoment = <Offer extends object>(offer: Offer): Offer => ({
  ...offer,
  resources: "as they are",
  executor_ids: "as they are",
});

/** The recorded offer for the live one at `index`, if there are fewer. */
function offerLike(recorded: readonly EventJson[], index: number): EventJson | undefined {
  const last = recorded[Math.min(index, recorded.length - 1)];
  return last === undefined || index === 0 ? last : ofAnyMoment(last);
}

export function eventDifferences(
  recorded: { readonly events: readonly EventJson[]; readonly side: Side },
  live: { readonly events: readonly EventJson[]; readonly side: Side },
): readonly Difference[] {
  const [theirs, ours] = [sequencesOf(recorded.events), sequencesOf(live.events)];
  return [...new Set([...theirs.keys(), ...ours.keys()])].flatMap((subject) => {
    const [expected, found] = [theirs.get(subject) ?? [], ours.get(subject) ?? []];
    // As many offers as time made of the resources.
    const length = subject === "offer" ? found.length : Math.max(expected.length, found.length);
    return Array.from({ length }).flatMap((_, index) => {
      const pattern = subject === "offer" ? offerLike(expected, index) : expected[index];
      const path = `${subject}[${index}]`;
      return pattern === undefined || found[index] === undefined
        ? [{ path, recorded: pattern?.type ?? absent, live: found[index] ?? absent }]
        : differences(normalise(pattern, recorded.side), normalise(found[index], live.side), path);
    });
  });
}
