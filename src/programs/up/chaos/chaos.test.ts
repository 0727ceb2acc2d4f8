/**
 * Faults end with their cluster, whatever becomes of one of them.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Child } from "../child.ts";
import { Chaos } from "./chaos.ts";

test("a fault that cannot be ended keeps neither the others nor the cluster from it", async () => {
  const signals: string[] = [];
  const child = (name: string, stops: boolean): Child =>
    ({
      name,
      signal: (signal: string) => {
        if (signal === "SIGCONT" && stops) throw new Error("no such process");
        signals.push(`${name} ${signal}`);
      },
    }) as unknown as Child;
  const said: string[] = [];
  const chaos = new Chaos({
    children: [child("master", true), child("agent-1", false)],
    network: undefined,
    disks: [],
    say: (text) => said.push(text),
  });
  for (const name of ["master", "agent-1"])
    assert.ok((await chaos.answer({ verb: "pause", who: [name], forMs: undefined })).ok);
  await chaos.end();
  assert.deepEqual(signals, ["master SIGSTOP", "agent-1 SIGSTOP", "agent-1 SIGCONT"]);
  assert.ok(said.includes("Chaos: fault-1 could not be ended: no such process."), said.join("\n"));
});
