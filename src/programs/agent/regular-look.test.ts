import assert from "node:assert/strict";
import { test } from "node:test";
import type { Log } from "#shell/log/log.ts";
import { until } from "../../../test/until.ts";
import type { ProcessLife } from "../process-life.ts";
import { lookRegularly } from "./regular-look.ts";

test("one look at a time; the same reason is said once, until a look succeeds; none after the end", async () => {
  const said: unknown[] = [];
  const log = { warn: (_what: string, more: { reason: string }) => said.push(more.reason) } as unknown as Log;
  let end = (): void => {};
  const life = { atEnd: (_name: string, run: () => void) => (end = run) } as unknown as ProcessLife;
  const fates = ["broken", "broken", "", "broken", "worse"];
  let [looks, atOnce, most] = [0, 0, 0];
  const look = async (): Promise<void> => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    const fate = fates[looks];
    looks += 1;
    await new Promise((resolve) => setTimeout(resolve, 10));
    atOnce -= 1;
    if (fate) throw new Error(fate);
  };
  lookRegularly({ name: "the look", failure: "it failed", intervalMs: 1, look }, life, log);
  assert.equal(looks, 1, "the first at once");
  await until("all fates to have come", () => looks > fates.length);
  end();
  assert.deepEqual(said, ["broken", "broken", "worse"]);
  assert.equal(most, 1);
});
