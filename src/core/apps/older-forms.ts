/**
 * What earlier releases stored otherwise, or not at all, made up for at the start.
 *
 * Those without pods and groups kept in a deployment what its apps were before, and no groups for the paths. What
 * can be read anew row by row is upgraded as it is loaded (`records.ts`), and is no affair of this file.
 */

import { limits } from "#base/limits.ts";
import type { App } from "#model/app.ts";
import type { Deployment } from "#model/deployment.ts";
import { ancestorsOf, type Group, noSettings } from "#model/group.ts";
import type { AppId, GroupId } from "#model/ids.ts";
import type { Draft } from "./draft.ts";
import { beforeRowId } from "./records.ts";

type FormerDeployment = Deployment & {
  readonly before?: readonly { readonly appId: AppId; readonly app: App | null }[];
};

/** Puts what an earlier release did not: once it is stored there is nothing left to do. */
export function makeUpFor(draft: Draft): void {
  for (const [id, deployment] of draft.state.deployments) {
    const { before, ...rest }: FormerDeployment = deployment;
    if (before === undefined) continue;
    draft.put({ kind: "deployment", id, value: rest });
    for (const { appId, app } of before)
      draft.put({ kind: "deployment-before", id: beforeRowId(id, appId), value: { service: app } });
  }
  for (const id of [...draft.state.apps.keys(), ...draft.state.pods.keys()])
    for (const group of ancestorsOf(id)) makeGroup(draft, group);
}

function makeGroup(draft: Draft, id: GroupId): void {
  if (draft.group(id) !== undefined || draft.service(id as string as AppId) !== undefined) return;
  // A store takes only so much at once; what is left is for the next start, or for the next change there.
  if (draft.size >= limits.rowsPerChangeMax) return;
  const version = draft.state.latestVersion;
  const group: Group = {
    id,
    ...noSettings,
    version,
    versions: [version],
    history: [{ ...noSettings, since: version }],
  };
  draft.put({ kind: "group", id, value: group });
}
