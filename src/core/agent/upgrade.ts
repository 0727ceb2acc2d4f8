/**
 * Rows as earlier releases stored them, made into what they are now.
 *
 * Version 1 of a task knew plain resources only. Until executors came, everything was kept under the task's id
 * alone; what changed then is the row's name, which `start` puts right (`recovery.ts`), and the sandbox's shape.
 */

export function upgradeHeldTask(value: unknown, fromVersion: number): unknown {
  if (fromVersion >= 2) return value;
  const held = value as { readonly spec: { readonly resources: object } };
  const { spec } = held;
  return { ...held, spec: { ...spec, resources: { ...spec.resources, others: [] } } };
}

export const upgradeUpdateStream = (value: unknown): unknown => value;

/** Each was of a task that was its own executor. */
export function upgradeSandbox(value: unknown): unknown {
  const { taskId, ...sandbox } = value as { readonly taskId: string };
  return { ...sandbox, executorId: taskId };
}
