/**
 * While a simulation runs, the real clock, real chance and real timers throw: whoever uses them would make
 * a seed unrepeatable.
 */

const refuse = (name: string) => (): never => {
  throw new Error(`${name} was used inside a simulation`);
};

/** Runs `run` without the real world, and puts it back afterwards. */
export function withoutRealWorld<Result>(run: () => Result): Result {
  const globals = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"] as const;
  const places: readonly { readonly holder: object; readonly key: string }[] = [
    { holder: Date, key: "now" },
    { holder: Math, key: "random" },
    { holder: performance, key: "now" },
    { holder: crypto, key: "randomUUID" },
    ...globals.map((key) => ({ holder: globalThis, key })),
  ];
  const undo = places.map(({ holder, key }) => {
    const own = Object.getOwnPropertyDescriptor(holder, key);
    Object.defineProperty(holder, key, { value: refuse(key), configurable: true, writable: true });
    return (): void => {
      if (own === undefined) Reflect.deleteProperty(holder, key);
      else Object.defineProperty(holder, key, own);
    };
  });
  try {
    return run();
  } finally {
    for (const restore of undo) restore();
  }
}
