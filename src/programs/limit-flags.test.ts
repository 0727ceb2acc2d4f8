import assert from "node:assert/strict";
import { test } from "node:test";
import { usualIds } from "#shell/containers/oci/user-ids.ts";
import { Flags, UsageError } from "./flags.ts";
import { limitFlags, parseLimitFlags } from "./limit-flags.ts";

const parse = (...argv: string[]) => parseLimitFlags(new Flags(argv, limitFlags));

test("what holds tasks is as usual, or as the operator says", () => {
  assert.deepEqual(parse(), { gpuDevices: undefined, nvidiaRoot: "/" });
  assert.deepEqual(parse("--user-namespaces").userIds, usualIds);
  assert.deepEqual(parse("--user-namespaces", "--user-ids", "100000-200000").userIds, {
    ...{ first: 100_000, last: 200_000 },
  });
  const limits = ["--block-limit", "read-bps=/dev/sda:5", "--block-limit", "read-bps=/dev/sdb:6"];
  assert.deepEqual(parse(...limits, "--block-limit", "write-iops=/dev/sda:7").blockIo, {
    readBytesPerSecond: [
      { device: "/dev/sda", perSecond: 5 },
      { device: "/dev/sdb", perSecond: 6 },
    ],
    writesPerSecond: [{ device: "/dev/sda", perSecond: 7 }],
  });
  assert.deepEqual(parse("--xfs-projects", "7-9").projects, { first: 7, last: 9 });
  assert.deepEqual(parse("--selinux").security, { selinux: true, appArmorProfile: undefined });
  const profile = parse("--apparmor-profile", "mine").security;
  assert.deepEqual(profile, { selinux: false, appArmorProfile: "mine" });
  assert.deepEqual(parse("--gpu-devices", "none").gpuDevices, []);
  assert.deepEqual(parse("--gpu-devices", "2,0").gpuDevices, [0, 2]);
});

test("what nothing can be made of is named", () => {
  const wrong: readonly [argv: string[], message: RegExp][] = [
    [["--user-ids", "100000-200000"], /only with --user-namespaces/],
    [["--user-namespaces", "--user-ids", "0-70000"], /is not FIRST-LAST with at least 65536 ids/],
    [["--user-namespaces", "--user-ids", "100000-100001"], /is not FIRST-LAST with at least 65536 ids/],
    [["--user-namespaces", "--user-ids", "100000-9999999999"], /to 4294967294/],
    [["--block-limit", "reads=/dev/sda:5"], /is not WHAT=DEVICE:N with one of read-bps/],
    [["--block-limit", "read-bps=/etc/passwd:5"], /no path of a device/],
    [["--block-limit", "read-bps=/dev/sda:0"], /more than nothing/],
    [["--xfs-projects", "0-9"], /is not FIRST-LAST, from 1/],
    [["--xfs-projects", "9-8"], /is not FIRST-LAST/],
    [["--gpu-devices", "all"], /neither none nor a list/],
  ];
  for (const [argv, message] of wrong)
    assert.throws(
      () => parse(...argv),
      (error) => error instanceof UsageError && message.test(error.message),
      argv.join(" "),
    );
});
