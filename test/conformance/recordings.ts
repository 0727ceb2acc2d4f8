/**
 * The exchanges that were recorded with a real Mesos, read from the fixtures.
 */

import { readdirSync, readFileSync } from "node:fs";
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
  /** An endless answer: what came on it, in order. */
  readonly isStream: boolean;
};

type RecordedFile = {
  readonly request: Partial<Recording["request"]>;
  readonly response?: Partial<Recording["response"]>;
  readonly events?: unknown;
};

/** In the order of their names, which is the order in which they were made. */
export function readRecordings(folder: string): readonly Recording[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".json"))
    .sort();
  return files.map((file) => {
    const path = join(root, folder, file);
    const { request, response = {}, events } = JSON.parse(readFileSync(path, "utf8")) as RecordedFile;
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
      isStream: events !== undefined,
    };
  });
}
