/**
 * The master's settings, as far as others may see them.
 */

import { limits } from "#base/limits.ts";
import { lossLimitsUsual } from "#core/master/agent-losses.ts";
import type { MasterConfig } from "#core/master/types.ts";
import { type Flags, masterFlags } from "#wire/mesos/flags.ts";
import type { ClusterInfo } from "../endpoint.ts";

export const viewFlags = (config: MasterConfig, info: ClusterInfo): Flags => {
  const loss = config.agentLoss ?? lossLimitsUsual;
  return masterFlags({
    ...config,
    clusterName: info.clusterName,
    hostname: info.hostname,
    port: info.masterPort,
    version: info.version,
    logFile: info.logFile,
    removalRate: loss.rate,
    recoveryRemovalShare: loss.recoveryShare,
    completedFrameworksMax: limits.completedFrameworksMax,
    completedTasksMax: limits.completedTasksMax,
  });
};
