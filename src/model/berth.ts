/**
 * Berths: what one instance of a resident app has reserved on an agent, with its volumes.
 *
 * A berth outlives the instance's tasks: its next task is launched there and nowhere else. Only its owner's wish,
 * or the end of the agent, ends it. It is stored before the reservation is asked for, so that none is forgotten.
 */

import type { FaultDomain } from "#model/agent.ts";
import type { AgentId, AppId, RoleName } from "#model/ids.ts";
import type { Resource } from "#model/resource.ts";
import type { Resources } from "#model/resources.ts";
import { isPersistentVolume } from "#model/volume.ts";

export type Berth = {
  /** That of its instance, `web.instance-<uuid>`: its tasks' ids begin with it. */
  readonly berthId: string;
  readonly appId: AppId;
  readonly role: RoleName;
  readonly agentId: AgentId;
  readonly agentName: string;
  readonly hostname: string;
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  readonly domain?: FaultDomain | undefined;
  /** The host ports of the app's ports, in order. */
  readonly ports: readonly number[];
  /** All that is reserved, with the volumes. */
  readonly resources: Resources;
  /** Tasks launched there so far. */
  readonly launches: number;
  /** Whether it was seen to be there: an accept may have come to nothing. */
  readonly confirmed: boolean;
  readonly madeAtMs: number;
  /** Its owner wants it no more: it is given back as soon as it is offered. */
  readonly releasing?: { readonly sinceMs: number; readonly reason: string } | undefined;
};

export const volumesOf = ({ resources }: Berth): readonly Resource[] =>
  resources.others.filter(isPersistentVolume);
