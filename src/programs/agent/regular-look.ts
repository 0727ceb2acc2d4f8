/**
 * A look at the machine every now and then: one at a time, the first at once, until the program ends.
 *
 * A look that fails is the next one's affair; the same reason is logged once, until one succeeds.
 */

import type { Log } from "#shell/log/log.ts";
import type { ProcessLife } from "../process-life.ts";

export type RegularLook = {
  /** As it is named when it does not end. */
  readonly name: string;
  /** What the log says when it fails. */
  readonly failure: string;
  readonly intervalMs: number;
  look(): Promise<void>;
};

export function lookRegularly(
  { name, failure, intervalMs, look }: RegularLook,
  life: ProcessLife,
  log: Log,
): void {
  let isLooking = false;
  let said = "";
  const again = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    try {
      await look();
      said = "";
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== said) log.warn(failure, { reason });
      said = reason;
    } finally {
      isLooking = false;
    }
  };
  void again();
  const timer = setInterval(() => void again(), intervalMs);
  life.atEnd(name, () => clearInterval(timer));
}
