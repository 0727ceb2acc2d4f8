/**
 * Defects that the simulator must find, each with a seed that finds it. They are text, and never product code.
 */

import { failoverBugs } from "./failover-bugs.ts";
import { placementBugs } from "./placement-bugs.ts";

export type PlantedBug = {
  readonly name: string;
  /** Below `src/`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly seed: number;
};

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "effects leave before they are durable",
    file: "loop/outbox.ts",
    find: "durable: rows.length === 0,",
    replace: "durable: true,",
    seed: 1,
  },
  {
    name: "an answered command is lost in a crash",
    file: "core/apps/records.ts",
    find: "  app: durable,",
    replace: "  app: memory,",
    seed: 8,
  },
  {
    name: "an instance is not stored before its task is launched",
    file: "core/apps/records.ts",
    find: "  instance: durable,",
    replace: "  instance: behind,",
    seed: 1,
  },
  {
    name: "the agent forgets unacknowledged updates in a crash",
    file: "core/agent/records.ts",
    find: '"update-stream": { durability: "durable",',
    replace: '"update-stream": { durability: "memory",',
    seed: 1,
  },
  {
    name: "the agent forgets its tasks in a crash",
    file: "core/agent/records.ts",
    find: '"held-task": { durability: "durable",',
    replace: '"held-task": { durability: "behind",',
    seed: 1,
  },
  {
    name: "a launch is repeated when its agent restarts",
    file: "core/agent/recovery.ts",
    find: "if (running.has(held.containerId)) resume(draft, located(held, networks));",
    replace:
      'if (running.has(held.containerId)) resume(draft, located(held, networks));\n    else if (held.phase === "launching") draft.container({ type: "launch", spec: { ...held.spec, frameworkId: held.frameworkId, containerId: held.containerId } as never });',
    seed: 5,
  },
  {
    name: "an offer is used twice",
    file: "core/master/accept.ts",
    find: "if (offer?.frameworkId === frameworkId) draft.delete",
    replace: "if (offer?.frameworkId === frameworkId && specs.length !== 2) draft.delete",
    seed: 1,
  },
  {
    name: "a task may use more than its offers hold",
    file: "core/master/launch.ts",
    find: "desk.pool = subtractResources(desk.pool, consumed);",
    replace: "",
    seed: 8,
  },
  {
    name: "the resources of a task that runs are free",
    file: "core/master/apply.ts",
    find: "if (held && holds) return;",
    replace:
      'if (held && holds && after.state === before.state) return;\n  if (held && after?.state === "running") return release(state.allocator, "task " + key, true);',
    seed: 1,
  },
  {
    name: "a kill is not repeated",
    file: "core/master/kill.ts",
    find: "if (request === undefined) return;",
    replace:
      'if (request === undefined || draft.get("sent-run", taskKey(task.frameworkId, task.spec.taskId)) === undefined) return;',
    seed: 11,
  },
  {
    name: "tasks of a lost agent stay live",
    file: "core/master/agent-loss.ts",
    find: '    if (!hasEnded(task))\n      announce(draft, task, {\n        state: "unreachable",',
    replace: '    if (hasEnded(task))\n      announce(draft, task, {\n        state: "unreachable",',
    seed: 3,
  },
  {
    name: "the master hears what is older than what it has seen",
    file: "core/master/agents.ts",
    find: "row === undefined || number <= row.seen",
    replace: "row === undefined",
    seed: 138,
  },
  {
    name: "a task that nobody wants is left alone",
    file: "core/master/agent-tasks.ts",
    find: "if (isStranger) requestKill(draft, task, undefined);",
    replace: "",
    seed: 29,
  },
  {
    name: "a terminal update is acknowledged before the history holds it",
    file: "core/master/updates.ts",
    find: "  if (isTerminal(status.state)) completeTask(draft, acknowledged);\n  else putTask(draft, acknowledged);\n  acknowledgeToAgent",
    replace: "  putTask(draft, acknowledged);\n  acknowledgeToAgent",
    seed: 1,
  },
  {
    name: "a deployment waits for an agent that is dead",
    file: "core/apps/plan.ts",
    find: ".filter((instance) => !isInactive(instance, definitionOf(draft.state, instance), draft.nowMs))",
    replace: ".filter(() => true)",
    seed: 46,
  },
  {
    name: "the app service leaves strangers running",
    file: "core/apps/statuses.ts",
    find: '    if (!isOver(state) && state !== "unreachable") {',
    replace: '    if (isOver(state) && state === "unreachable") {',
    seed: 5,
  },
  {
    name: "a restarted agent ends what runs",
    file: "core/agent/recovery.ts",
    find: "known: alive.map(({ containerId }) => containerId)",
    replace: "known: alive.slice(1).map(({ containerId }) => containerId)",
    seed: 3,
  },
  {
    name: "what a registering agent runs is not booked",
    file: "core/master/agents.ts",
    find: "settleRegistered(draft, session, agentId, message.tasks);",
    replace: "settleRegistered(draft, session, agentId, message.tasks.slice(1));",
    seed: 1,
  },
  {
    name: "the agent's identity is lost in a crash",
    file: "core/agent/records.ts",
    find: 'identity: { durability: "durable", version: 1 }',
    replace: 'identity: { durability: "memory", version: 1 }',
    seed: 6,
  },
  {
    name: "an agent is registered before that is durable",
    file: "core/master/records.ts",
    find: 'agent: { durability: "durable",',
    replace: 'agent: { durability: "memory",',
    seed: 1,
  },
  {
    name: "an agent forgets what is reserved there in a crash",
    file: "core/agent/records.ts",
    find: 'checkpoint: { durability: "durable", version: 1 }',
    replace: 'checkpoint: { durability: "memory", version: 1 }',
    seed: 9,
  },
  {
    name: "what is reserved is offered to anyone",
    file: "core/allocator/grant.ts",
    find: "isAllocatableTo(resource, client.role) && missingFor(client",
    replace: "missingFor(client",
    seed: 1,
  },
  {
    name: "a limit of a quota is no limit",
    file: "core/allocator/quota-book.ts",
    find: "Math.min(there, room, spare)",
    replace: "Math.min(there, spare)",
    seed: 3,
  },
  {
    name: "a reservation is made of nothing",
    file: "model/conversion.ts",
    find: "return addResources(subtractResources(pool, consumed), converted);",
    replace: "return addResources(pool, converted);",
    seed: 1,
  },
  {
    name: "the master believes an agent that missed a reservation",
    file: "core/master/agents.ts",
    find: "const checkpoint = isOurs ? known.checkpoint : message.checkpoint;",
    replace: "const checkpoint = message.checkpoint;",
    seed: 12,
  },
  {
    name: "a registering agent does not tell what was last said",
    file: "core/agent/link.ts",
    find: "  latest,\n});",
    replace: "  latest: undefined,\n});",
    seed: 38,
  },
  {
    name: "the agent forgets its executors in a crash",
    file: "core/agent/records.ts",
    find: '"held-executor": { durability: "durable",',
    replace: '"held-executor": { durability: "memory",',
    seed: 1,
  },
  {
    name: "the resources of an executor are free",
    file: "core/master/apply.ts",
    find: "if (after === undefined) return;\n  const { agentId: onAgent",
    replace: "if (after !== undefined) return;\n  const { agentId: onAgent",
    seed: 1,
  },
  {
    name: "an executor outlives its framework",
    file: "core/master/executors.ts",
    find: "else if (!isWanted(draft, executor.frameworkId)) requestShutdown(draft, executor);",
    replace: "",
    seed: 29,
  },
  {
    name: "an executor is told that an update is kept, and it is not",
    file: "core/agent/executor-updates.ts",
    find: "if (isTerminal(update.state)) closeTask",
    replace: 'if (isTerminal(update.state) && update.state !== "killed") closeTask',
    seed: 12,
  },
  {
    name: "an upgrade goes below the minimum",
    file: "core/apps/upgrade.ts",
    find: "if (ready - (member.ready ? 1 : 0) < min) return;",
    replace: "if (ready - (member.ready ? 1 : 0) < min - 1) return;",
    seed: 1,
  },
  {
    name: "an upgrade goes above the maximum",
    file: "core/apps/upgrade.ts",
    find: "max + 1 : max) - members.length;",
    replace: "max + 1 : max) - present.length + 1;",
    seed: 1,
  },
  {
    name: "a layer does not wait for the one before",
    file: "core/apps/plan.ts",
    find: 'return hand.stepIndex <= deployment.currentStep ? hand.action : "wait";',
    replace: "return hand.action;",
    seed: 4,
  },
  {
    name: "an older deployment never hears that the newer one is done",
    file: "core/apps/tick.ts",
    find: "for (const waiting of state.awaitedBy.get(id) ?? []) {",
    replace: "for (const waiting of [] as DeploymentId[]) {",
    seed: 118,
  },
  {
    name: "what a group no longer mentions goes on",
    file: "core/apps/group-commands.ts",
    find: "if (!walk.targets.has(id)) services.push(remove(draft, id));",
    replace: "if (walk.targets.has(id)) services.push(remove(draft, id));",
    seed: 4,
  },
  {
    name: "a superseded deployment still holds the app after a restart",
    file: "core/apps/apply.ts",
    find: "if (takenOver) addTo(state.awaitedBy, owner, id);\n    else state",
    replace: "if (takenOver) addTo(state.awaitedBy, owner, id);\n    state",
    seed: 50,
  },
  {
    name: "a group goes back without what was removed",
    file: "core/apps/group-commands.ts",
    find: "if (isIn(one, id)) ids.add(one);",
    replace: "if (!isIn(one, id)) ids.add(one);",
    seed: 6,
  },
  {
    name: "only the first container of a pod is known to be one of its own",
    file: "core/apps/apply.ts",
    find: "for (const further of furtherTasks(instance)) state.taskOwners.set(further, task);",
    replace: "",
    seed: 2,
  },
  {
    name: "what is heard of a pod's containers is kept of the first one only",
    file: "core/apps/container-statuses.ts",
    find: "(container === before ? after : container)",
    replace: "(container === before && instance.taskId === before.taskId ? after : container)",
    seed: 2,
  },
  {
    name: "an upgrade does not wait until what is new is ready",
    file: "core/apps/plan.ts",
    find: "const ready = !current || isReady(instance, definition);",
    replace: "const ready = true;",
    seed: 4,
  },
  ...placementBugs,
  ...failoverBugs,
];
