/** Tests of the simulated agent link: what it may do to messages, and what it never does. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionId } from "#model/ids.ts";
import { type Cut, calmLink, type LinkFaults, Network } from "./network.ts";
import { Life, World } from "./world.ts";

const names = ["agent-1"] as const;

/** Two ends that talk for a while; what each heard, by session. */
function talk(seed: number, faults: LinkFaults, disturb: (world: World, network: Network) => void) {
  const world = new World(seed);
  const network = new Network(world, { fromAgent: () => {}, fromMaster: () => {} });
  network.faults = faults;
  const heard: number[] = [];
  const open = { master: new Set<SessionId>(), agent: new Set<SessionId>() };
  const counts = { opened: 0, wrong: 0, sent: 0 };
  const listener = (side: "master" | "agent") => ({
    opened: (session: SessionId) => {
      counts.opened += 1;
      open[side].add(session);
    },
    closed: (session: SessionId) => {
      if (!open[side].delete(session)) counts.wrong += 1;
    },
  });
  const links = network.masterLinks(new Life());
  const agent = network.agentLink(names[0], new Life());
  links.listen({
    ...listener("master"),
    received: ({ session, number }) => {
      if (!open.master.has(session)) counts.wrong += 1;
      heard.push(number);
    },
  });
  agent.listen({ ...listener("agent"), received: () => {} });
  const speak = (): void => {
    const [session] = open.agent;
    if (session !== undefined) {
      counts.sent += 1;
      agent.send({
        session,
        number: counts.sent,
        message: { type: "report", seen: 0, checkpointVersion: 0, tasks: [], executors: [] },
      });
    }
    if (world.elapsedMs < 60_000) world.after(50, speak);
  };
  speak();
  disturb(world, network);
  while (world.elapsedMs < 70_000 && world.step());
  return { heard, counts, open };
}

test("network: in good weather every message arrives once, in order", () => {
  const { heard, counts } = talk(1, calmLink, () => {});
  assert.ok(counts.sent > 500);
  assert.deepEqual(
    heard,
    Array.from({ length: counts.sent }, (_, index) => index + 1),
  );
  assert.deepEqual([counts.opened, counts.wrong], [2, 0]);
});

test("network: bad weather drops, doubles and disorders", () => {
  const faults = { drop: 0.2, duplicate: 0.2, disorder: 0.3, delayMaxMs: 200, halfOpen: 0 };
  const { heard, counts } = talk(2, faults, () => {});
  const different = new Set(heard);
  assert.ok(different.size < counts.sent, "some are lost");
  assert.ok(heard.length > different.size, "some come twice");
  assert.ok(
    heard.some((number, index) => number < (heard[index - 1] ?? 0)),
    "some are overtaken",
  );
});

test("network: nothing passes a cut, and a broken session is never heard of again", () => {
  for (const cut of ["both", "to-master"] satisfies Cut[]) {
    const { heard, counts } = talk(3, calmLink, (world, network) => {
      world.after(20_000, () => network.cut(names[0], cut));
    });
    assert.ok(
      heard.length > 200 && heard.length < counts.sent / 2 + 20,
      `${cut}: ${heard.length} of ${counts.sent}`,
    );
  }
  const broken = talk(4, calmLink, (world, network) => {
    for (let ms = 5_000; ms < 60_000; ms += 5_000) world.after(ms, () => network.break(names[0]));
  });
  assert.ok(broken.counts.opened > 10);
  assert.equal(broken.counts.wrong, 0);
  assert.deepEqual([broken.open.master.size, broken.open.agent.size], [1, 1]);
});

test("network: of a half-open session one end may never hear", () => {
  const { open } = talk(5, { ...calmLink, halfOpen: 0.5 }, (world, network) => {
    for (let ms = 5_000; ms < 60_000; ms += 2_000) world.after(ms, () => network.break(names[0]));
  });
  assert.ok(open.master.size !== open.agent.size || [...open.master][0] !== [...open.agent][0]);
});
