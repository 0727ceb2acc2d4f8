/**
 * What is wrong with what came in, as a value: the status that says whose mistake, a sentence, and where.
 *
 * A path is written `/healthChecks(0)/path`, as Marathon does. `details` is either such places or one
 * sentence about the document as a whole.
 */

export type Place = { readonly path: string; readonly errors: readonly string[] };

export type Problem = {
  /** 400: not JSON. 422: JSON, but of wrong types, or not a thing that can be. */
  readonly status: 400 | 422;
  readonly message: string;
  readonly details: string | readonly Place[];
};

export type Failed = { readonly ok: false; readonly problem: Problem };

export type Parsed<Value> =
  | {
      readonly ok: true;
      readonly value: Value;
      /** What was ignored, in sentences; the answer carries them in a header. */
      readonly warnings: readonly string[];
    }
  | Failed;

export const parsed = <Value>(value: Value, warnings: readonly string[] = []): Parsed<Value> => ({
  ok: true,
  value,
  warnings,
});

export const failed = (problem: Problem): Failed => ({ ok: false, problem });

/** A well-formed document that breaks a rule at one place. */
export const invalid = (path: string, error: string): Failed =>
  failed({ status: 422, message: "Object is not valid", details: [{ path, errors: [error] }] });

/** The same problem as one of the member at that place of an array. */
export function atIndex(index: number, { problem }: Failed): Failed {
  if (typeof problem.details === "string") return failed(problem);
  const details = problem.details.map(({ path, errors }) => ({
    path: `/(${index})${path === "/" ? "" : path}`,
    errors,
  }));
  return failed({ ...problem, details });
}

/** Rules that were broken, gathered while looking at a document, so that all are told at once. */
export class Faults {
  readonly #places = new Map<string, string[]>();

  add(path: string, ...errors: readonly string[]): void {
    this.#places.set(path, [...(this.#places.get(path) ?? []), ...errors]);
  }

  get any(): boolean {
    return this.#places.size > 0;
  }

  get places(): readonly Place[] {
    return [...this.#places].map(([path, errors]) => ({ path, errors }));
  }
}
