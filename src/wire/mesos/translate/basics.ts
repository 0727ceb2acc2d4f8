/**
 * Ids, times, labels and UUIDs, between Mesos's messages and our own terms.
 */

import type { Label } from "#model/resource.ts";
import type { MessageOf } from "../proto/tables.ts";

export const idMessage = (value: string): { readonly value: string } => ({ value });

const idCharactersMax = 255;

/** What is wrong with an id of a framework's own making, if anything. */
export function idFault(id: string): string | undefined {
  if (id === "") return "ID must not be empty";
  if (id.length > idCharactersMax) return `ID must not be greater than ${idCharactersMax} characters`;
  if (id === "." || id === "..") return `'${id}' is disallowed`;
  return /[/\\]|\p{Cc}/u.test(id) ? `'${id}' contains invalid characters` : undefined;
}

const int64Max = 2n ** 63n - 1n;

/** What is longer than nanoseconds can count, about 292 years, is told as the longest that they can. */
export function nanosecondsOf(timeMs: number): bigint {
  const nanoseconds = BigInt(Math.round(timeMs)) * 1_000_000n;
  if (nanoseconds > int64Max) return int64Max;
  return nanoseconds < -int64Max ? -int64Max : nanoseconds;
}

/** Whole and fractional milliseconds; what is longer than numbers can count exactly is a little off. */
export const millisecondsOf = (nanoseconds: bigint): number => Number(nanoseconds) / 1_000_000;

/** What is said on the agent link is said in whole milliseconds. */
export const wholeMilliseconds = ({ nanoseconds }: MessageOf<"DurationInfo">): number =>
  Math.ceil(millisecondsOf(nanoseconds));

/** What Mesos's command executor gives a task that says nothing of it. */
export const killGraceMsDefault = 3_000;

export const secondsOf = (timeMs: number): number => timeMs / 1_000;

export type LabelsMessage = MessageOf<"Labels">;

/** Whether a record cannot say it all: a key comes twice, or one has no value. */
export const needsList = (message: LabelsMessage | undefined): boolean => {
  const labels = message?.labels ?? [];
  return (
    labels.some(({ value }) => value === undefined) ||
    new Set(labels.map(({ key }) => key)).size < labels.length
  );
};

/** Of labels with one key the last one stands. */
export const labelRecord = (message: LabelsMessage | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries((message?.labels ?? []).map(({ key, value }) => [key, value ?? ""]));

export const labelRecordMessage = (labels: Readonly<Record<string, string>>): LabelsMessage | undefined => {
  const entries = Object.entries(labels);
  return entries.length === 0 ? undefined : { labels: entries.map(([key, value]) => ({ key, value })) };
};

export const labelList = (message: LabelsMessage | undefined): readonly Label[] =>
  (message?.labels ?? []).map(({ key, value }) => ({ key, value }));

export const labelListMessage = (labels: readonly Label[]): LabelsMessage | undefined =>
  labels.length === 0 ? undefined : { labels };

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The 16 bytes of a UUID in its usual form; undefined for any other text. */
export function uuidBytes(text: string): Uint8Array | undefined {
  if (!uuidPattern.test(text)) return undefined;
  const digits = text.replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, index) =>
    Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16),
  );
}

/** Undefined unless it is 16 bytes. */
export function uuidText(bytes: Uint8Array): string | undefined {
  if (bytes.length !== 16) return undefined;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Mesos's form of an IPv4 address as a number: its bytes in network order, read by a little-endian machine. */
export function addressNumber(address: string): number {
  const bytes = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number) ?? [];
  return bytes.reduce((sum, byte, index) => sum + byte * 2 ** (8 * index), 0);
}
