/**
 * Filters of system calls as Docker writes them, and Mesos after it: rules, each of which may hold for some processors,
 * capabilities or kernels only.
 *
 * Owns what is read and what of it holds in given surroundings; that is the `linux.seccomp` of an OCI runtime. Which
 * calls there are is the runtime's to know.
 */

import { type Static, Type } from "typebox";
import { documentReader, type Read, read, unreadable } from "../oci/result.ts";

const text = Type.String();
const number = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const optional = Type.Optional;
const action = Type.Unsafe<string>(Type.String({ pattern: "^SCMP_ACT_[A-Z_]+$" }));

const condition = Type.Object({
  arches: optional(Type.Array(text)),
  caps: optional(Type.Array(text)),
  minKernel: optional(Type.String({ pattern: "^[0-9]+\\.[0-9]+" })),
});

const profile = Type.Object({
  defaultAction: action,
  defaultErrnoRet: optional(number),
  architectures: optional(Type.Array(text)),
  archMap: optional(
    Type.Array(Type.Object({ architecture: text, subArchitectures: optional(Type.Array(text)) })),
  ),
  syscalls: Type.Array(
    Type.Object({
      names: Type.Array(text, { minItems: 1 }),
      action,
      errnoRet: optional(number),
      args: optional(
        Type.Array(
          Type.Object({
            index: Type.Integer({ minimum: 0, maximum: 5 }),
            value: number,
            valueTwo: optional(number),
            op: Type.String({ pattern: "^SCMP_CMP_[A-Z_]+$" }),
          }),
        ),
      ),
      includes: optional(condition),
      excludes: optional(condition),
    }),
  ),
});

export type SeccompProfile = Static<typeof profile>;

export type SeccompSurroundings = {
  /** As Node names the processor. */
  readonly architecture: string;
  /** The most that the container may have, as `CAP_…`. */
  readonly capabilities: readonly string[];
  /** As `uname -r` says it. */
  readonly kernel: string;
};

const readProfile = documentReader(profile);

export function parseSeccompProfile(bytes: Uint8Array): Read<SeccompProfile> {
  const document = readProfile(bytes);
  if (!document.ok) return document;
  const { architectures, archMap } = document.value;
  return architectures !== undefined && archMap !== undefined
    ? unreadable("has both 'architectures' and 'archMap'")
    : read(document.value);
}

/** The names that Docker's conditions and the kernel's interface have for what Node knows by another. */
const processors: Readonly<Record<string, { readonly docker: string; readonly scmp: string }>> = {
  x64: { docker: "amd64", scmp: "SCMP_ARCH_X86_64" },
  arm64: { docker: "arm64", scmp: "SCMP_ARCH_AARCH64" },
  riscv64: { docker: "riscv64", scmp: "SCMP_ARCH_RISCV64" },
};

/** What of it holds there, as an OCI runtime takes it. */
export function seccompOf(given: SeccompProfile, surroundings: SeccompSurroundings): object {
  const { defaultAction, defaultErrnoRet, syscalls } = given;
  const architectures = architecturesOf(given, surroundings.architecture);
  return {
    defaultAction,
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
    ...(architectures === undefined ? {} : { architectures }),
    syscalls: syscalls
      .filter(
        ({ includes, excludes }) => holds(includes, surroundings) && !isExcluded(excludes, surroundings),
      )
      .map(({ names, action: what, errnoRet, args = [] }) => ({
        names,
        action: what,
        ...(errnoRet === undefined ? {} : { errnoRet }),
        ...(args.length === 0 ? {} : { args }),
      })),
  };
}

/** Undefined: the processor's own, without its other forms. */
function architecturesOf(
  { architectures, archMap }: SeccompProfile,
  architecture: string,
): readonly string[] | undefined {
  if (archMap === undefined) return architectures;
  const native = processors[architecture]?.scmp;
  const found = archMap.find((entry) => entry.architecture === native);
  return found === undefined ? undefined : [found.architecture, ...(found.subArchitectures ?? [])];
}

type Condition = Static<typeof condition>;

/** All that it asks for is there. */
function holds(wanted: Condition | undefined, surroundings: SeccompSurroundings): boolean {
  const { arches, caps, minKernel } = wanted ?? {};
  return (
    (arches === undefined || isAmong(arches, surroundings)) &&
    (caps === undefined || caps.every((each) => surroundings.capabilities.includes(each))) &&
    (minKernel === undefined || isAtLeast(surroundings.kernel, minKernel))
  );
}

/** Any of what it names is there. */
function isExcluded(unwanted: Condition | undefined, surroundings: SeccompSurroundings): boolean {
  const { arches, caps, minKernel } = unwanted ?? {};
  return (
    (arches !== undefined && isAmong(arches, surroundings)) ||
    (caps?.some((each) => surroundings.capabilities.includes(each)) ?? false) ||
    (minKernel !== undefined && isAtLeast(surroundings.kernel, minKernel))
  );
}

const isAmong = (arches: readonly string[], { architecture }: SeccompSurroundings): boolean =>
  arches.includes(processors[architecture]?.docker ?? architecture);

function isAtLeast(kernel: string, least: string): boolean {
  const [major = 0, minor = 0] = versionOf(kernel);
  const [leastMajor = 0, leastMinor = 0] = versionOf(least);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

const versionOf = (release: string): readonly number[] =>
  /^(\d+)\.(\d+)/.exec(release)?.slice(1).map(Number) ?? [];
