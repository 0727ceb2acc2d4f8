/**
 * What the console's doors look into: the cluster's contexts, and the console's desk.
 */

import type { ClusterContext } from "../endpoint.ts";
import { type Failed, guardCluster } from "../guard.ts";
import type { ConsoleDesk } from "./desk/desk.ts";

export type ConsoleContext = ClusterContext & { readonly desk: Pick<ConsoleDesk, keyof ConsoleDesk> };

/** What the desk does later it guards itself. */
export const guardConsole = (context: ConsoleContext, failed: Failed): ConsoleContext => ({
  ...guardCluster(context, failed),
  desk: context.desk,
});
