/**
 * An app with what a reader asked to see beside it (`embed`): tasks, counts, deployments, the last failure.
 */

import { formatAppVersion, type Json } from "#wire/marathon/app-format.ts";
import { formatCheckResult, formatReadinessResult } from "#wire/marathon/readiness-format.ts";
import { countTasks, formatTask, formatTaskFailure } from "#wire/marathon/task-format.ts";
import { formatTaskStats } from "#wire/marathon/task-stats.ts";
import type { AppView, InstanceView } from "../views/apps-view.ts";

export type Embed = {
  readonly tasks: boolean;
  readonly lastTaskFailure: boolean;
  readonly taskStats: boolean;
  readonly readiness: boolean;
};

export const embedNothing: Embed = {
  tasks: false,
  lastTaskFailure: false,
  taskStats: false,
  readiness: false,
};
/** What one app alone is always shown with. */
export const embedUsual: Embed = { tasks: true, lastTaskFailure: true, taskStats: false, readiness: false };

/** `app.tasks` and `apps.tasks` are the same; unknown names are ignored. Counts and deployments always come. */
export function readEmbed(names: readonly string[], least: Embed): Embed {
  const has = (name: string): boolean => names.some((given) => given.replace(/^apps?\./, "") === name);
  return {
    tasks: least.tasks || has("tasks") || has("failures"),
    lastTaskFailure: least.lastTaskFailure || has("lastTaskFailure") || has("failures"),
    taskStats: least.taskStats || has("taskStats"),
    readiness: least.readiness || has("readiness"),
  };
}

export const formatTaskView = ({ instance, definition, checks, known, berth }: InstanceView): Json => ({
  ...formatTask(instance, definition, checks, berth),
  ...(known?.check === undefined || definition?.check === undefined
    ? {}
    : { checkResult: formatCheckResult(known.check) }),
});

/** One for each instance that was asked, in this deployment or since. */
export const formatReadiness = (instances: readonly InstanceView[]): readonly Json[] =>
  instances.flatMap(({ instance, definition, known }) => {
    const name = definition?.readinessChecks?.[0]?.name;
    return name === undefined || known?.readiness === undefined
      ? []
      : [formatReadinessResult(name, instance, known.readiness)];
  });

export function formatAppView(view: AppView, embed: Embed, nowMs: number): Json {
  const { app, instances, failure } = view;
  return {
    ...formatAppVersion(app),
    ...countTasks(instances),
    deployments: view.deploymentIds.map((id) => ({ id })),
    ...(embed.tasks ? { tasks: instances.map(formatTaskView) } : {}),
    ...(embed.lastTaskFailure && failure !== undefined
      ? { lastTaskFailure: formatTaskFailure(failure) }
      : {}),
    ...(embed.readiness
      ? { readinessCheckResults: view.deploymentIds.length === 0 ? [] : formatReadiness(instances) }
      : {}),
    ...(embed.taskStats ? { taskStats: formatTaskStats(app, instances, nowMs) } : {}),
  };
}
