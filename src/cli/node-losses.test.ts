/**
 * `unum node losses` against a stub of the cluster: what it says of missing agents, and how they are given up.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { runUnum, type StubRoutes, startStubCluster } from "../../test/support/stub-cluster.ts";

const summary = "6 of 12 agents are missing or were lost of late: none is marked unreachable.";
const routes: StubRoutes = {
  "GET /unum/v1/nodes/losses": [{ body: { summary: "", missingNodes: [] } }],
  "POST /unum/v1/nodes/losses/mark": [{ body: { summary, missingNodes: ["agent-2", "agent-\u001b[31m9"] } }],
};

async function run(given: StubRoutes, ...words: readonly string[]) {
  const stub = await startStubCluster(given);
  try {
    return await runUnum(["node", "losses", ...words], { env: { UNUM_URL: stub.url } });
  } finally {
    await stub.close();
  }
}

test("nobody is missing", async () => {
  const { code, stdout } = await run(routes);
  assert.deepEqual([code, stdout], [0, "No agent is missing.\n"]);
  assert.equal((await run(routes, "--json")).stdout.trim()[0], "{");
});

test("who is missing is named, and given up only when that is asked for", async () => {
  const { code, stdout } = await run(routes, "--mark");
  assert.deepEqual([code, stdout], [0, `${summary}\nMissing: agent-2, agent-9\n`]);
});

test("where nothing is held back, there is nothing to give up", async () => {
  const refused: StubRoutes = {
    "POST /unum/v1/nodes/losses/mark": [{ status: 409, body: { message: "there is nothing to decide." } }],
  };
  const { code, stderr } = await run(refused, "--mark");
  assert.equal(code, 1);
  assert.match(stderr, /cannot give agents up: there is nothing to decide/);
});
