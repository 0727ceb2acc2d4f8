import assert from "node:assert/strict";
import { test } from "node:test";
import { parseApp } from "../marathon/app-parse.ts";

test("members that nobody knows are named, however deep; labels and what answers hold are known", () => {
  const outcome = parseApp({
    id: "/web",
    cmd: "serve",
    maintainer: "a@example.com",
    versionInfo: { lastScalingAt: "x" },
    tasksRunning: 3,
    labels: { anything: "goes" },
    env: { ANY: "thing" },
    healthChecks: [{ protocol: "TCP" }, { protocol: "TCP", delay: 3 }],
    portDefinitions: [{ port: 0, colour: "red" }],
    upgradeStrategy: { minimum: 1 },
    __proto__: { hidden: 1 },
    constructor: 1,
  });
  assert.ok(outcome.ok);
  assert.deepEqual(outcome.warnings, [
    "unknown fields were ignored: maintainer, healthChecks(1).delay, portDefinitions(0).colour, " +
      "upgradeStrategy.minimum, constructor",
  ]);
});

test("so many are named and no more", () => {
  const odd = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`odd${index}`, 1]));
  const outcome = parseApp({ id: "/web", cmd: "serve", ...odd });
  assert.ok(outcome.ok);
  assert.equal(outcome.warnings.join().split(",").length, 20);
});
