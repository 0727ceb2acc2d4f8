import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { containerId, executorId, frameworkId } from "#model/ids.ts";
import { resources } from "#model/resources.ts";
import type { ContainerOutcome, ContainerSpec } from "#ports/containers.ts";
import { ContainerEngine, type EngineOptions } from "./engine.ts";
import { LaunchProgress } from "./launch-progress.ts";
import { LaunchRefusal } from "./launch-refusal.ts";
import { createLayout } from "./layout.ts";

const spec: ContainerSpec = {
  containerId: containerId("c"),
  frameworkId: frameworkId("f"),
  executorId: executorId("t"),
  command: { kind: "shell", text: "true" },
  root: { kind: "host" },
  user: undefined,
  workingDirectory: undefined,
  env: {},
  resources: resources({ cpus: 0.1, mem: 32 }),
  limits: {},
};

/** Nothing of a host: launches fail, and so does what frees what they held. */
function stubborn(directory: string): EngineOptions {
  const nothing = async (): Promise<void> => {};
  const fails = (error: Error) => async (): Promise<never> => {
    throw error;
  };
  return {
    layout: createLayout(directory),
    backend: {
      kind: "oci",
      isolation: "none",
      laneArgv: ["true"],
      open: nothing,
      interrupt: () => {},
      ownerOf: fails(new LaunchRefusal("it has no user")),
      release: fails(new Error("the device is busy")),
      stop: nothing,
      close: nothing,
      leftovers: async () => [],
    },
    sandboxes: { open: nothing, diskBytesMaxOf: () => undefined, rotateOutputs: nothing },
    volumes: {},
    progress: new LaunchProgress(),
    gpus: [],
    lanes: 1,
    pollMs: 1_000,
    reportHost: () => {},
    watch: {
      countedBytes: async () => new Map(),
      diskWatchMs: 60_000,
      portsWatchMs: 60_000,
      enforcePorts: false,
      report: () => {},
    },
  } as unknown as EngineOptions;
}

test("a launch that fails is told, whatever becomes of what it held", { timeout: 10_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "unum-engine-"));
  const engine = new ContainerEngine(stubborn(directory));
  try {
    const outcome = await new Promise<ContainerOutcome>((resolve) => {
      engine.onOutcome(resolve);
      engine.perform({ type: "launch", spec });
    });
    assert.ok(outcome.type === "launch-failed", outcome.type);
    assert.equal(outcome.message, "it has no user");
  } finally {
    await engine.close();
    rmSync(directory, { recursive: true });
  }
});

test("a container that cannot be taken away is told of, not forgotten", { timeout: 10_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "unum-engine-"));
  const told = Promise.withResolvers<string>();
  const engine = new ContainerEngine({ ...stubborn(directory), reportHost: told.resolve });
  try {
    engine.onOutcome((outcome) => {
      assert.equal(outcome.type, "launch-failed");
      engine.perform({ type: "remove", containerId: spec.containerId });
    });
    engine.perform({ type: "launch", spec });
    assert.match(await told.promise, /^container c has ended and cannot be taken away: the device is busy/);
  } finally {
    await engine.close();
    rmSync(directory, { recursive: true });
  }
});
