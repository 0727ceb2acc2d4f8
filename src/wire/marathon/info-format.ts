/**
 * `/v2/info` and `/v2/leader`: what clients ask before anything else.
 *
 * Only members that Marathon has: some clients break on others.
 */

import type { Json } from "./app-format.ts";

export type MarathonInfo = {
  readonly frameworkId: string | undefined;
  readonly leader: string;
  readonly master: string;
  readonly hostname: string;
  readonly httpPort: number;
  readonly user: string | undefined;
  /** Of apps that say none. */
  readonly role: string;
  readonly failoverTimeoutMs: number;
  readonly taskLaunchTimeoutMs: number;
  readonly reconcileIntervalMs: number;
  readonly servicePorts: { readonly first: number; readonly last: number };
};

/** The release whose API this is; clients choose their ways by it. */
const marathonVersion = "1.11.24";

export const formatInfo = (info: MarathonInfo): Json => ({
  name: "marathon",
  version: marathonVersion,
  buildref: "unum",
  elected: true,
  leader: info.leader,
  frameworkId: info.frameworkId ?? null,
  marathon_config: {
    master: info.master,
    hostname: info.hostname,
    framework_name: "marathon",
    checkpoint: true,
    executor: "//cmd",
    failover_timeout: Math.round(info.failoverTimeoutMs / 1000),
    ha: false,
    features: ["gpu_resources", "secrets", "task_killing"],
    local_port_min: info.servicePorts.first,
    local_port_max: info.servicePorts.last,
    mesos_role: info.role,
    mesos_user: info.user ?? null,
    reconciliation_interval: info.reconcileIntervalMs,
    task_launch_timeout: info.taskLaunchTimeoutMs,
    webui_url: null,
  },
  http_config: { http_port: info.httpPort, https_port: null },
  event_subscriber: null,
  zookeeper_config: { zk: null },
});
