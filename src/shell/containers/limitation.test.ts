import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { containerId, executorId, frameworkId } from "#model/ids.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import type { HeldContainer } from "./backend.ts";
import { diskLimitation, readLimitation, writeLimitation } from "./limitation.ts";

const directory = temporaryDirectory("unum-limitation-");
const container: HeldContainer = {
  containerId: containerId("c"),
  frameworkId: frameworkId("f"),
  executorId: executorId("t"),
  nestedTaskId: undefined,
  name: "c",
  directory,
  sandbox: "/s",
  sharedSandbox: undefined,
  diskBytesMax: 10 * 1024 * 1024,
  bootId: "b",
  kind: "oci",
};

test("what a container was killed for is there for the next agent too; nothing is nothing", async () => {
  assert.equal(await readLimitation(container), undefined);
  const limitation = diskLimitation(12.34 * 1024 * 1024, 10 * 1024 * 1024);
  assert.deepEqual(limitation, {
    reason: "container-limitation-disk",
    message: "Disk usage (12.3MB) exceeds quota (10MB)",
    exceeded: { name: "disk", amount: 10_000 },
  });
  await writeLimitation(container, limitation);
  assert.deepEqual(await readLimitation(container), limitation);
  for (const text of ["", "null", '{"reason":"x"}', "{"]) {
    writeFileSync(join(directory, "limitation.json"), text);
    assert.equal(await readLimitation(container), undefined, text);
  }
});

test("one that is gone by now is not missed", async () => {
  await writeLimitation(
    { ...container, directory: join(directory, "gone") },
    { reason: "container-limitation-disk", message: "" },
  );
});
