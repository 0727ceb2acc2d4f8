/**
 * Our settings under the names of Mesos's flags: those that mean the same here, and no others.
 */

import type { HeadroomPolicy } from "#model/disk-headroom.ts";
import { formatDuration } from "./durations.ts";

export type Flags = Readonly<Record<string, string>>;

/** Ours beside Mesos's: what a client of GET_FLAGS sees no other place for. */
type OwnSettings = { readonly version: string; readonly logFile: string | undefined };

const ownFlags = ({ version, logFile }: OwnSettings): Flags => ({
  ...(logFile === undefined ? {} : { external_log_file: logFile }),
  unum_version: version,
});

export type MasterSettings = OwnSettings & {
  readonly clusterName: string;
  readonly hostname: string;
  readonly port: number;
  readonly pingIntervalMs: number;
  readonly agentTimeoutMs: number;
  readonly agentReregisterTimeoutMs: number;
  /** How many agents are marked unreachable within a time; undefined: as they come. */
  readonly removalRate: { readonly agents: number; readonly withinMs: number } | undefined;
  readonly recoveryRemovalShare: number;
  readonly allocationIntervalMs: number;
  readonly offerTimeoutMs: number | undefined;
  readonly minAllocatable: { readonly cpus: number; readonly mem: number };
  readonly completedFrameworksMax: number;
  readonly completedTasksMax: number;
};

export const masterFlags = (settings: MasterSettings): Flags => ({
  agent_ping_timeout: formatDuration(settings.pingIntervalMs),
  ...(settings.removalRate === undefined
    ? {}
    : {
        agent_removal_rate_limit: `${settings.removalRate.agents}/${formatDuration(settings.removalRate.withinMs)}`,
      }),
  agent_reregister_timeout: formatDuration(settings.agentReregisterTimeoutMs),
  allocation_interval: formatDuration(settings.allocationIntervalMs),
  allocator: "hierarchical",
  cluster: settings.clusterName,
  filter_gpu_resources: "true",
  framework_sorter: "drf",
  hostname: settings.hostname,
  http_authenticators: "basic",
  max_agent_ping_timeouts: String(Math.ceil(settings.agentTimeoutMs / settings.pingIntervalMs)),
  max_completed_frameworks: String(settings.completedFrameworksMax),
  max_completed_tasks_per_framework: String(settings.completedTasksMax),
  min_allocatable_resources: `cpus:${settings.minAllocatable.cpus}|mem:${settings.minAllocatable.mem}`,
  ...(settings.offerTimeoutMs === undefined
    ? {}
    : { offer_timeout: formatDuration(settings.offerTimeoutMs) }),
  port: String(settings.port),
  recovery_agent_removal_limit: `${settings.recoveryRemovalShare * 100}%`,
  role_sorter: "drf",
  user_sorter: "drf",
  ...ownFlags(settings),
});

export type AgentSettings = OwnSettings & {
  readonly hostname: string;
  readonly port: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly resources: string;
  readonly isolation: string;
  readonly networks:
    | { readonly configDirectory: string; readonly pluginDirectories: readonly string[] }
    | undefined;
  readonly gc: (HeadroomPolicy & { readonly lookIntervalMs: number }) | undefined;
};

export const agentFlags = (settings: AgentSettings): Flags => ({
  attributes: Object.entries(settings.attributes)
    .map(([name, value]) => `${name}:${value}`)
    .join(";"),
  ...(settings.gc === undefined
    ? {}
    : {
        disk_watch_interval: formatDuration(settings.gc.lookIntervalMs),
        gc_delay: formatDuration(settings.gc.delayMs),
        gc_disk_headroom: String(settings.gc.headroomShare),
      }),
  hostname: settings.hostname,
  isolation: settings.isolation,
  ...(settings.networks === undefined
    ? {}
    : {
        network_cni_config_dir: settings.networks.configDirectory,
        network_cni_plugins_dir: settings.networks.pluginDirectories.join(":"),
      }),
  port: String(settings.port),
  resources: settings.resources,
  ...ownFlags(settings),
});
