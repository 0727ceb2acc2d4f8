/**
 * The auditor's memory: what each app was last answered to be, independent of the rooms.
 *
 * A command that was not answered before a crash may or may not have happened: until somebody looks, all
 * its outcomes stand as candidates. What is seen must be one of them, and then it is the only one.
 */

export type Wanted =
  | {
      readonly instances: number;
      /** Stands for the whole configuration: a new one for each change of it. */
      readonly config: string;
      /** Nothing that started before may stay. */
      readonly notBeforeMs: number;
      /** Its deployment was given up halfway on request: what it had not replaced may stay. */
      readonly halfway: boolean;
    }
  | undefined;

type Actual = { readonly instances: number; readonly config: string } | undefined;

export class WantedApps {
  readonly #candidates = new Map<string, readonly Wanted[]>();
  /** While a deployment that has a deadline is under way: what it leads to, and what it may go back to. */
  readonly #timed = new Map<string, readonly Wanted[]>();

  /** The ids of all apps that were ever asked for. */
  ids(): string[] {
    return [...this.#candidates.keys()];
  }

  candidates(id: string): readonly Wanted[] {
    return this.#candidates.get(id) ?? [undefined];
  }

  /** A command was sent: these may be true from now on, too. */
  maybe(id: string, more: readonly Wanted[]): void {
    this.#candidates.set(id, [...this.candidates(id), ...more]);
  }

  /** A command was answered: only these are left. */
  settle(id: string, only: readonly Wanted[]): void {
    this.#candidates.set(id, only);
  }

  /** Its change has a deadline: one of these it will be when that is over. */
  mayGoBack(id: string, both: readonly Wanted[] | undefined): void {
    if (both === undefined) this.#timed.delete(id);
    else this.#timed.set(id, both);
  }

  isTimed(id: string): boolean {
    return this.#timed.has(id);
  }

  /** As `seen`; while its deadline may come still, both stay. */
  look(id: string, actual: Actual, isUnderWay: boolean): string | undefined {
    const problem = this.seen(id, actual);
    const both = this.#timed.get(id);
    if (both === undefined) return problem;
    if (isUnderWay) this.#candidates.set(id, both);
    else this.#timed.delete(id);
    return problem;
  }

  /** Compares what is with what may be; returns what is wrong, if anything is. */
  seen(id: string, actual: Actual): string | undefined {
    const candidates = this.candidates(id);
    const fitting = candidates.filter(
      (wanted) => wanted?.instances === actual?.instances && wanted?.config === actual?.config,
    );
    if (fitting.length === 0) {
      return `app ${id} is ${JSON.stringify(actual)}, but was answered to be ${JSON.stringify(candidates)}`;
    }
    // Of several that look the same the strictest may not have happened.
    const first = fitting.reduce((a, b) => ((a?.notBeforeMs ?? 0) <= (b?.notBeforeMs ?? 0) ? a : b));
    this.#candidates.set(id, [first]);
    return undefined;
  }
}
