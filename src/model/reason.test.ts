import assert from "node:assert/strict";
import { it } from "node:test";
import { summariseRefusals } from "./reason.ts";

it("refusals: are counted by reason, the most frequent first", () => {
  const text = summariseRefusals([
    { agentName: "agent-3", refusals: [{ kind: "port-taken", port: 8080 }] },
    { agentName: "agent-1", refusals: [{ kind: "scalar", resource: "cpus", short: 0.4 }] },
    { agentName: "agent-2", refusals: [{ kind: "scalar", resource: "cpus", short: 0.4 }] },
  ]);
  assert.equal(text, "2 agents: cpus, short by 0.4; 1 agent: port 8080 taken");
});
