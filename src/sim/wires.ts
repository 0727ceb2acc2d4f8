/**
 * Who can reach whom: directed ways between the nodes of a cluster, each open unless something blocks it.
 *
 * Nodes go by their names: `agent-1`, `master-2`, `store`. A way may be blocked for several reasons at once, and is open
 * again when the last of them is gone.
 */

/** Any node, on either side of a way. */
export const anyNode = "*";

export class Wires {
  readonly #blocks = new Map<string, number>();

  /** Returns how to open it again. */
  block(from: string, to: string): () => void {
    const way = `${from}>${to}`;
    this.#blocks.set(way, (this.#blocks.get(way) ?? 0) + 1);
    let isBlocked = true;
    return () => {
      if (!isBlocked) return;
      isBlocked = false;
      const left = (this.#blocks.get(way) ?? 1) - 1;
      if (left > 0) this.#blocks.set(way, left);
      else this.#blocks.delete(way);
    };
  }

  isBlocked(from: string, to: string): boolean {
    if (this.#blocks.size === 0) return false;
    return (
      this.#blocks.has(`${from}>${to}`) ||
      this.#blocks.has(`${from}>${anyNode}`) ||
      this.#blocks.has(`${anyNode}>${to}`)
    );
  }

  /** Whether two nodes can speak with each other at all. */
  isCut(one: string, other: string): boolean {
    return this.isBlocked(one, other) || this.isBlocked(other, one);
  }
}
