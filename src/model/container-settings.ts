/**
 * How a container differs from the usual one, where its owner asks for it: rights, files, system settings.
 *
 * What is asked in Docker's words (`parameters`) is kept so, to be shown; the other members say what it means.
 * Whether an agent allows it is the agent's to say: what goes beyond the usual rights is refused unless its
 * operator lets tasks have it.
 */

/** Seen in place of, or beside, the names that the host knows. */
export type HostEntry = { readonly name: string; readonly address: string };

export type DeviceAccess = {
  readonly hostPath: string;
  readonly containerPath: string;
  /** Of `rwm`. */
  readonly access: string;
};

export type Parameter = { readonly key: string; readonly value: string };

/** Names without `CAP_`, in capitals. */
export type CapabilityChange = {
  /** In place of the usual ones: what it may have at most, and what it begins with. */
  readonly bounding?: readonly string[] | undefined;
  readonly effective?: readonly string[] | undefined;
  /** To and from the usual ones; `ALL` is possible. */
  readonly add?: readonly string[] | undefined;
  readonly drop?: readonly string[] | undefined;
};

export type ContainerSettings = {
  readonly parameters?: readonly Parameter[] | undefined;
  readonly privileged?: boolean | undefined;
  readonly capabilities?: CapabilityChange | undefined;
  /** Any system call may be made. */
  readonly unconfined?: boolean | undefined;
  /** Of the filters of system calls that the agent's operator keeps, the one of this name; absent: the usual one. */
  readonly seccompProfile?: string | undefined;
  readonly readOnlyRoot?: boolean | undefined;
  /** Beside the task's own variables, and before those of its image. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly user?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly workingDirectory?: string | undefined;
  /** In place of the image's; empty: none. */
  readonly entryPoint?: string | undefined;
  readonly hosts?: readonly HostEntry[] | undefined;
  readonly shmBytes?: number | undefined;
  readonly sysctls?: Readonly<Record<string, string>> | undefined;
  readonly stopSignal?: string | undefined;
  readonly devices?: readonly DeviceAccess[] | undefined;
  readonly pidsMax?: number | undefined;
  readonly oomScoreAdjustment?: number | undefined;
  readonly hostIpc?: boolean | undefined;
  /** A terminal in place of plain output. */
  readonly tty?: boolean | undefined;
};

/** Names a file of a directory, and nothing outside of it. */
export const isProfileName = (name: string): boolean => /^[\w-][\w.-]{0,127}$/.test(name);
