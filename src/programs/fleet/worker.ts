/**
 * A thread of a fleet: it runs a part of the agents and reports figures until it is told to end.
 *
 * Only so many agents are on their way to the master at a time, as servers of a rack that come up one by one.
 */

import { parentPort, workerData } from "node:worker_threads";
import { present } from "#base/assert.ts";
import { createChance } from "#base/random.ts";
import { randomSeed } from "../seed.ts";
import type { FleetPart, FleetReport, FleetRequest } from "./messages.ts";
import { type SimulatedAgent, startSimulatedAgent } from "./simulated-agent.ts";
import { FleetTally } from "./tally.ts";

const reportMs = 100;
const startingMax = 100;

const parent = present(parentPort, "a fleet's worker is a thread");
const part = workerData as FleetPart;
const tally = new FleetTally();
const agents: SimulatedAgent[] = [];
let registeredOnce = 0;

const report = (): void =>
  parent.postMessage({ type: "figures", figures: tally.figures() } satisfies FleetReport);

const startMore = (): void => {
  while (agents.length < part.count && agents.length - registeredOnce < startingMax) {
    const number = part.first + agents.length;
    agents.push(startSimulatedAgent(part, number, createChance(randomSeed()), tally, registered));
  }
};
const registered = (): void => {
  registeredOnce += 1;
  startMore();
  // The moment at which all are there is measured by the main thread.
  if (registeredOnce === part.count) report();
};

const timer = setInterval(report, reportMs);
parent.on("message", (request: FleetRequest) => {
  if (request.type !== "end") return;
  clearInterval(timer);
  for (const agent of agents) agent.close();
  parent.close();
});
startMore();
