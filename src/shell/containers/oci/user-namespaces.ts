/**
 * User namespaces as an agent has them: none, or one for each container, with ids of its own.
 *
 * What an agent was told to use and cannot is refused to every container, with the reason.
 */

import { LaunchRefusal } from "../launch-refusal.ts";
import type { ResolvedUser } from "./user.ts";
import { type IdRange, UserIds } from "./user-ids.ts";
import { checkMappable, heldIds } from "./user-namespace.ts";
import { tryUserNamespaces } from "./user-namespace-probe.ts";

export type IdBounds = { readonly first: number; readonly last: number };

export class UserNamespaces {
  readonly #isUsed: boolean;
  readonly #ids: UserIds;

  /** `bounds`: of the host's ids; undefined: containers share the host's users. */
  constructor(bounds: IdBounds | undefined) {
    this.#isUsed = bounds !== undefined;
    this.#ids = new UserIds(bounds);
  }

  /** `directory`: the agent's data. Throws `LaunchRefusal`. */
  async open(directory: string): Promise<void> {
    if (!this.#isUsed) return;
    const trial = await tryUserNamespaces(directory);
    if (!trial.works)
      throw new LaunchRefusal(
        `user namespaces, which this agent was told to use (--user-namespaces), do not work here: ${trial.why}`,
      );
    this.#ids.open();
  }

  /** Undefined: it shares the host's. Throws `LaunchRefusal`. */
  claim(containerDirectory: string, user: ResolvedUser): IdRange | undefined {
    if (!this.#isUsed) return undefined;
    checkMappable(user);
    return this.#ids.claim(containerDirectory);
  }

  /** Also of one that was started when containers still got ids of their own. */
  release(containerDirectory: string): void {
    const ids = heldIds(containerDirectory);
    if (ids !== undefined) this.#ids.release(ids, containerDirectory);
  }

  close(): void {
    this.#ids.close();
  }
}
