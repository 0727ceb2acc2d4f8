import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSeccompProfile, type SeccompSurroundings, seccompOf } from "./seccomp-profile.ts";

const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const here: SeccompSurroundings = {
  architecture: "x64",
  capabilities: ["CAP_CHOWN"],
  kernel: "5.10.0-30-amd64",
};

const rule = (name: string, conditions: object = {}): object => ({
  names: [name],
  action: "SCMP_ACT_ALLOW",
  args: [],
  includes: {},
  excludes: {},
  comment: "",
  ...conditions,
});

function read(syscalls: readonly object[], more: object = {}): ReturnType<typeof seccompOf> {
  const profile = parseSeccompProfile(bytes({ defaultAction: "SCMP_ACT_ERRNO", syscalls, ...more }));
  assert.ok(profile.ok, profile.ok ? "" : profile.fault);
  return seccompOf(profile.value, here);
}

const namesIn = (made: object): readonly string[] =>
  (made as { readonly syscalls: readonly { readonly names: readonly string[] }[] }).syscalls.flatMap(
    ({ names }) => names,
  );

test("rules are kept that hold for the processor, the capabilities and the kernel", () => {
  const made = read([
    rule("always"),
    rule("native", { includes: { arches: ["arm64", "amd64"] } }),
    rule("foreign", { includes: { arches: ["s390x"] } }),
    rule("not-native", { excludes: { arches: ["amd64"] } }),
    rule("owner", { includes: { caps: ["CAP_CHOWN"] } }),
    rule("admin", { includes: { caps: ["CAP_CHOWN", "CAP_SYS_ADMIN"] } }),
    rule("no-owner", { excludes: { caps: ["CAP_SYS_ADMIN", "CAP_CHOWN"] } }),
    rule("no-admin", { excludes: { caps: ["CAP_SYS_ADMIN"] } }),
    rule("old", { includes: { minKernel: "4.8" } }),
    rule("same", { includes: { minKernel: "5.10" } }),
    rule("new", { includes: { minKernel: "5.11" } }),
  ]);
  assert.deepEqual(namesIn(made), ["always", "native", "owner", "no-admin", "old", "same"]);
});

test("what a runtime is given: no conditions, its processor with the other forms of it, the arguments", () => {
  const args = [{ index: 0, value: 2_114_060_288, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }];
  const made = read([rule("clone", { args, errnoRet: 38 })], {
    defaultErrnoRet: 1,
    archMap: [
      { architecture: "SCMP_ARCH_AARCH64", subArchitectures: ["SCMP_ARCH_ARM"] },
      { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] },
    ],
  });
  assert.deepEqual(made, {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: 1,
    architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    syscalls: [{ names: ["clone"], action: "SCMP_ACT_ALLOW", errnoRet: 38, args }],
  });
});

test("what is no profile is told by what is wrong with it", () => {
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [{ syscalls: [] }, /defaultAction/],
    [{ defaultAction: "ALLOW", syscalls: [] }, /defaultAction/],
    [{ defaultAction: "SCMP_ACT_ALLOW" }, /syscalls/],
    [{ defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: [], action: "SCMP_ACT_ERRNO" }] }, /names/],
    [
      { defaultAction: "SCMP_ACT_ALLOW", syscalls: [rule("x", { args: [{ index: 9, value: 1, op: "x" }] })] },
      /args/,
    ],
    [{ defaultAction: "SCMP_ACT_ALLOW", syscalls: [], architectures: [], archMap: [] }, /both/],
    ["text", /not what it should be/],
  ];
  for (const [value, words] of wrong) {
    const profile = parseSeccompProfile(bytes(value));
    assert.ok(!profile.ok, JSON.stringify(value));
    assert.match(profile.fault, words);
  }
});
