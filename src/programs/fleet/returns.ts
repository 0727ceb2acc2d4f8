/**
 * Notes when agents of a complete fleet are lost, and when the fleet is complete again.
 */

export class Returns {
  readonly #agents: number;
  #wasComplete = false;
  #lostAtMs: number | undefined;

  constructor(agents: number) {
    this.#agents = agents;
  }

  /** For how long some were away, when the last of them is back. */
  note(registered: number, nowMs: number): number | undefined {
    if (registered < this.#agents) {
      if (this.#wasComplete) this.#lostAtMs ??= nowMs;
      return undefined;
    }
    const lostAtMs = this.#lostAtMs;
    this.#lostAtMs = undefined;
    this.#wasComplete = true;
    return lostAtMs === undefined ? undefined : nowMs - lostAtMs;
  }
}
