/** An app whose tasks are to have a terminal of their own. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { DoorDriver } from "../../../test/support/door-driver.ts";

test("an app with tty asks the agent for a terminal, and is shown so; without it, it asks for none", () => {
  const door = new DoorDriver();
  const app = { cmd: "sleep 1", cpus: 0.1, mem: 16 };
  door.json("POST", "/v2/apps", { id: "/typed", tty: true, ...app });
  door.json("POST", "/v2/apps", { id: "/plain", ...app });
  door.finishDeployments();
  const settings = new Map(
    [...door.apps.tasks.values()].map(({ spec }) => [spec.taskId.split(".")[0], spec.settings]),
  );
  assert.deepEqual(settings.get("typed"), { tty: true });
  assert.equal(settings.get("plain"), undefined);
  assert.equal(door.get("/v2/apps/typed").json.app.tty, true);
});
