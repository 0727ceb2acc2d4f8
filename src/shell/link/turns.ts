/**
 * Who may register next: so many agents at a time, the others in the order in which they came.
 *
 * When a master takes another's place, thousands of agents come at the same moment, each with all of its tasks. Those
 * that wait say nothing; whoever leaves, waiting or not, makes room for the next.
 */

export class Turns<Who> {
  readonly #most: number;
  readonly #underWay = new Set<Who>();
  /** In order; what each is told when its turn has come. */
  readonly #waiting = new Map<Who, () => void>();

  constructor(most: number) {
    this.#most = most;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** `go` is called when it is its turn, which may be at once. */
  wait(who: Who, go: () => void): void {
    this.#waiting.set(who, go);
    this.#next();
  }

  /** It has had its turn, or is gone. */
  done(who: Who): void {
    this.#waiting.delete(who);
    if (this.#underWay.delete(who)) this.#next();
  }

  #next(): void {
    for (const [who, go] of this.#waiting) {
      if (this.#underWay.size >= this.#most) return;
      this.#waiting.delete(who);
      this.#underWay.add(who);
      go();
    }
  }
}
