/**
 * The threads of a fleet: the agents divided among them, their figures added up.
 */

import { Worker } from "node:worker_threads";
import { addFigures, type Figures, type FleetPart, type FleetReport, noFigures } from "./messages.ts";

export interface FleetThreads {
  figures(): Figures;
  /** Rejects when a thread fails; never resolves. */
  readonly failed: Promise<never>;
  /** Resolves when every link is cut and every thread has ended. */
  end(): Promise<void>;
}

/** `changed` is called whenever a thread has reported. */
export function startThreads(
  whole: Omit<FleetPart, "first" | "count">,
  agents: number,
  threads: number,
  changed: () => void,
): FleetThreads {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  // Whoever does not wait for it any more must not be ended by it.
  failed.catch(() => {});
  const newest: Figures[] = [];
  const workers = Array.from({ length: threads }, (_, index) => {
    const [from, to] = [index, index + 1].map((part) => Math.floor((agents * part) / threads));
    const part = { ...whole, first: (from ?? 0) + 1, count: (to ?? 0) - (from ?? 0) };
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: part, execArgv: [] });
    worker.on("message", ({ figures }: FleetReport) => {
      newest[index] = figures;
      changed();
    });
    worker.on("error", reject);
    const ended = new Promise<void>((resolve) => worker.on("exit", () => resolve()));
    return { worker, ended };
  });
  return {
    figures: () => newest.reduce((sum, figures) => addFigures(sum, figures ?? noFigures), noFigures),
    failed,
    end: async () => {
      for (const { worker } of workers) worker.postMessage({ type: "end" });
      await Promise.all(workers.map(({ ended }) => ended));
    },
  };
}
