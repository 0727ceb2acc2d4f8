/**
 * The fuzz over every endpoint of a real cluster: no failure of ours, no hang, no growth, nothing lost.
 *
 * `UNUM_FUZZ_SECONDS` makes it longer, `UNUM_FUZZ_SEED` another one; `npm run fuzz` is for hours.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FuzzCluster } from "./fuzz/cluster.ts";
import { keptApp } from "./fuzz/keepers.ts";
import { fuzzCluster } from "./fuzz/run.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const seconds = Number(process.env.UNUM_FUZZ_SECONDS ?? 20);
const seed = Number(process.env.UNUM_FUZZ_SEED ?? 1);
const fuzzed = new FuzzCluster(temporaryDirectory("unum-fuzz-"));

before(() => fuzzed.start());
after(async () => {
  assert.ok(await fuzzed.end(), "the cluster ends in order");
});

test(`fuzz: seed ${seed}, ${seconds} s: every request is answered, and the cluster is as it was`, async (context) => {
  const { problems, summary, unreached } = await fuzzCluster(fuzzed, { seed, seconds });
  for (const line of summary) context.diagnostic(line);
  assert.equal(problems.length, 0, problems.join("\n\n"));
  assert.deepEqual(unreached, []);
});

test("fuzz: a task that is lost is noticed", async () => {
  assert.deepEqual(await fuzzed.problems(), []);
  const { cluster } = fuzzed;
  const [lost = ""] = await cluster.taskIds(keptApp);
  const answer = await cluster.send("DELETE", `/v2/apps${keptApp}/tasks/${lost}`);
  assert.equal(answer.status, 200, answer.text);
  await until("the loss to be noticed", async () =>
    (await fuzzed.problems()).some((problem) => problem.includes(lost)),
  );
});

test("fuzz: a master that was replaced is noticed, and starts from all that the fuzz left in its store", async () => {
  const { cluster } = fuzzed;
  for (const name of ["master", "agent-1"]) {
    const pid = cluster.pidOf(name);
    process.kill(pid, "SIGKILL");
    await until(`the ${name} to be started again`, () => cluster.pidOf(name) !== pid, 60_000);
  }
  assert.match((await fuzzed.processProblems()).join("\n"), /the cluster's processes were/);
  // A task that was being launched when its master was killed is asked about a minute later.
  await until("the agents to be back, with their tasks", () => fuzzed.isComplete(), 150_000);
  assert.deepEqual(fuzzed.logProblems(), []);
});
