/**
 * Points in time and durations as the v1 API's messages, which have one form.
 */

import type { Unavailability } from "#model/maintenance.ts";
import type { MessageOf } from "../proto/tables.ts";
import { millisecondsOf, nanosecondsOf } from "./basics.ts";

export const timeMessage = (timeMs: number): MessageOf<"TimeInfo"> => ({
  nanoseconds: nanosecondsOf(timeMs),
});

export const timeOf = ({ nanoseconds }: MessageOf<"TimeInfo">): number => millisecondsOf(nanoseconds);

export const unavailabilityMessage = ({
  startMs,
  durationMs,
}: Unavailability): MessageOf<"Unavailability"> => ({
  start: timeMessage(startMs),
  ...(durationMs === undefined ? {} : { duration: timeMessage(durationMs) }),
});
