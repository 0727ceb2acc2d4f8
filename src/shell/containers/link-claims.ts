/**
 * Numbers that belong to directories, each to one: a number's claim is a link of its name that leads to who has it.
 *
 * A link is made in one step, so that two agents of one host can share a place of claims. One that leads nowhere is
 * nobody's any more.
 */

import { existsSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";

export class LinkClaims {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** By number, whose it is; forgets those that are nobody's. */
  open(): ReadonlyMap<number, string> {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const claims = new Map<number, string>();
    for (const name of readdirSync(this.directory)) {
      this.forgetStale(name);
      const target = this.#targetOf(name);
      if (target !== undefined) claims.set(Number(name), target);
    }
    return claims;
  }

  /** The first of `count` numbers, beginning somewhere, that nobody has. `owner` is there already. */
  take(count: number, start: number, numberAt: (index: number) => number, owner: string): number | undefined {
    for (const mayForget of [false, true]) {
      for (let step = 0; step < count; step += 1) {
        const number = numberAt((start + step) % count);
        if (mayForget) this.forgetStale(String(number));
        if (this.#take(String(number), owner)) return number;
      }
    }
    return undefined;
  }

  release(number: number, owner: string): void {
    const name = String(number);
    if (this.#targetOf(name) === owner) rmSync(join(this.directory, name), { force: true });
  }

  /** Moved aside and looked at again: somebody may have put a new one in its place. */
  forgetStale(name: string): void {
    const link = join(this.directory, name);
    if (this.#targetOf(name) === undefined || existsSync(link)) return;
    const aside = join(this.directory, `.${name}.${process.pid}`);
    try {
      renameSync(link, aside);
      if (existsSync(aside)) renameSync(aside, link);
      else rmSync(aside, { force: true });
    } catch {
      // Somebody else was quicker.
    }
  }

  #take(name: string, owner: string): boolean {
    try {
      symlinkSync(owner, join(this.directory, name));
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") return false;
      if (code !== "ENOENT") throw error;
      mkdirSync(this.directory, { recursive: true, mode: 0o700 });
      return this.#take(name, owner);
    }
  }

  #targetOf(name: string): string | undefined {
    try {
      return readlinkSync(join(this.directory, name));
    } catch {
      return undefined;
    }
  }
}
