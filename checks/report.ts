/**
 * What the test run says: failures in full, the slow ones by name, the failures once more, and the count.
 * The end of a long log is what is kept of it: what failed, and why, must be there.
 *
 * Reads the events of `run()` of `node:test`. Only tests count; a file that could not be run at all counts as
 * one failed test, and so does a file in which no test was found.
 */

import { inspect } from "node:util";

/** The part of an event of `node:test` that is used here. */
export type TestEvent = {
  readonly type: string;
  readonly data: {
    readonly name?: string;
    readonly file?: string | undefined;
    readonly nesting?: number;
    readonly message?: string;
    readonly level?: string;
    readonly skip?: string | boolean | undefined;
    readonly todo?: string | boolean | undefined;
    readonly details?: {
      readonly type?: string | undefined;
      readonly duration_ms?: number;
      readonly error?: unknown;
    };
  };
};

export type Tally = { passed: number; failed: number; skipped: number };

/** Gives each line to `print`; returns the counts when the events end. */
export async function reportTests(
  events: AsyncIterable<TestEvent>,
  print: (line: string) => void,
): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  const output = new Map<string, string[]>();
  const slow: { name: string; ms: number }[] = [];
  const failures: string[] = [];
  const report = (event: TestEvent): void => {
    const { type, data } = event;
    const file = data.file ?? "";
    if (type === "test:stdout" || type === "test:stderr") {
      const lines = output.get(file) ?? [];
      output.set(file, lines);
      lines.push(data.message ?? "");
    } else if (type === "test:diagnostic" && data.file !== undefined && (data.nesting ?? 0) > 0) {
      print(`  ${data.message ?? ""}`);
    } else if ((type === "test:pass" || type === "test:fail") && isCounted(event)) {
      count(tally, event);
      const ms = data.details?.duration_ms ?? 0;
      if (ms > 5_000) slow.push({ name: data.name ?? "", ms });
      if (type === "test:fail") {
        print(failureText(event, output.get(file) ?? []));
        failures.push(failureText(event, []));
      }
    }
  };
  for await (const event of events) report(event);
  for (const { name, ms } of slow) print(`  slow: ${(ms / 1000).toFixed(1)} s: ${name}`);
  if (failures.length > 0) print("\nwhat failed, once more:");
  for (const failure of failures) print(failure);
  return tally;
}

/** Suites are only headings; a failed test that failed for its subtests was reported with these. */
function isCounted({ type, data }: TestEvent): boolean {
  if (data.details?.type === "suite") return false;
  return !(type === "test:fail" && causeCode(data.details?.error) === "subtestsFailed");
}

function count(tally: Tally, { type, data }: TestEvent): void {
  if (data.skip !== undefined && data.skip !== false) tally.skipped += 1;
  else if (type === "test:pass") tally.passed += 1;
  else tally.failed += 1;
}

function failureText({ data }: TestEvent, output: readonly string[]): string {
  const error = data.details?.error;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
  const said = output.join("").trimEnd();
  return [
    "",
    `✖ ${data.name ?? ""}`,
    `  ${data.file ?? ""}`,
    indent(text),
    ...(said === "" ? [] : ["  its file printed:", indent(said.slice(-4_000))]),
  ].join("\n");
}

const indent = (text: string): string => text.replaceAll(/^/gm, "    ");

const causeCode = (error: unknown): unknown =>
  error instanceof Error && "failureType" in error ? error.failureType : undefined;
