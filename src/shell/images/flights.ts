/**
 * Work that several wait for is done once, and given up when nobody waits for it any more.
 */

type Flight = {
  readonly result: Promise<unknown>;
  readonly controller: AbortController;
  waiting: number;
};

export class Flights<Value> {
  readonly #flights = new Map<string, Flight>();

  get size(): number {
    return this.#flights.size;
  }

  has(key: string): boolean {
    return this.#flights.has(key);
  }

  /** Joins the work under that key, or starts it. Rejects with the signal's reason as soon as it is aborted. */
  async run(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    signal.throwIfAborted();
    // What everybody has given up is ending, and must not be joined.
    for (
      let given = this.#flights.get(key);
      given?.controller.signal.aborted === true;
      given = this.#flights.get(key)
    ) {
      await given.result.catch(() => undefined);
    }
    signal.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#start(key, work);
    flight.waiting += 1;
    const gaveUp = Promise.withResolvers<never>();
    const onAbort = (): void => gaveUp.reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    try {
      return (await Promise.race([flight.result, gaveUp.promise])) as Value;
    } finally {
      signal.removeEventListener("abort", onAbort);
      flight.waiting -= 1;
      if (flight.waiting === 0) flight.controller.abort(new Error("nobody waits for it any more"));
    }
  }

  /** Ends all of them, and waits until they have. */
  async abortAll(reason: Error): Promise<void> {
    const flights = [...this.#flights.values()];
    for (const { controller } of flights) controller.abort(reason);
    await Promise.allSettled(flights.map(({ result }) => result));
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<Value>): Flight {
    const controller = new AbortController();
    const result = work(controller.signal).finally(() => this.#flights.delete(key));
    // Whoever waits hears of it; when nobody does any more, nobody needs to.
    result.catch(() => undefined);
    const flight = { result, controller, waiting: 0 };
    this.#flights.set(key, flight);
    return flight;
  }
}

/** At most so many at once; the others wait in order. */
export class Permits {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async hold<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
