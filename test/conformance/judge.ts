/**
 * From the differences of one recording to what is said of it: equal, allowed, missing something, different.
 */

import { allowances } from "./allowed.ts";
import { absent, type Difference, differences } from "./compare.ts";
import { normalise, type Side } from "./normalise.ts";
import type { Recording } from "./recordings.ts";

export type Result = {
  readonly recording: Recording;
  readonly outcome:
    | { readonly kind: "equal" }
    /** Only in what is allowed; the reasons, each once. */
    | { readonly kind: "allowed"; readonly reasons: readonly string[] }
    /** As `allowed`, but something is missing that should come. */
    | { readonly kind: "gap"; readonly reasons: readonly string[]; readonly gaps: readonly string[] }
    | { readonly kind: "different"; readonly differences: readonly Difference[] }
    | { readonly kind: "not-compared"; readonly reason: string };
};

export type Answer = { readonly status: number; readonly headers: Headers; readonly text: string };

export function judge(recording: Recording, found: readonly Difference[]): Result {
  const reasons = new Set<string>();
  const gaps = new Set<string>();
  const unexplained = found.filter((difference) => {
    const allowance = allowances.find(
      ({ at, field, when }) =>
        at.test(recording.name) && field.test(difference.path) && (when?.(difference) ?? true),
    );
    if (allowance !== undefined) (allowance.gap === true ? gaps : reasons).add(allowance.reason);
    return allowance === undefined;
  });
  if (unexplained.length > 0) return { recording, outcome: { kind: "different", differences: unexplained } };
  if (gaps.size > 0) return { recording, outcome: { kind: "gap", reasons: [...reasons], gaps: [...gaps] } };
  if (reasons.size > 0) return { recording, outcome: { kind: "allowed", reasons: [...reasons] } };
  return { recording, outcome: { kind: "equal" } };
}

export const notComparedAs = (recording: Recording, reason: string): Result => ({
  recording,
  outcome: { kind: "not-compared", reason },
});

/** Compared are those headers that a client may look at. */
const comparedHeaders = ["content-type", "allow", "location", "transfer-encoding"];

export function headDifferences(
  { response }: Recording,
  answer: Pick<Answer, "status" | "headers">,
  sides: { readonly recorded: Side; readonly live: Side },
): readonly Difference[] {
  const recorded = new Map(response.headers.map(([name, value]) => [name.toLowerCase(), value]));
  const head = (status: number, header: (name: string) => string | undefined): Record<string, unknown> => ({
    status,
    headers: Object.fromEntries(comparedHeaders.map((name) => [name, header(name) ?? absent])),
    "has a stream's id": header("mesos-stream-id") !== undefined,
  });
  return differences(
    normalise(
      head(response.status, (name) => recorded.get(name)),
      sides.recorded,
    ),
    normalise(
      head(answer.status, (name) => answer.headers.get(name) ?? undefined),
      sides.live,
    ),
  );
}

export function answerDifferences(
  recording: Recording,
  answer: Answer,
  sides: { readonly recorded: Side; readonly live: Side },
): readonly Difference[] {
  const { response } = recording;
  return [
    ...headDifferences(recording, answer, sides),
    ...differences(
      normalise(response.json ?? response.body ?? "", sides.recorded),
      normalise(parse(answer), sides.live),
      "body",
    ),
  ];
}

const parse = ({ headers, text }: Answer): unknown =>
  headers.get("content-type") === "application/json" ? JSON.parse(text) : text;
