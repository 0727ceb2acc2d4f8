/**
 * People who go on to use a cluster while its servers are exchanged: each of their requests goes to one master after another
 * until one answers it, as clients that know all masters do.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { ClientRequest, HttpClient } from "#shell/http/client.ts";

const intervalMs = 50;
const patienceMs = 60_000;

export function startLoad(clients: readonly HttpClient[]) {
  const taken: string[] = [];
  const refused: string[] = [];
  let asked = 0;
  let longestMs = 0;
  let isOver = false;
  let preferred = 0;

  /** The answer's body. A refusal that is for good is noted; whatever may pass is asked again. */
  const ask = async (method: ClientRequest["method"], path: string, body?: unknown): Promise<unknown> => {
    const startMs = performance.now();
    asked += 1;
    for (;;) {
      const client = clients[preferred % clients.length] as HttpClient;
      const answer = await client
        .request({
          method,
          path,
          ...(body === undefined ? {} : { body }),
          signal: AbortSignal.timeout(10_000),
        })
        .catch(() => undefined);
      const status = answer?.status ?? 0;
      // Said again after its answer was lost: it is there.
      if (answer !== undefined && (status < 300 || (method === "POST" && status === 409))) {
        longestMs = Math.max(longestMs, performance.now() - startMs);
        return answer.json;
      }
      if (status >= 400 && status < 500) {
        refused.push(`${method} ${path}: ${status} ${answer?.text}`);
        return answer?.json;
      }
      if (performance.now() - startMs > patienceMs) throw new Error(`${method} ${path}: nobody answers`);
      preferred += 1;
      await sleep(20);
    }
  };

  const running = (async () => {
    for (let number = 1; !isOver; number += 1) {
      const id = `/load/n${number}`;
      await ask("POST", "/v2/apps", { id, cmd: "sleep 1", instances: 0, portDefinitions: [] });
      taken.push(id);
      await ask("GET", "/v2/apps/one");
      await sleep(intervalMs);
    }
  })();

  const nodes = async (): Promise<readonly { readonly name: string; readonly state: string }[]> =>
    ((await ask("GET", "/unum/v1/nodes")) as { nodes?: [] } | undefined)?.nodes ?? [];

  return {
    ask,
    /** Whether somebody leads, and this agent, or each, is there. */
    isWell: async (agent: string | undefined): Promise<boolean> => {
      const wanted = (await nodes()).filter(({ name }) => agent === undefined || name === agent);
      return wanted.length > 0 && wanted.every(({ state }) => state === "active");
    },
    /** One that nobody understands has a line of its own, beside that of what it was. */
    stateOf: async (agent: string): Promise<string | undefined> => {
      const states = (await nodes()).filter(({ name }) => name === agent).map(({ state }) => state);
      return states.find((state) => state === "incompatible") ?? states[0];
    },
    stop: async (): Promise<void> => {
      isOver = true;
      await running;
    },
    lost: async (): Promise<readonly string[]> => {
      const { apps } = (await ask("GET", "/v2/apps")) as { apps: readonly { id: string }[] };
      const known = new Set(apps.map(({ id }) => id));
      return taken.filter((id) => !known.has(id));
    },
    figures: () => ({ asked, longestMs, refused }),
  };
}
