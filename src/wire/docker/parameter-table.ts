/**
 * What each parameter of `docker run` means: one small function a parameter, which says why if it cannot be.
 *
 * Those that may be given several times add to what was there; of the others the last one stands.
 */

import type { DeviceAccess } from "#model/container-settings.ts";
import { type BlockRate, controlsFault } from "#model/controls.ts";
import { milli } from "#model/resources.ts";
import { type Rlimit, type RlimitType, rlimitTypes } from "#model/task.ts";
import { bytesOf, capabilityOf, flagOf, isAbsolute, isAddress, wholeOf } from "./parameter-values.ts";
import type { ParameterDraft } from "./parameters.ts";
import { bindOf, tmpfsOf } from "./volume-parameters.ts";

type Handler = (draft: ParameterDraft, value: string) => string | undefined;

type Flag = "privileged" | "readOnlyRoot" | "tty";

const flag =
  (name: Flag): Handler =>
  ({ settings }, value) => {
    const wanted = flagOf(value);
    if (wanted === undefined) return "is neither true nor false";
    settings[name] = wanted;
    return undefined;
  };

const env: Handler = ({ settings }, value) => {
  const at = value.indexOf("=");
  // A bare name would be a variable of the agent's.
  if (at < 1) return "is not NAME=VALUE";
  settings.env = { ...settings.env, [value.slice(0, at)]: value.slice(at + 1) };
  return undefined;
};

const capabilities =
  (change: "add" | "drop"): Handler =>
  ({ settings }, value) => {
    const name = capabilityOf(value);
    if (name === undefined) return "is no capability";
    const before = settings.capabilities ?? {};
    settings.capabilities = { ...before, [change]: [...(before[change] ?? []), name] };
    return undefined;
  };

const host: Handler = ({ settings }, value) => {
  const at = value.search(/[:=]/);
  const [name, given] = [value.slice(0, at), value.slice(at + 1)];
  const address = given.replace(/^\[(.*)\]$/, "$1");
  if (at < 1 || !/^[\w.-]{1,253}$/.test(name) || !isAddress(address)) return "is not NAME:ADDRESS";
  settings.hosts = [...(settings.hosts ?? []), { name, address }];
  return undefined;
};

const ulimit: Handler = ({ rlimits }, value) => {
  const [, type = "", first = "", second = first] = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(value) ?? [];
  if (!(rlimitTypes as readonly string[]).includes(type)) return "is not TYPE=SOFT[:HARD] of a known type";
  const amount = (text: string): Rlimit["soft"] => (text.startsWith("-") ? "unlimited" : Number(text));
  const [soft, hard] = [amount(first), amount(second)];
  const isSafe = [soft, hard].every((each) => each === "unlimited" || Number.isSafeInteger(each));
  if (!isSafe || (hard !== "unlimited" && (soft === "unlimited" || soft > hard)))
    return "has a soft limit above the hard one, or too large a number";
  const others = rlimits.filter((each) => each.type !== type);
  rlimits.splice(0, rlimits.length, ...others, { type: type as RlimitType, soft, hard });
  return undefined;
};

const device: Handler = ({ settings }, value) => {
  const [hostPath = "", second = hostPath, third = "rwm", ...rest] = value.split(":");
  const isAccess = /^[rwm]{1,3}$/.test(second);
  const [containerPath, access] = isAccess ? [hostPath, second] : [second, third];
  if (rest.length > 0 || !/^[rwm]{1,3}$/.test(access) || !isDevice(hostPath) || !isDevice(containerPath))
    return "is not /dev/…[:/dev/…][:rwm]";
  const own: DeviceAccess = { hostPath, containerPath, access };
  settings.devices = [...(settings.devices ?? []), own];
  return undefined;
};

const isDevice = (path: string): boolean => path.startsWith("/dev/") && isAbsolute(path);

const securityOption: Handler = ({ settings }, value) => {
  if (value === "no-new-privileges" || /^no-new-privileges[:=]true$/.test(value)) return undefined;
  if (!/^seccomp[:=]unconfined$/.test(value))
    return "is neither no-new-privileges, which is always so, nor seccomp=unconfined";
  settings.unconfined = true;
  return undefined;
};

const sysctl: Handler = ({ settings }, value) => {
  const [, name, text] = /^([a-z0-9_]+(?:[./][\w-]+)+)=(.*)$/s.exec(value) ?? [];
  if (name === undefined || text === undefined) return "is not NAME=VALUE";
  settings.sysctls = { ...settings.sysctls, [name.replaceAll("/", ".")]: text };
  return undefined;
};

const stopSignal: Handler = ({ settings }, value) => {
  if (!/^(?:SIG)?[A-Z][A-Z0-9+-]{1,9}$/i.test(value) && !/^[1-9]\d?$/.test(value)) return "is no signal";
  settings.stopSignal = value;
  return undefined;
};

const ipc: Handler = ({ settings }, value) => {
  if (value !== "host" && value !== "private" && value !== "") return "can only be private or host";
  settings.hostIpc = value === "host";
  return undefined;
};

const network: Handler = (draft, value) => {
  if (value === "host" || value === "none") draft.network = value;
  else if (/^[\w][\w.-]{0,127}$/.test(value)) draft.network = { name: value };
  else return "is no name of a network";
  return undefined;
};

const cpus: Handler = (draft, value) => {
  const amount = Number(value);
  if (!/^\d{1,6}(?:\.\d{1,9})?$/.test(value) || amount < 0.001) return "is no number of cpus";
  draft.cpuLimit = milli(amount);
  return undefined;
};

const microseconds =
  (name: "cpuPeriodUs" | "cpuQuotaUs", least: number): Handler =>
  (draft, value) => {
    const amount = wholeOf(value, least, 1_000_000_000);
    if (amount === undefined) return "is no number of microseconds";
    draft[name] = amount;
    return undefined;
  };

const controls =
  (name: "cpuSet" | "memoryNodes"): Handler =>
  (draft, value) => {
    const fault = controlsFault({ [name]: value });
    if (fault === undefined) draft.controls[name] = value;
    return fault === undefined ? undefined : `is no list: ${fault}`;
  };

const rate =
  (name: BlockRate): Handler =>
  ({ blockIo }, value) => {
    const at = value.lastIndexOf(":");
    const perSecond = bytesOf(value.slice(at + 1));
    if (at < 1 || perSecond === undefined) return "is not DEVICE:RATE";
    const rates = [...(blockIo[name] ?? []), { device: value.slice(0, at), perSecond }];
    const fault = controlsFault({ blockIo: { [name]: rates } });
    if (fault === undefined) blockIo[name] = rates;
    return fault === undefined ? undefined : `cannot be: ${fault}`;
  };

const weight: Handler = ({ blockIo }, value) => {
  const amount = wholeOf(value, 10, 1_000);
  if (amount === undefined) return "is not from 10 to 1000";
  blockIo.weight = amount;
  return undefined;
};

const bytes =
  (take: (draft: ParameterDraft, amount: number) => void): Handler =>
  (draft, value) => {
    const amount = bytesOf(value);
    if (amount === undefined) return "is no amount, such as 64m";
    take(draft, amount);
    return undefined;
  };

const swap: Handler = (draft, value) => {
  const amount = value === "-1" ? "unlimited" : bytesOf(value);
  if (amount === undefined) return "is no amount, such as 64m, nor -1";
  draft.memoryAndSwapBytes = amount;
  return undefined;
};

const whole =
  (name: "pidsMax" | "oomScoreAdjustment", least: number, most: number): Handler =>
  ({ settings }, value) => {
    const amount = wholeOf(value, least, most);
    if (amount === undefined) return `is not from ${least} to ${most}`;
    settings[name] = amount;
    return undefined;
  };

const words =
  (name: "user" | "workingDirectory" | "entryPoint"): Handler =>
  ({ settings }, value) => {
    if (name !== "entryPoint" && value === "") return "is empty";
    settings[name] = value;
    return undefined;
  };

const group: Handler = ({ settings }, value) => {
  if (!/^[\w.-]{1,64}$/.test(value)) return "is no group";
  settings.groups = [...(settings.groups ?? []), value];
  return undefined;
};

const dnsServer: Handler = ({ dns }, value) => {
  if (!isAddress(value)) return "is no address";
  dns.servers.push(value);
  return undefined;
};

const dnsWord =
  (name: "search" | "options"): Handler =>
  ({ dns }, value) => {
    if (!/^[\w.:-]{1,253}$/.test(value)) return "is no word of its kind";
    dns[name].push(value);
    return undefined;
  };

const hostname: Handler = (draft, value) => {
  if (!/^[a-z0-9](?:[\w.-]{0,62})$/i.test(value)) return "is no host name";
  draft.hostname = value;
  return undefined;
};

const volume: Handler = ({ volumes }, value) => {
  const bind = bindOf(value);
  if (typeof bind === "string") return bind;
  volumes.push(bind);
  return undefined;
};

const tmpfs: Handler = ({ volumes }, value) => {
  const own = tmpfsOf(value);
  if (typeof own === "string") return own;
  volumes.push(own);
  return undefined;
};

/** Every container has an init where its agent has one. */
const init: Handler = (_, value) => (flagOf(value) === true ? undefined : "can only be true");

/** Kept with the definition; no daemon is there to look at it. */
const label: Handler = (_, value) => (value.startsWith("=") || value === "" ? "has no name" : undefined);

export const handlers: Readonly<Record<string, Handler>> = {
  "add-host": host,
  "blkio-weight": weight,
  "cap-add": capabilities("add"),
  "cap-drop": capabilities("drop"),
  "cpu-period": microseconds("cpuPeriodUs", 1_000),
  "cpu-quota": microseconds("cpuQuotaUs", -1),
  cpus,
  "cpuset-cpus": controls("cpuSet"),
  "cpuset-mems": controls("memoryNodes"),
  device,
  "device-read-bps": rate("readBytesPerSecond"),
  "device-read-iops": rate("readsPerSecond"),
  "device-write-bps": rate("writeBytesPerSecond"),
  "device-write-iops": rate("writesPerSecond"),
  dns: dnsServer,
  "dns-opt": dnsWord("options"),
  "dns-option": dnsWord("options"),
  "dns-search": dnsWord("search"),
  entrypoint: words("entryPoint"),
  env,
  "group-add": group,
  hostname,
  init,
  ipc,
  label,
  "memory-reservation": bytes(({ controls: own }, amount) => {
    own.memorySoftBytes = amount;
  }),
  "memory-swap": swap,
  net: network,
  network,
  "oom-score-adj": whole("oomScoreAdjustment", -1_000, 1_000),
  "pids-limit": whole("pidsMax", 1, 4_000_000),
  privileged: flag("privileged"),
  "read-only": flag("readOnlyRoot"),
  "security-opt": securityOption,
  "shm-size": bytes(({ settings }, amount) => {
    settings.shmBytes = amount;
  }),
  "stop-signal": stopSignal,
  sysctl,
  tmpfs,
  tty: flag("tty"),
  ulimit,
  user: words("user"),
  volume,
  workdir: words("workingDirectory"),
};
