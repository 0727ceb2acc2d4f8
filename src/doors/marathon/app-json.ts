/**
 * An app with what a reader asked to see beside it (`embed`): tasks, counts, deployments, the last failure.
 */

import { formatAppVersion, type Json } from "#wire/marathon/app-format.ts";
import { countTasks, formatTask, formatTaskFailure } from "#wire/marathon/task-format.ts";
import { formatTaskStats } from "#wire/marathon/task-stats.ts";
import type { AppView, InstanceView } from "../views/apps-view.ts";

export type Embed = {
  readonly tasks: boolean;
  readonly lastTaskFailure: boolean;
  readonly taskStats: boolean;
};

export const embedNothing: Embed = { tasks: false, lastTaskFailure: false, taskStats: false };
/** What one app alone is always shown with. */
export const embedUsual: Embed = { tasks: true, lastTaskFailure: true, taskStats: false };

/** `app.tasks` and `apps.tasks` are the same; unknown names are ignored. Counts and deployments always come. */
export function readEmbed(names: readonly string[], least: Embed): Embed {
  const has = (name: string): boolean => names.some((given) => given.replace(/^apps?\./, "") === name);
  return {
    tasks: least.tasks || has("tasks") || has("failures"),
    lastTaskFailure: least.lastTaskFailure || has("lastTaskFailure") || has("failures"),
    taskStats: least.taskStats || has("taskStats"),
  };
}

export const formatTaskView = ({ instance, definition, checks }: InstanceView): Json =>
  formatTask(instance, definition, checks);

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
    ...(embed.taskStats ? { taskStats: formatTaskStats(app, instances, nowMs) } : {}),
  };
}
