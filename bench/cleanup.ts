/**
 * What must not stay behind when a bench ends, by itself or by Ctrl-C.
 */

type Step = () => void | Promise<void>;

const steps: Step[] = [];

/** Runs once, the newest first. Returns how to do it earlier. */
export function atEnd(step: Step): () => Promise<void> {
  let isDone = false;
  const once = async (): Promise<void> => {
    if (isDone) return;
    isDone = true;
    await step();
  };
  steps.push(once);
  return once;
}

export async function cleanUp(): Promise<void> {
  for (const step of steps.splice(0).reverse()) await step();
}

/** To be called once: Ctrl-C and SIGTERM clean up before they end the process. */
export function cleanUpOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      process.stderr.write("bench: interrupted, cleaning up …\n");
      void cleanUp().finally(() => process.exit(130));
    });
  }
}
