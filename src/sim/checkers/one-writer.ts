/**
 * At most one leader's writes take effect: once another leads, nothing of an earlier one is carried out by the store that
 * they share; and none of them begins with a batch that is there in part.
 */

import type { SharedStore } from "../shared-store.ts";
import type { Checker, Report } from "./checker.ts";

export function createOneWriterChecker(shared: SharedStore | undefined, report: Report): Checker {
  if (shared === undefined) return {};
  let leads: { readonly name: string; readonly epoch: number } | undefined;
  shared.onLeader = (name, epoch) => {
    leads = { name, epoch };
  };
  shared.onWrite = (epoch, { isInvalid }) => {
    if (isInvalid) report("rows are written while parts of a batch lie there that was never made valid");
    if (leads?.epoch !== epoch)
      report(`leader ${epoch} writes, and ${leads?.name} leads since ${leads?.epoch}`);
  };
  shared.onRead = ({ isHalfway }) => {
    if (isHalfway) report("a leader reads rows of which a batch that is valid may be there in part");
  };
  return {};
}
