/**
 * The exchanges that were recorded with a real Mesos, read from the fixtures.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const root = join(import.meta.dirname, "../fixtures/mesos");

export type Recording = {
  /** For example `operator-v1/1-idle/GET_AGENTS`. */
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | undefined;
  };
  readonly response: {
    readonly status: number;
    readonly headers: readonly (readonly [string, string])[];
    readonly body: string | undefined;
    readonly json: unknown;
  };
  /** Of an endless answer: what came on it, in order. */
  readonly events: readonly RecordedEvent[] | undefined;
  /** What a framework heard on its stream after the call. */
  readonly heardAfter: readonly RecordedEvent[];
};

export type EventJson = { readonly type: string } & Readonly<Record<string, unknown>>;

/** `atMs`: since the stream was opened. */
export type RecordedEvent = { readonly atMs: number; readonly json: EventJson };

type RecordedFile = {
  readonly request: Partial<Recording["request"]>;
  readonly response?: Partial<Recording["response"]>;
  readonly events?: readonly EventInFile[];
  readonly events_after?: readonly EventInFile[];
};

type EventInFile = { readonly t_ms?: number; readonly json: EventJson } | EventJson;

const eventOf = (event: EventInFile): RecordedEvent =>
  "json" in event
    ? { atMs: Number(event.t_ms ?? 0), json: event.json as EventJson }
    : { atMs: 0, json: event };

/** Compared of a stream. */
export const eventsOf = ({ events = [] }: Recording): readonly EventJson[] => events.map(({ json }) => json);

export const hasRecordings = (...path: readonly string[]): boolean => existsSync(join(root, ...path));

const numberOf = (file: string): number => Number(/^\d+/.exec(file)?.[0] ?? 0);

/** In the order of their numbers or names, which is the order in which they were made. */
export function readRecordings(folder: string): readonly Recording[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".json"))
    .sort((left, right) => numberOf(left) - numberOf(right) || (left < right ? -1 : 1));
  return files.map((file) => {
    const path = join(root, folder, file);
    const {
      request,
      response = {},
      events,
      events_after,
    } = JSON.parse(readFileSync(path, "utf8")) as RecordedFile;
    return {
      name: relative(root, path).replace(/\.json$/, ""),
      request: {
        method: request.method ?? "GET",
        path: request.path ?? "/",
        headers: request.headers ?? {},
        body: request.body ?? undefined,
      },
      response: {
        status: response.status ?? 0,
        headers: response.headers ?? [],
        body: response.body,
        json: response.json,
      },
      events: events?.map(eventOf),
      heardAfter: events_after?.map(eventOf) ?? [],
    };
  });
}
