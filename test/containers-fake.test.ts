/**
 * The simulator's containers keep what the `Containers` port promises, in calm and in slow times.
 */

import assert from "node:assert/strict";
import type { OwnCommand } from "#model/task.ts";
import { calmContainers, Host } from "#sim/fake-containers.ts";
import { Life, World } from "#sim/world.ts";
import { type ContractSubject, containersContract } from "./containers-contract.ts";

const shell = (text: string): OwnCommand => ({ kind: "shell", text });

function fakeSubject(startMaxMs: number): ContractSubject {
  const world = new World(1);
  const host = new Host(world, "host", { started: () => {}, ended: () => {}, destroyed: () => {} });
  host.faults = { ...calmContainers, startMaxMs };
  let life = new Life();
  return {
    containers: host.watch(life),
    restart: async () => {
      life.end();
      life = new Life();
      return host.watch(life);
    },
    until: async (condition, what) => {
      while (!condition()) assert.ok(world.step(), `in vain: ${what}`);
    },
    deaf: async () => {
      while (world.step());
    },
    settle: async () => {
      while (world.step());
    },
    dispose: async () => life.end(),
    hasNetworks: true,
    commands: {
      exits: (code) => shell(`exit ${code}`),
      runs: shell("sleep 1000"),
      stubborn: shell("trap '' TERM; sleep 1000"),
      passes: shell("true"),
      fails: shell("false"),
      hangs: shell("sleep 1000"),
      openPort: async () => 8_080,
    },
  };
}

containersContract("fake", async () => fakeSubject(20));
containersContract("fake, starting slowly", async () => fakeSubject(20_000));
