/**
 * A process that is held down stays down until it is let go, and then starts again, whatever befell it meanwhile.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { Child } from "./child.ts";
import { LogFile } from "./log-file.ts";

test("one that is killed once more while it is held down starts when it is released", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const log = new LogFile(join(temporaryDirectory("unum-child-"), "log"));
  const ended = Promise.withResolvers<number>();
  const child = new Child({
    name: "held",
    program: "sleep",
    argv: ["1000"],
    log,
    onReport: () => {},
    onStarted: () => {},
    onEnded: ({ restartMs }) => ended.resolve(restartMs),
  });
  t.after(() => {
    child.stopRestarting();
    child.kill();
    log.close();
  });
  child.start();
  child.strike(true);
  t.mock.timers.tick((await ended.promise) + 1);
  assert.equal(child.isRunning, false);
  child.strike(false);
  assert.equal(child.isRunning, false);
  child.release();
  assert.equal(child.isRunning, true);
});
