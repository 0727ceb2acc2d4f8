/** Events that are rarely heard: those of connections, of what nobody asked for, of readers that leave. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { taskId } from "#model/ids.ts";
import { DoorDriver } from "../../../test/support/door-driver.ts";
import { publishAppsEvent } from "./events.ts";

test("events that are rarely heard have Marathon's names", () => {
  const door = new DoorDriver({ agents: 0 });
  const texts: string[] = [];
  const follow = (sink: string[]): (() => void) => {
    const answer = door.call("GET", "/v2/events");
    assert.ok(answer.kind === "stream");
    return answer.open({ write: (text) => sink.push(String(text)), end: () => {} });
  };
  follow(texts);
  follow([])();
  const { headers } = door.json("POST", "/v2/apps", { id: "/web", cmd: "sleep 1" });
  const id = headers["Marathon-Deployment-Id"];
  assert.equal(door.json("DELETE", `/v2/deployments/${id}?force=true`).status, 202);
  const identity = { frameworkId: "F1", master: "10.0.0.1:5050" };
  const timestampMs = door.apps.nowMs;
  const lost = taskId("shop_web.instance-8038eae1-bef2-4a27-8991-1fec1661275c._app.1");
  publishAppsEvent(door.feed, { type: "connected", reconnected: false, timestampMs }, identity);
  publishAppsEvent(door.feed, { type: "disconnected", timestampMs }, identity);
  publishAppsEvent(door.feed, { type: "connected", reconnected: true, timestampMs }, identity);
  publishAppsEvent(
    door.feed,
    { type: "unknown-ended", taskId: lost, state: "failed", timestampMs },
    identity,
  );
  const heard = new Map(
    texts.map((text) => {
      const data = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? "null");
      return [data.eventType as string, data];
    }),
  );
  assert.ok(heard.has("event_stream_detached"), [...heard.keys()].join());
  assert.equal(heard.get("deployment_failed").id, id);
  assert.equal(heard.get("scheduler_registered_event").frameworkId, "F1");
  assert.equal(heard.get("scheduler_reregistered_event").master, "10.0.0.1:5050");
  assert.ok(heard.has("scheduler_disconnected_event"));
  const unknown = heard.get("unknown_instance_terminated_event");
  assert.equal(unknown.runSpecId, "/shop/web");
  assert.equal(unknown.instanceId, "shop_web.instance-8038eae1-bef2-4a27-8991-1fec1661275c");
});
