/**
 * Which of the host's user and group ids belong to which container: a range for each, that no other container of
 * this host has, whichever agent's.
 *
 * Claims lie in a place that all agents of a host share and that is empty after a reboot.
 */

import { createHash } from "node:crypto";
import { rmdirSync } from "node:fs";
import { dirname } from "node:path";
import { LaunchRefusal } from "../launch-refusal.ts";
import { LinkClaims } from "../link-claims.ts";

/** As the host numbers them; in the container they begin with 0. */
export type IdRange = { readonly first: number; readonly count: number };

/** All that a container needs: systems give their users no higher ones. */
export const idsPerContainer = 65_536;

/** Between those that systemd gives to containers of its own and those of other systems' trees. */
export const usualIds = { first: 0x7000_0000, last: 0x7ffd_ffff } as const;

export const claimsDirectory = "/run/unum/user-ids";

export class UserIds {
  readonly #claims: LinkClaims;
  readonly #first: number;
  readonly #ranges: number;

  constructor(
    ids: { readonly first: number; readonly last: number } = usualIds,
    directory: string = claimsDirectory,
  ) {
    this.#claims = new LinkClaims(directory);
    this.#first = ids.first;
    this.#ranges = Math.floor((ids.last - ids.first + 1) / idsPerContainer);
  }

  open(): void {
    this.#claims.open();
  }

  /** `containerDirectory` is there already. Throws `LaunchRefusal` when all ranges are taken. */
  claim(containerDirectory: string): IdRange {
    const start = createHash("sha256").update(containerDirectory).digest().readUInt32BE();
    const firstAt = (index: number): number => this.#first + index * idsPerContainer;
    const first = this.#claims.take(this.#ranges, start, firstAt, containerDirectory);
    if (first !== undefined) return { first, count: idsPerContainer };
    throw new LaunchRefusal(
      `all ${this.#ranges} ranges of user ids of this host are taken: end containers, or start the agent with more (--user-ids)`,
    );
  }

  release({ first }: IdRange, containerDirectory: string): void {
    this.#claims.release(first, containerDirectory);
  }

  /** Once the last container is gone: what nobody else uses. */
  close(): void {
    const { directory } = this.#claims;
    try {
      // Not empty: other agents' containers.
      rmdirSync(directory);
      rmdirSync(dirname(directory));
    } catch {
      // Or it was never there.
    }
  }
}
