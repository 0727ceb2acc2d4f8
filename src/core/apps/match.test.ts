import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createChance } from "#base/random.ts";
import type { AgentInfo } from "#model/agent.ts";
import type { AppDefinition, AppPort } from "#model/app.ts";
import { overlapPorts, type PortRanges } from "#model/port-ranges.ts";
import { formatRefusal } from "#model/reason.ts";
import { addResources, coversResources, milli, noResources, resources } from "#model/resources.ts";
import { testApp } from "../../../test/support/apps-driver.ts";
import { matchSpec, type Place } from "./match.ts";
import { Crowd } from "./placement.ts";

const alone = new Crowd([], 1);

const port = (hostPort: number, over: Partial<AppPort> = {}): AppPort => ({
  hostPort,
  fixed: hostPort !== 0,
  servicePort: 0,
  protocol: "tcp",
  name: undefined,
  labels: {},
  ...over,
});

function place(amounts: Parameters<typeof resources>[0], totalPorts: PortRanges = [[31_000, 31_009]]): Place {
  const agent: AgentInfo = {
    name: "agent-1",
    hostname: "agent-1.test",
    endpoint: { address: "127.0.0.1", port: 5051 },
    resources: resources({ cpus: 8, mem: 8192, ports: totalPorts }),
    attributes: {},
    version: "test",
    isolation: "none",
  };
  return { agent, resources: resources(amounts), role: "*" };
}

const reasons = (app: AppDefinition, where: Place, taken = noResources): readonly string[] => {
  const match = matchSpec(app, where, { taken, nowMs: 0, crowd: alone });
  return match.kind === "refused" ? match.refusals.map(formatRefusal) : [];
};

test("a refusal names everything that is missing, not only the first", () => {
  const app = testApp("/web", {
    cpus: milli(1),
    mem: milli(512),
    ports: [port(8080), port(31_005), port(0)],
  });
  assert.deepEqual(reasons(app, { ...place({ cpus: 0.6, mem: 128 }), role: "prod" }), [
    "offered to role prod, which the app does not accept",
    "cpus, short by 0.4",
    "mem, short by 384",
    "port 8080 is not one that it offers",
    "port 31005 taken",
    "1 ports wanted, 0 free",
  ]);
});

test("a port that an earlier launch took of the same offer is taken", () => {
  const app = testApp("/web", { ports: [port(31_005)] });
  const offered = place({ cpus: 4, mem: 1024, ports: [[31_000, 31_009]] });
  assert.deepEqual(reasons(app, offered), []);
  assert.deepEqual(reasons(app, offered, resources({ ports: [[31_005, 31_005]] })), ["port 31005 taken"]);
});

test("requirePorts makes the ports of the definition fixed; without it they are any", () => {
  const offered = place({ cpus: 4, mem: 1024, ports: [[31_000, 31_009]] });
  const loose = testApp("/web", { ports: [port(8080, { fixed: false })] });
  assert.deepEqual(reasons(loose, offered), []);
  assert.deepEqual(reasons({ ...loose, requirePorts: true }, offered), [
    "port 8080 is not one that it offers",
  ]);
});

test("launches into one offer never take a port twice and never more than is offered", () => {
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.nat(),
        cpus: fc.integer({ min: 0, max: 30 }),
        fixed: fc.uniqueArray(fc.integer({ min: 31_000, max: 31_012 }), { maxLength: 2 }),
        dynamic: fc.integer({ min: 0, max: 3 }),
        offered: fc.constantFrom<PortRanges>(
          [[31_000, 31_009]],
          [
            [31_001, 31_001],
            [31_004, 31_006],
          ],
          [],
        ),
      }),
      ({ seed, cpus, fixed, dynamic, offered }) => {
        const chance = createChance(seed);
        const ports = [
          ...fixed.map((number) => port(number)),
          ...Array.from({ length: dynamic }, () => port(0)),
        ];
        const app = testApp("/web", { cpus: milli(0.7), mem: milli(1), ports });
        const where = place({ cpus: cpus / 10, mem: 64, ports: offered }, [[31_000, 31_009]]);
        let taken = noResources;
        for (let launches = 0; ; launches += 1) {
          assert.ok(launches < 100);
          const match = matchSpec(app, where, {
            taken,
            nowMs: 0,
            crowd: alone,
            below: (bound: number) => chance.below(bound),
          });
          if (match.kind === "refused") {
            assert.ok(match.refusals.length > 0);
            return;
          }
          assert.equal(match.ports.length, ports.length);
          assert.equal(new Set(match.ports).size, ports.length);
          ports.forEach(({ hostPort }, index) => {
            if (hostPort !== 0) assert.equal(match.ports[index], hostPort);
          });
          assert.ok(!overlapPorts(taken.ports, match.resources.ports), "a port is given twice");
          taken = addResources(taken, match.resources);
          assert.ok(coversResources(where.resources, taken), "more than is offered");
        }
      },
    ),
  );
});

test("an agent is not used while it is under maintenance; before and after it is", () => {
  const app = testApp("/web");
  const where = {
    ...place({ cpus: 4, mem: 1024, ports: [[31_000, 31_009]] }),
    unavailability: { startMs: 1_000, durationMs: 500 },
  };
  const kindAt = (nowMs: number): string =>
    matchSpec(app, where, { taken: noResources, nowMs, crowd: alone }).kind;
  assert.deepEqual([999, 1_000, 1_499, 1_500].map(kindAt), ["match", "refused", "refused", "match"]);
});
