import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { containerId, executorId, frameworkId, taskId } from "#model/ids.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { readHeld, rewriteHeld, writeHeld } from "./held-containers.ts";

const containers = temporaryDirectory("unum-held-");

test("a container is read as it was written, wherever its directory is by now", async () => {
  const held = {
    containerId: containerId("c-1"),
    frameworkId: frameworkId("f"),
    executorId: executorId("pod"),
    nestedTaskId: taskId("web"),
    name: "c-1",
    directory: join(containers, "c-1"),
    sandbox: "/data/sandboxes/f/pod/tasks/web",
    sharedSandbox: "/data/sandboxes/f/pod",
    diskBytesMax: 1_000,
    bootId: "boot",
    kind: "oci",
  } as const;
  writeHeld(held);
  assert.deepEqual(await readHeld(containers, "c-1"), held);
  await rewriteHeld({ ...held, diskBytesMax: 2_000 });
  assert.deepEqual(await readHeld(containers, "c-1"), { ...held, diskBytesMax: 2_000 });
});

test("one from before there were executors is its own", async () => {
  const older = { containerId: "c-2", taskId: "web.1", frameworkId: "f", sandbox: "/data/s", kind: "oci" };
  mkdirSync(join(containers, "c-2"));
  writeFileSync(join(containers, "c-2", "container.json"), JSON.stringify(older));
  const held = await readHeld(containers, "c-2");
  assert.equal(held?.executorId, "web.1");
  assert.equal(held?.sharedSandbox, undefined);
  assert.equal(held?.sandbox, "/data/s");
});

test("what is no container is none", async () => {
  for (const [name, text] of [
    ["half", '{"containerId":"c"'],
    ["null", "null"],
    ["empty", ""],
  ] as const) {
    mkdirSync(join(containers, name));
    writeFileSync(join(containers, name, "container.json"), text);
    assert.equal(await readHeld(containers, name), undefined);
  }
  assert.equal(await readHeld(containers, "absent"), undefined);
});
