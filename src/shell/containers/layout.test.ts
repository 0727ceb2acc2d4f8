import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { containerId, executorId, frameworkId, taskId } from "#model/ids.ts";
import { LaunchRefusal } from "./launch-refusal.ts";
import { containerName, sandboxDirectory } from "./layout.ts";

describe("names on disk", () => {
  it("a usual container id is its own name; any other becomes a safe one of its own", () => {
    const usual = "0b5b0e6a-4a3c-4c0f-9f7e-3a5f9f1e2d4c";
    assert.equal(containerName(containerId(usual)), usual);
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii" }), fc.string(), (left, right) => {
        assert.match(containerName(containerId(left)), /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/);
        if (left !== right)
          assert.notEqual(containerName(containerId(left)), containerName(containerId(right)));
      }),
    );
  });

  it("a sandbox is always where its ids say, below all sandboxes, or refused", () => {
    const hostile = fc.oneof(
      fc.string({ unit: "binary-ascii" }),
      fc.constantFrom("..", ".", "", "a/b", "../x", "a\0b"),
    );
    fc.assert(
      fc.property(hostile, hostile, fc.option(hostile), (framework, executor, task) => {
        const ids = [frameworkId(framework), executorId(executor)] as const;
        try {
          const path = sandboxDirectory("/data/sandboxes", ...ids, task === null ? undefined : taskId(task));
          const nested = task === null ? [] : ["tasks", task];
          assert.deepEqual(path.split("/"), ["", "data", "sandboxes", framework, executor, ...nested]);
        } catch (error) {
          assert.ok(error instanceof LaunchRefusal, String(error));
        }
      }),
    );
  });
});
