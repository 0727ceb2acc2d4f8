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
    seed: 18,
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
    seed: 18,
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
    seed: 3,
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
    find: "after: was === null ? undefined : nextService(before, was.definition, version)",
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
];
