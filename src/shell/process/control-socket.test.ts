import assert from "node:assert/strict";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { askControl, listenForControl } from "./control-socket.ts";

test("a line is answered with a line, in a directory however deep, by its owner alone", async () => {
  const directory = join(
    temporaryDirectory("unum-control-"),
    ..."x"
      .repeat(20)
      .split("")
      .map((each) => each.repeat(20)),
  );
  mkdirSync(directory, { recursive: true });
  const heard: string[] = [];
  const control = await listenForControl(directory, 100, async (line) => {
    heard.push(line);
    return `heard ${line.length}`;
  });
  try {
    assert.equal(statSync(join(directory, "control.sock")).mode & 0o777, 0o600);
    assert.equal(await askControl(directory, "täglich", 100), "heard 7");
    await assert.rejects(askControl(directory, "x".repeat(500), 100), /closed|EPIPE|ECONNRESET/);
    assert.deepEqual(heard, ["täglich"]);
  } finally {
    await control.close();
  }
  await assert.rejects(askControl(directory, "again", 100), /ENOENT|ECONNREFUSED/);
});
