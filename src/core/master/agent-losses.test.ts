/**
 * The loss of many agents at once: marked at a bounded rate, and none of them while too many are missing.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TestAgent } from "../../../test/support/master-agent.ts";
import { MasterDriver } from "../../../test/support/master-driver.ts";
import { lossesOf } from "./agent-losses.ts";
import type { AgentLossLimits } from "./types.ts";

const stop = { share: 0.3, agentsMin: 5, windowMs: 600_000 };
const quick: AgentLossLimits = { rate: undefined, stop, recoveryShare: 1 };

function fleet(count: number, agentLoss: AgentLossLimits) {
  const driver = new MasterDriver({ agentLoss });
  const agents = Array.from({ length: count }, (_, index) => new TestAgent(driver, `agent-${index}`));
  for (const agent of agents) agent.connect();
  return { driver, agents };
}

const lost = ({ state }: MasterDriver): number =>
  [...state.tables.agent.values()].filter((agent) => agent.state === "unreachable").length;

/** Time passes, and those who live answer their pings. */
function live(driver: MasterDriver, agents: readonly TestAgent[], seconds: number): void {
  for (let second = 0; second < seconds; second += 1) {
    driver.advance(1_000);
    for (const agent of agents) if (agent.take().some(({ type }) => type === "ping")) agent.report(0, []);
  }
}

test("a broken switch: nobody is marked while most are silent, and nobody is when they answer again", () => {
  const { driver, agents } = fleet(20, quick);
  // Each has its pings at times of its own.
  live(driver, agents, 60);
  live(driver, [], 3_600);
  assert.equal(lost(driver), 0);
  const { hold, waiting } = lossesOf(driver.state);
  assert.deepEqual([hold?.missing, hold?.members, waiting.length], [20, 20, 20]);
  for (const agent of agents) agent.report(0, []);
  live(driver, agents, 120);
  assert.equal(lost(driver), 0);
  const after = lossesOf(driver.state);
  assert.deepEqual([after.hold, after.waiting, after.scheduled, after.canceled], [undefined, [], 20, 20]);
});

test("a broken switch: those that stay away when the others are back are marked", () => {
  const { driver, agents } = fleet(20, quick);
  live(driver, [], 300);
  for (const agent of agents.slice(4)) agent.report(0, []);
  live(driver, agents.slice(4), 60);
  assert.equal(lost(driver), 4);
  assert.equal(lossesOf(driver.state).hold, undefined);
});

test("few agents are marked, however large their share", () => {
  const { driver } = fleet(4, quick);
  live(driver, [], 90);
  assert.equal(lost(driver), 4);
});

test("agents that were marked a while ago count for the stop, until its window has passed", () => {
  const { driver, agents } = fleet(20, quick);
  live(driver, agents.slice(6), 90);
  assert.equal(lost(driver), 6);
  live(driver, agents.slice(7), 120);
  assert.equal(lost(driver), 6);
  assert.deepEqual([lossesOf(driver.state).hold?.missing, lossesOf(driver.state).hold?.members], [7, 20]);
  live(driver, agents.slice(7), 600);
  assert.equal(lost(driver), 7);
});

test("an operator decides: those that are missing are marked at the rate, and others that follow are not", () => {
  const rate = { agents: 2, withinMs: 10_000 };
  const { driver, agents } = fleet(20, { ...quick, rate });
  assert.equal(driver.input({ type: "mark-missing-agents" })?.code, "conflict");
  live(driver, agents.slice(10), 120);
  assert.equal(lost(driver), 0);
  assert.equal(driver.input({ type: "mark-missing-agents" }), undefined);
  live(driver, agents.slice(10), 5);
  assert.equal(lost(driver), 2);
  agents[9]?.report(0, []);
  live(driver, agents.slice(9), 120);
  assert.equal(lost(driver), 9, "all that were missing, but the one that came back");
  live(driver, agents.slice(12), 120);
  assert.equal(lost(driver), 9, "the operator's word was not about these");
});

test("after a restart: those that do not come back are held, or marked at the rate", () => {
  const rate = { agents: 1, withinMs: 20_000 };
  const { driver, agents } = fleet(20, { ...quick, rate, recoveryShare: 0.15 });
  driver.restart();
  const back = agents.slice(4);
  for (const agent of back) agent.connect();
  live(driver, back, 598);
  assert.equal(lost(driver), 0);
  live(driver, back, 120);
  assert.equal(lost(driver), 4, "fewer than matter");
  const all = fleet(40, { ...quick, rate, recoveryShare: 0.15 });
  all.driver.restart();
  const most = all.agents.slice(8);
  for (const agent of most) agent.connect();
  live(all.driver, most, 700);
  assert.equal(lost(all.driver), 0);
  assert.deepEqual(
    [lossesOf(all.driver.state).hold?.missing, lossesOf(all.driver.state).hold?.members],
    [8, 40],
  );
  all.agents[0]?.connect();
  all.agents[1]?.connect();
  live(
    all.driver,
    all.agents.filter((_, index) => index < 2 || index >= 8),
    21,
  );
  assert.equal(lost(all.driver), 2, "six of forty may go, one after the other");
});

test("after a restart: what was marked before counts for the rate", () => {
  const { driver, agents } = fleet(10, { ...quick, stop: undefined, rate: { agents: 1, withinMs: 100_000 } });
  live(driver, agents.slice(2), 90);
  assert.equal(lost(driver), 1);
  driver.restart();
  assert.equal(lossesOf(driver.state).markedAtMs.length, 1);
});

test("a master that slept gives nobody up, however many it did not hear", () => {
  const { driver, agents } = fleet(20, quick);
  driver.nowMs += 3_600_000;
  driver.advance(1);
  live(driver, agents, 100);
  assert.equal(lost(driver), 0);
  assert.equal(lossesOf(driver.state).hold, undefined);
});

/** Who is cut off, from when, for how long. */
const outage = fc.record({
  first: fc.integer({ min: 0, max: 29 }),
  count: fc.integer({ min: 0, max: 30 }),
  fromS: fc.integer({ min: 0, max: 200 }),
  forS: fc.integer({ min: 1, max: 300 }),
});

test("whatever happens: the rate holds, no more than the share is marked, and the dead are in the end", () => {
  fc.assert(
    fc.property(
      fc.array(outage, { maxLength: 4 }),
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 1, max: 4 }),
      (outages, dead, most) => {
        const rate = { agents: most, withinMs: 20_000 };
        const { driver, agents } = fleet(30, { rate, stop, recoveryShare: 1 });
        const marks: number[] = [];
        const isCut = (index: number, second: number): boolean =>
          index < dead ||
          outages.some(
            ({ first, count, fromS, forS }) =>
              index >= first && index < first + count && second >= fromS && second < fromS + forS,
          );
        for (let second = 0; second < 1_400; second += 1) {
          const before = lost(driver);
          driver.advance(1_000);
          const heard = agents.filter((_, index) => !isCut(index, second));
          for (let each = before; each < lost(driver); each += 1) marks.push(driver.nowMs);
          for (const agent of heard) answer(driver, agent);
          const recent = marks.filter((atMs) => atMs > driver.nowMs - rate.withinMs);
          assert.ok(recent.length <= most, "the rate");
          const now = [...driver.state.tables.agent.values()].filter(
            ({ state, unreachableAtMs }) =>
              state === "unreachable" && (unreachableAtMs ?? 0) > driver.nowMs - stop.windowMs,
          ).length;
          assert.ok(now <= 9, `${now} of thirty are more than the share`);
        }
        for (const [index, agent] of agents.entries())
          assert.equal(
            driver.state.tables.agent.get(agent.id)?.state === "unreachable",
            index < dead,
            `agent ${index} of which the first ${dead} are dead`,
          );
      },
    ),
    { numRuns: 25 },
  );
});

/** One that was cut off registers anew where it has to. */
function answer(driver: MasterDriver, agent: TestAgent): void {
  if (driver.state.tables.agent.get(agent.id)?.state === "unreachable") agent.connect();
  else if (agent.take().some(({ type }) => type === "ping")) agent.report(0, []);
}
