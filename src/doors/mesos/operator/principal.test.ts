import assert from "node:assert/strict";
import { test } from "node:test";
import type { DoorAnswer } from "#ports/door.ts";
import { DoorDriver } from "../../../../test/support/door-driver.ts";
import { reserveResources } from "./orders.ts";

test("operator API: who is known by name reserves under that name only", () => {
  const door = new DoorDriver();
  const agent = door.addAgent("agent-1");
  const reserve = (as: string | undefined, principal: string | undefined): number => {
    const resource = {
      name: "cpus",
      type: "SCALAR" as const,
      scalar: { value: 1 },
      reservations: [
        { type: "DYNAMIC" as const, role: "db", ...(as === undefined ? {} : { principal: as }) },
      ],
    };
    const answers: DoorAnswer[] = [];
    const respond = (answer: DoorAnswer): void => void answers.push(answer);
    const call = { reserve_resources: { agent_id: { value: agent.id }, resources: [resource] } };
    reserveResources(call, { context: door.context, encoding: "json", principal, respond });
    const [answer] = answers;
    assert.ok(answer?.kind === "body");
    return answer.status;
  };
  assert.equal(reserve("alice", "alice"), 202);
  assert.equal(reserve("bob", "alice"), 400);
  assert.equal(reserve(undefined, "alice"), 400);
  assert.equal(reserve("bob", undefined), 202, "whom nobody asked for a name may give any");
});
