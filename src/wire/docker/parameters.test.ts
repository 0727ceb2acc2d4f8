/** Parameters of `docker run`: what each means, and each that cannot be named as the one that is wrong. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerWishes } from "#model/container-wishes.ts";
import { parseParameters } from "./parameters.ts";
import { refusedParameters } from "./refused-parameters.ts";

const of = (...pairs: readonly (readonly [string, string])[]) =>
  parseParameters(pairs.map(([key, value]) => ({ key, value })));

function taken(...pairs: readonly (readonly [string, string])[]): ContainerWishes {
  const parsed = of(...pairs);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.value;
}

const settingsOf = (...pairs: readonly (readonly [string, string])[]) => {
  const { parameters: _parameters, ...settings } = taken(...pairs).settings;
  return settings;
};

test("settings of the container", () => {
  assert.deepEqual(
    settingsOf(
      ["add-host", "db:10.0.0.1"],
      ["add-host", "six=[fe80::1]"],
      ["cap-add", "net_raw"],
      ["cap-add", "CAP_KILL"],
      ["cap-drop", "all"],
      ["device", "/dev/a:/dev/b:r"],
      ["device", "/dev/c:rw"],
      ["entrypoint", ""],
      ["env", "A="],
      ["group-add", "audio"],
      ["label", "kept=only"],
      ["read-only", ""],
      ["shm-size", "1.5m"],
      ["stop-signal", "quit"],
      ["sysctl", "net.ipv4.ip_forward=0"],
      ["security-opt", "no-new-privileges:true"],
    ),
    {
      hosts: [
        { name: "db", address: "10.0.0.1" },
        { name: "six", address: "fe80::1" },
      ],
      capabilities: { add: ["NET_RAW", "KILL"], drop: ["ALL"] },
      devices: [
        { hostPath: "/dev/a", containerPath: "/dev/b", access: "r" },
        { hostPath: "/dev/c", containerPath: "/dev/c", access: "rw" },
      ],
      entryPoint: "",
      env: { A: "" },
      groups: ["audio"],
      readOnlyRoot: true,
      shmBytes: 1_572_864,
      stopSignal: "quit",
      sysctls: { "net.ipv4.ip_forward": "0" },
    },
  );
});

test("what belongs to other parts of a task", () => {
  const parsed = taken(
    ["volume", "/srv/a:/a"],
    ["volume", "/srv/b:/b:ro"],
    ["tmpfs", "/t:size=1k,mode=0700,exec"],
    ["ulimit", "nofile=1"],
    ["ulimit", "nofile=2:-1"],
    ["cpu-period", "50000"],
    ["cpu-quota", "25000"],
    ["cpuset-mems", "0"],
    ["device-read-bps", "/dev/sda:1m"],
    ["blkio-weight", "500"],
    ["memory-reservation", "16m"],
    ["memory-swap", "-1"],
    ["hostname", "h"],
    ["dns", "10.0.0.2"],
    ["dns-search", "example.org"],
    ["net", "web"],
  );
  assert.deepEqual(parsed.volumes, [
    { containerPath: "/a", mode: "read-write", source: { kind: "host", path: "/srv/a" } },
    { containerPath: "/b", mode: "read-only", source: { kind: "host", path: "/srv/b" } },
    {
      containerPath: "/t",
      mode: "read-write",
      source: { kind: "tmpfs", bytesMax: 1024, permissions: 0o700, mayExecute: true },
    },
  ]);
  assert.deepEqual(parsed.rlimits, [{ type: "nofile", soft: 2, hard: "unlimited" }]);
  assert.equal(parsed.cpuLimit, 500);
  assert.deepEqual(parsed.controls, {
    memoryNodes: "0",
    memorySoftBytes: 16 * 1024 * 1024,
    blockIo: { readBytesPerSecond: [{ device: "/dev/sda", perSecond: 1024 * 1024 }], weight: 500 },
  });
  assert.equal(parsed.memoryAndSwapBytes, "unlimited");
  assert.equal(parsed.hostname, "h");
  assert.deepEqual(parsed.dns, { servers: ["10.0.0.2"], search: ["example.org"], options: [] });
  assert.deepEqual(parsed.network, { name: "web" });
});

test("what cannot be is named, with where it stands", () => {
  const wrong: readonly (readonly [string, string])[] = [
    ["add-host", "db"],
    ["add-host", "db:nowhere"],
    ["cap-add", "everything"],
    ["cpus", "0"],
    ["cpuset-cpus", "one"],
    ["device", "/etc/passwd"],
    ["device", "/dev/../etc/passwd"],
    ["env", "HOME"],
    ["hostname", "-x"],
    ["init", "false"],
    ["ipc", "container:x"],
    ["memory-reservation", "much"],
    ["pids-limit", "0"],
    ["privileged", "perhaps"],
    ["security-opt", "apparmor=unconfined"],
    ["shm-size", "1x"],
    ["stop-signal", "9 9"],
    ["sysctl", "kernel.shmmax"],
    ["tmpfs", "relative"],
    ["tmpfs", "/t:uid=0"],
    ["ulimit", "nofile=3:2"],
    ["ulimit", "files=3"],
    ["volume", "named:/x"],
    ["volume", "/a:/b:z"],
    ["volume", "/a/../b:/b"],
    ["user", "a\0b"],
  ];
  for (const pair of wrong) {
    const parsed = of(["env", "A=1"], pair);
    assert.ok(!parsed.ok, pair.join("="));
    assert.equal(parsed.index, 1);
    assert.match(parsed.fault, new RegExp(`^the parameter '${pair[0]}' of Docker's`));
  }
  for (const key of [...Object.keys(refusedParameters), "no-such", "constructor", "v"]) {
    const parsed = of([key, "x"]);
    assert.ok(!parsed.ok && parsed.fault.includes(`'${key}'`), key);
  }
});
