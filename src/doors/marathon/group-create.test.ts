/** A group that is created by a request for a group, and not for the root. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { DoorDriver } from "../../../test/support/door-driver.ts";

test("POST to a group creates one below it, or itself", () => {
  const door = new DoorDriver();
  const apps = [{ id: "web", cmd: "sleep 1", cpus: 0.1, mem: 16 }];
  const itself = door.json("POST", "/v2/groups/shop", { apps });
  assert.equal(itself.status, 201, JSON.stringify(itself.json));
  door.finishDeployments();
  const below = door.json("POST", "/v2/groups/shop", { id: "back", apps });
  assert.equal(below.status, 201, JSON.stringify(below.json));
  door.finishDeployments();
  assert.equal(door.get("/v2/apps/shop/web").status, 200);
  assert.equal(door.get("/v2/apps/shop/back/web").status, 200);
});
