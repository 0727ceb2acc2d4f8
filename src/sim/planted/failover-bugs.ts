/**
 * Defects that only several masters, their shared store, paused processes or an operator's orders bring to light. They are
 * text, and never product code.
 */

import type { PlantedBug } from "./bugs.ts";

export const failoverBugs: readonly PlantedBug[] = [
  {
    name: "a deposed leader's writes take effect",
    file: "sim/shared-store.ts",
    find: "const isFenced = now !== version;",
    replace: "const isFenced = false;",
    seed: 2,
  },
  {
    name: "a write that was said again is carried out late",
    file: "sim/shared-store.ts",
    find: "const isFenced = now !== version;",
    replace: "const isFenced = now === undefined;",
    seed: 31,
  },
  {
    name: "a batch that an earlier leader staged is forgotten halfway",
    file: "sim/replicated-store.ts",
    find: "if (staged.parts.size === 0) return opened();",
    replace: "return opened();",
    seed: 18,
  },
  {
    name: "a batch that was never made valid is carried out",
    file: "sim/replicated-store.ts",
    find: "staged.count === undefined ? [] : writes",
    replace: "writes",
    seed: 31,
  },
  {
    name: "who may have been deposed still decides and tells",
    file: "loop/loop.ts",
    find: "if (store.whenCertain === undefined) unlessStopped();",
    replace: "if (store !== undefined) unlessStopped();",
    seed: 7,
  },
  {
    name: "quotas are forgotten in a crash",
    file: "core/master/records.ts",
    find: "  quota: durable,",
    replace: "  quota: memory,",
    seed: 3,
  },
  {
    name: "weights are forgotten in a crash",
    file: "core/master/records.ts",
    find: "  weight: durable,",
    replace: "  weight: memory,",
    seed: 5,
  },
  {
    name: "an agent of another release is refused",
    file: "core/master/agents.ts",
    find: "    return showIncompatible(draft, session, { version, key, name, hostname, release });",
    replace:
      '    draft.send(session, { type: "refused", reason: version + key + name + hostname + release });\n    return;',
    seed: 1,
  },
  {
    name: "a deployment that is taken back removes its apps",
    file: "core/apps/deployment-commands.ts",
    find: "after: definition && nextService(before, definition, version)",
    replace: "after: undefined",
    seed: 1,
  },
  {
    name: "whoever asks for a task that its agent does not know is not told",
    file: "core/master/reconcile.ts",
    find: 'return { state: "gone", message: "Task is unknown to its agent" };',
    replace: "return undefined;",
    seed: 2,
  },
  {
    name: "a master that has handed over stays for ever, and never leads again",
    file: "sim/process.ts",
    find: "if (life?.alive === true) this.crash(why, restartAfterMs);",
    replace: "if (life?.alive !== true) this.crash(why, restartAfterMs);",
    seed: 18,
  },
  {
    name: "any number of agents is marked unreachable at a time",
    file: "core/master/agent-losses.ts",
    find: "rate === undefined ? perTick : rate.agents - recent.length",
    replace: "recent.length < 0 ? 0 : perTick",
    seed: 12,
  },
  {
    name: "agents are marked unreachable, however many are missing",
    file: "core/master/agent-losses.ts",
    find: "const isHeld = hold !== undefined && !released.has(agentId);",
    replace: "const isHeld = hold !== undefined && released.has(agentId);",
    seed: 9,
  },
  {
    name: "a master that slept gives up whoever it did not ask",
    file: "core/master/agent-loss.ts",
    find: "  return wasPinged;",
    replace: "  return wasPinged || agentId.length > 0;",
    seed: 5,
  },
  {
    name: "a leader trusts its lease by a clock that anybody may set",
    file: "sim/replicated-store.ts",
    find: "const steadyMs = (): number => world.nowMs;",
    replace: "const steadyMs = (): number => world.nowMs + life.skewMs;",
    seed: 886,
  },
  {
    name: "a lease counts from its answer, however late that is heard",
    file: "sim/replicated-store.ts",
    find: "heldAtMs = renewedAtMs;",
    replace: "heldAtMs = Math.max(renewedAtMs, steadyMs());",
    seed: 75,
  },
];
