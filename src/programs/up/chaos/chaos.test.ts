/**
 * Faults end with their cluster, whatever becomes of one of them; and one of several servers is there at all of them or none.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../../test/temporary.ts";
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

test("one cannot be paused, and so none is", async () => {
  const signals: string[] = [];
  const child = (name: string, isGone: boolean): Child =>
    ({
      name,
      signal: (signal: string) => {
        if (isGone && signal === "SIGSTOP") throw new Error("no such process");
        signals.push(`${name} ${signal}`);
      },
    }) as unknown as Child;
  const children = [child("agent-1", false), child("agent-2", true)];
  const chaos = new Chaos({ children, network: undefined, disks: [], say: () => {} });
  const answer = await chaos.answer({ verb: "pause", who: ["agent-1", "agent-2"], forMs: undefined });
  assert.deepEqual(answer, { ok: false, message: "It could not be done: no such process." });
  assert.deepEqual(signals.slice(0, 2), ["agent-1 SIGSTOP", "agent-1 SIGCONT"]);
  assert.deepEqual(await chaos.answer({ verb: "list" }), { ok: true, faults: [] });
});

const isRoot = process.getuid?.() === 0;

test("one disk cannot be filled, and so none is; one that was full before stays so", {
  skip: isRoot ? false : "root is missing",
}, async () => {
  const home = temporaryDirectory("unum-chaos-disks-");
  const mounted = ["a", "b"].map((name) => join(home, name));
  const run = (program: string, ...argv: readonly string[]): void =>
    assert.equal(spawnSync(program, argv).status, 0, `${program} ${argv.join(" ")}`);
  for (const directory of mounted) {
    run("mkdir", directory);
    run("mount", "-t", "tmpfs", "-o", "size=1m", "unum-test", directory);
  }
  try {
    const isFull = (): readonly boolean[] => mounted.map((directory) => statfsSync(directory).bavail === 0);
    const names = ["agent-1", "agent-2", "agent-3"];
    const disks = [...mounted, join(home, "none")].map((directory, index) => ({
      ...{ directory, name: names[index] ?? "", mode: 0o700 },
    }));
    const chaos = new Chaos({ children: [], network: undefined, disks, say: () => {} });
    const fill = (...who: readonly string[]) => chaos.answer({ verb: "fill-disk", who, forMs: undefined });
    assert.ok((await fill("agent-1")).ok);
    const answer = await fill(...names);
    assert.ok(!answer.ok && /could not be done/.test(answer.message), JSON.stringify(answer));
    assert.deepEqual(isFull(), [true, false]);
    assert.ok((await chaos.answer({ verb: "heal", which: [] })).ok);
    assert.deepEqual(isFull(), [false, false]);
  } finally {
    for (const directory of mounted) run("umount", directory);
  }
});
