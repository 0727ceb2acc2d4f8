/**
 * Network probes: one passes when something that runs in the world holds the port, unless chance says no.
 */

import type { ProbeRequest, Probes } from "#ports/probes.ts";
import type { Life, World } from "./world.ts";

export type ProbeFaults = { readonly fails: number };

export function createFakeProbes(
  world: World,
  life: Life,
  faults: () => ProbeFaults,
  listens: (address: string, port: number) => boolean,
): Probes {
  return {
    perform(request: ProbeRequest, done): void {
      const { probeId, address, port, timeoutMs } = request;
      const answer = (): void => {
        const ok = listens(address, port) && !world.happens(faults().fails);
        const answers = ok && request.protocol !== "tcp";
        const response = answers ? { status: 200, contentType: "text/plain", body: "" } : undefined;
        done({ probeId, ok, message: ok ? "" : "connection refused", response });
      };
      world.after(world.chance.below(Math.min(timeoutMs, 1_000)), () => life.run(answer));
    },
  };
}
