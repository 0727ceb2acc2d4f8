/**
 * Parameters of `docker run`, as frameworks and apps hand them on, in our own terms.
 *
 * One table says what each means; whatever is not in it, or cannot be done here, is refused by its name. Whether an
 * agent allows what was asked is the agent's to say.
 */

import { limits } from "#base/limits.ts";
import type { ContainerSettings, Parameter } from "#model/container-settings.ts";
import type { Volume } from "#model/container-volume.ts";
import type { ContainerWishes, NetworkWord } from "#model/container-wishes.ts";
import type { BlockIo, Controls } from "#model/controls.ts";
import type { ResourceLimit, Rlimit } from "#model/task.ts";
import { handlers } from "./parameter-table.ts";
import { refusedParameters } from "./refused-parameters.ts";

/** In the making. */
export type ParameterDraft = {
  settings: { -readonly [Key in keyof ContainerSettings]: ContainerSettings[Key] };
  volumes: Volume[];
  rlimits: Rlimit[];
  controls: { -readonly [Key in keyof Controls]: Controls[Key] };
  blockIo: { -readonly [Key in keyof BlockIo]: BlockIo[Key] };
  cpuPeriodUs: number;
  cpuQuotaUs: number | undefined;
  cpuLimit: ResourceLimit | undefined;
  memoryAndSwapBytes: number | "unlimited" | undefined;
  hostname: string | undefined;
  dns: { servers: string[]; search: string[]; options: string[] };
  network: NetworkWord | undefined;
};

export type ParameterFault = { readonly index: number; readonly fault: string };

export type ParsedParameters =
  | { readonly ok: true; readonly value: ContainerWishes }
  | ({ readonly ok: false } & ParameterFault);

/** The first that cannot be done ends it. */
export function parseParameters(parameters: readonly Parameter[]): ParsedParameters {
  const draft: ParameterDraft = {
    settings: parameters.length === 0 ? {} : { parameters },
    volumes: [],
    rlimits: [],
    controls: {},
    blockIo: {},
    cpuPeriodUs: 100_000,
    cpuQuotaUs: undefined,
    cpuLimit: undefined,
    memoryAndSwapBytes: undefined,
    hostname: undefined,
    dns: { servers: [], search: [], options: [] },
    network: undefined,
  };
  for (const [index, { key, value }] of parameters.entries()) {
    const fault = faultOf(draft, key, value, index);
    if (fault !== undefined) return { ok: false, index, fault };
  }
  return { ok: true, value: finish(draft) };
}

function faultOf(draft: ParameterDraft, key: string, value: string, index: number): string | undefined {
  if (index >= limits.dockerParametersMax)
    return `only ${limits.dockerParametersMax} parameters are possible`;
  const refused = refusedParameters[key];
  if (refused !== undefined) return `the parameter '${key}' of Docker's is not possible here: ${refused}`;
  const handle = Object.hasOwn(handlers, key) ? handlers[key] : undefined;
  if (handle === undefined)
    return `the parameter '${key}' of Docker's is not supported by this version of Unum`;
  if (value.includes("\0") || value.length > limits.stringLengthMax)
    return `the parameter '${key}' of Docker's holds a NUL character, or is too long`;
  const fault = handle(draft, value);
  return fault === undefined
    ? undefined
    : `the parameter '${key}' of Docker's, ${JSON.stringify(value)}, ${fault}`;
}

function finish(draft: ParameterDraft): ContainerWishes {
  const { settings, volumes, rlimits, controls, blockIo, cpuQuotaUs, cpuPeriodUs, dns } = draft;
  const all: Controls = { ...controls, ...(Object.keys(blockIo).length === 0 ? {} : { blockIo }) };
  const hasDns = dns.servers.length + dns.search.length + dns.options.length > 0;
  const quota =
    cpuQuotaUs === undefined
      ? undefined
      : // A negative one is none.
        cpuQuotaUs <= 0
        ? "unlimited"
        : (Math.max(1, Math.round((cpuQuotaUs / cpuPeriodUs) * 1_000)) as ResourceLimit);
  return {
    settings,
    volumes,
    rlimits,
    controls: Object.keys(all).length === 0 ? undefined : all,
    cpuLimit: draft.cpuLimit ?? quota,
    memoryAndSwapBytes: draft.memoryAndSwapBytes,
    hostname: draft.hostname,
    dns: hasDns ? dns : undefined,
    network: draft.network,
  };
}
