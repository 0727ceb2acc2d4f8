/**
 * The images that an agent keeps, as far as its operator may order about them.
 */

export interface Images {
  /** Forgets all that no container uses, but for those of these names. `fault`: why it could not. */
  prune(keep: readonly string[], done: (fault: string | undefined) => void): void;
}
