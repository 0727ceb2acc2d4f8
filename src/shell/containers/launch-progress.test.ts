import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { containerId } from "#model/ids.ts";
import { LaunchProgress } from "./launch-progress.ts";

test("a container hears of what it waits for, not too often, and not twice the same", async () => {
  let nowMs = 0;
  const progress = new LaunchProgress(() => nowMs);
  const said: string[] = [];
  progress.onOutcome((outcome) => {
    if (outcome.type === "progress") said.push(`${outcome.containerId} ${outcome.message}`);
  });
  const during = <Value>(id: string, work: () => Promise<Value>) => progress.during(containerId(id), work);
  const waits = (name: string, what: string, work: () => Promise<void>) => progress.waitFor(name, what, work);
  const pulls = (bytes: number) => progress.came("image", "Pulling web", bytes, 61_000_000);
  await during("a", async () => {
    await waits("a", "image", async () => {
      pulls(1_500_000);
      pulls(9_000_000);
      nowMs += limits.launchProgressIntervalMs;
      pulls(1_600_000);
      await during("b", () => waits("b", "image", async () => pulls(34_000_000)));
      progress.came("other", "Pulling other", 1, 1);
    });
    nowMs += limits.launchProgressIntervalMs;
    pulls(61_000_000);
  });
  await waits("a", "file", async () => {
    progress.came("file", "Fetching x", 3_000_000, undefined);
    await during("a", async () => progress.came("file", "Fetching x", 2_000_000, undefined));
  });
  assert.deepEqual(said, [
    "a Pulling web: 1 of 61 MB",
    "a Pulling web: 34 of 61 MB",
    "b Pulling web: 34 of 61 MB",
    "a Fetching x: 2 MB",
  ]);
});
