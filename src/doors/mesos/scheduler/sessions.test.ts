import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionId } from "#model/ids.ts";
import { SchedulerSessions } from "./sessions.ts";

test("an event that cannot be written costs the session that should have heard it, and nothing else", () => {
  const failures: unknown[] = [];
  const master = { hostname: "m", address: "127.0.0.1", port: 5050, domain: undefined };
  const sessions = new SchedulerSessions(master, (error) => failures.push(error));
  const ended: string[] = [];
  const written: string[] = [];
  for (const name of ["broken", "whole"])
    sessions.open(sessionId(name), {
      encoding: "json",
      sink: {
        write: () => {
          if (name === "broken") throw new Error("no such field");
          written.push(name);
        },
        end: () => ended.push(name),
      },
      info: { capabilities: [] } as never,
      frameworkId: undefined,
    });
  sessions.hear(sessionId("broken"), { type: "heartbeat" });
  sessions.hear(sessionId("whole"), { type: "heartbeat" });
  assert.deepEqual([ended, written, failures.map(String)], [["broken"], ["whole"], ["Error: no such field"]]);
});
