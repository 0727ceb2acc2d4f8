/**
 * A master and an agent of different versions of their link: neither harms what the other has.
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { agentLinkVersion } from "#model/protocol/agent-link.ts";
import { OwnPrograms, Wire } from "./support/own-programs.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const programs = new OwnPrograms(temporaryDirectory("unum-versions-"));
const wires: Wire[] = [];
after(async () => {
  await programs.end();
  for (const wire of wires) wire.close();
});

/** A version of as many digits, so that frames keep their length. */
const inAnotherVersion = (bytes: Buffer): Buffer =>
  Buffer.from(
    bytes
      .toString("latin1")
      .replace(`"type":"register","version":${agentLinkVersion}`, '"type":"register","version":9'),
    "latin1",
  );

test("an agent of another version keeps its tasks, is shown as incompatible, and is welcome when it is ours again", async () => {
  await programs.startMaster();
  const wire = new Wire(programs.masterPort);
  wires.push(wire);
  const agent = await programs.describeAgent("agent-1", [], await wire.listen());
  const program = await programs.startAgent(agent);
  await programs.untilNode("agent-1", "active");
  const before = await programs.node("agent-1");
  const task = await programs.run("web", "echo $$; exec sleep 1000");

  wire.change = inAnotherVersion;
  wire.cut();
  await programs.untilNode("agent-1", "incompatible");
  await until("the agent to say so", () => program.output().includes("do not understand each other"));
  assert.match(program.output(), /The agent speaks version 9 of the link/);

  wire.change = (bytes) => bytes;
  wire.cut();
  await programs.untilNode("agent-1", "active");
  assert.equal((await programs.node("agent-1"))?.id, before?.id);
  await until("the master to know of it", async () => (await programs.taskState("web")) === "TASK_RUNNING");
  // Its process is the first one still.
  assert.equal((await programs.read(task)).trim().split("\n").length, 1);
});
