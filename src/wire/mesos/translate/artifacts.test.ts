import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { executorId, frameworkId } from "#model/ids.ts";
import { artifactsFromMessages } from "./artifacts.ts";
import { executorFromMessage } from "./executor-info.ts";

const context = { frameworkId: frameworkId("F"), user: undefined };

test("an executor's files are fetched as a task's are", () => {
  const executor = executorFromMessage(
    {
      executor_id: { value: "e" },
      framework_id: { value: "F" },
      command: { value: "./run", uris: [{ value: "http://files/run", executable: true }] },
    },
    context,
  );
  assert.ok(executor.ok);
  assert.equal(executor.value.executorId, executorId("e"));
  assert.deepEqual(executor.value.artifacts, [
    { uri: "http://files/run", extract: true, executable: true, cache: false },
  ]);
});

test("as many as there may be, and no more", () => {
  const many = Array.from({ length: limits.artifactsPerTaskMax }, (_, index) => ({
    value: `http://x/${index}`,
  }));
  assert.equal(artifactsFromMessages(many).ok, true);
  const more = artifactsFromMessages([...many, { value: "http://x/one-more" }]);
  assert.match(more.ok ? "" : more.fault, /may have 256 files fetched/);
});

test("none is none, and an empty name is no name", () => {
  const none = artifactsFromMessages([]);
  assert.deepEqual(none.ok && none.value, undefined);
  const named = artifactsFromMessages([{ value: "http://x/y", output_file: "" }]);
  assert.ok(named.ok && named.value?.[0] !== undefined && !("outputFile" in named.value[0]));
});
