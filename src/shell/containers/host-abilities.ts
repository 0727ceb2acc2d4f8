/**
 * What a host can do for containers, found once and handed on as plain data.
 */

export const cgroupModes = ["v1", "v2", "hybrid"] as const;
export type CgroupMode = (typeof cgroupModes)[number];

export const cgroupControllers = [
  "blkio",
  "cpu",
  "cpuacct",
  "cpuset",
  "devices",
  "io",
  "memory",
  "pids",
] as const;
export type CgroupController = (typeof cgroupControllers)[number];

export type CgroupHost = {
  readonly mode: CgroupMode;
  /** Every mounted hierarchy; one for v2. */
  readonly mounts: readonly string[];
  /** Where each controller's files are; on v2 all in one place. */
  readonly controllers: Readonly<Partial<Record<CgroupController, string>>>;
  /** Where the member processes of a container are listed. */
  readonly processes: string;
  /** Whether swap can be limited too. */
  readonly swapLimit: boolean;
};

export type OciHost = {
  readonly kind: "oci";
  readonly runtime: {
    readonly name: "crun" | "runc";
    readonly path: string;
    readonly version: string;
    /** Our seccomp profile as the runtime compiled it (base64), when it can take it in that form. */
    readonly seccompProgram: string | undefined;
  };
  readonly conmon: { readonly path: string; readonly version: string };
  /** The first process of each container, if one is installed. */
  readonly init: { readonly path: string; readonly args: readonly string[] } | undefined;
  readonly cgroup: CgroupHost;
  /** A mount that the runtime must not see, unmounted where only the runtime and its supervisors live. */
  readonly hiddenMount: string | undefined;
};

export type PlainHost = {
  readonly kind: "plain";
  /** Why there is no isolation, in words. */
  readonly why: string;
  /** Present when this process is root: the tool that gives up root before a task. */
  readonly setpriv: string | undefined;
};

export type HostAbilities = OciHost | PlainHost;

/** For example `crun 1.8.1 under conmon 2.1.6, cgroup hybrid`. */
export function describeHost(host: HostAbilities): string {
  switch (host.kind) {
    case "oci": {
      const { runtime, conmon, cgroup, init } = host;
      const noInit = init === undefined ? ", no init (install tini)" : "";
      return `${runtime.name} ${runtime.version} under conmon ${conmon.version}, cgroup ${cgroup.mode}${noInit}`;
    }
    case "plain":
      return `plain processes without isolation: ${host.why}`;
    default:
      return host satisfies never;
  }
}
