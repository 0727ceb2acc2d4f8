/**
 * Hosts as the kernel has them: made, found again, removed, and tidied up after one who cannot any more.
 */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { endLeftFaults, readHostsRecord } from "#shell/process/left-faults.ts";
import { temporaryDirectory } from "../../../../test/temporary.ts";
import { until } from "../../../../test/until.ts";
import { Chaos } from "../chaos/chaos.ts";
import { applyCuts } from "../chaos/cuts.ts";
import { emptyDisk, fillDisk } from "./disks.ts";
import { closeHosts, hasHosts, openHosts } from "./hosts.ts";
import { planHosts } from "./hosts-plan.ts";

const has = (program: string, ...argv: readonly string[]): boolean => spawnSync(program, argv).status === 0;
const hasAll = process.getuid?.() === 0 && has("ip", "-V") && has("nft", "--version") && has("nsenter", "-V");
const skip = hasAll ? false : "root, iproute2 or nftables is missing";

const wantedAt = (dataDirectory: string, hostDiskMib?: number) => ({
  ...{ dataDirectory, masters: 1, agents: 2, hostDiskMib },
});
const namespacesOf = (dataDirectory: string): readonly string[] => {
  const { namespacePrefix } = planHosts(dataDirectory, "", { masters: 0, agents: 0 });
  return readdirSync("/run/netns").filter((name) => name.startsWith(namespacePrefix));
};
const links = (): string => spawnSync("ip", ["-brief", "link"]).stdout.toString();
const ruleset = (): string => spawnSync("nft", ["list", "tables"]).stdout.toString();

test("hosts are made once, keep their addresses, and are gone when they are closed", { skip }, async () => {
  const directory = temporaryDirectory("unum-hosts-");
  const first = await openHosts(wantedAt(directory));
  const { network } = first;
  assert.deepEqual(
    network.hosts.map(({ name }) => name),
    ["master", "agent-1", "agent-2"],
  );
  assert.equal(namespacesOf(directory).length, 3);
  assert.ok(hasHosts(directory));
  const [master, agent] = network.hosts;
  const route = spawnSync("ip", ["-netns", master?.namespace ?? "", "route", "get", agent?.address ?? ""]);
  assert.match(route.stdout.toString(), new RegExp(`dev eth0 src ${master?.address}`));
  assert.deepEqual((await openHosts(wantedAt(directory))).network, network, "opened again, it is the same");
  await closeHosts(directory, first);
  assert.deepEqual(namespacesOf(directory), []);
  assert.ok(!links().includes(network.bridge) && !ruleset().includes(network.table));
  const again = await openHosts(wantedAt(directory));
  assert.equal(again.network.subnet, network.subnet);
  await closeHosts(directory, again);
});

test("two clusters have different addresses; who is gone with their directory is tidied up after, the other is not touched", {
  skip,
}, async () => {
  const [gone, stays, next] = ["gone", "stays", "next"].map((name) =>
    temporaryDirectory(`unum-hosts-${name}-`),
  );
  assert.ok(gone !== undefined && stays !== undefined && next !== undefined);
  const left = await openHosts(wantedAt(gone));
  const other = await openHosts(wantedAt(stays));
  assert.notEqual(left.network.subnet, other.network.subnet);
  rmSync(gone, { recursive: true });
  const third = await openHosts(wantedAt(next));
  // By this start, or by one of another test at the same moment.
  await until("what was left to be gone", () => {
    const { bridge, table } = left.network;
    return namespacesOf(gone).length === 0 && !links().includes(bridge) && !ruleset().includes(table);
  });
  assert.equal(namespacesOf(stays).length, 3);
  for (const [directory, hosts] of [
    [stays, other],
    [next, third],
  ] as const)
    await closeHosts(directory, hosts);
});

test("hosts on which something still runs are kept, for the next start", { skip }, async () => {
  const directory = temporaryDirectory("unum-hosts-");
  const hosts = await openHosts(wantedAt(directory));
  const task = spawn("nsenter", [
    `--net=/run/netns/${hosts.network.hosts[1]?.namespace}`,
    "--",
    "sleep",
    "1000",
  ]);
  await once(task, "spawn");
  await closeHosts(directory, hosts, 0);
  assert.equal(namespacesOf(directory).length, 3);
  task.kill("SIGKILL");
  await once(task, "exit");
  await closeHosts(directory, hosts);
  assert.deepEqual(namespacesOf(directory), []);
});

test("one host cannot be slowed down, and so none is; one that was slow before is as it was", {
  skip,
}, async () => {
  const directory = temporaryDirectory("unum-hosts-");
  const hosts = await openHosts(wantedAt(directory));
  try {
    const { network } = hosts;
    const chaos = new Chaos({ children: [], network, disks: [], say: () => {} });
    const slow = (kilobits: number, ...who: readonly string[]) =>
      chaos.answer({ verb: "slow", who, delayMs: undefined, kilobits, forMs: undefined });
    const rates = (): readonly (string | undefined)[] =>
      network.hosts.map(({ cable }) => {
        const told = spawnSync("tc", ["qdisc", "show", "dev", cable]).stdout.toString();
        return /rate (\S+)/.exec(told)?.[1];
      });
    assert.ok((await slow(64, "master")).ok);
    assert.ok(has("ip", "link", "delete", network.hosts[2]?.cable ?? ""));
    const answer = await slow(128, "master", "agent-1", "agent-2");
    assert.ok(!answer.ok && /could not be done/.test(answer.message), JSON.stringify(answer));
    assert.deepEqual(rates(), ["64Kbit", undefined, undefined]);
  } finally {
    await closeHosts(directory, hosts);
  }
});

test("faults that an earlier run left are ended and told by the next start, and by whoever heals before it", {
  skip,
}, async () => {
  const directory = temporaryDirectory("unum-hosts-");
  const hosts = await openHosts(wantedAt(directory));
  try {
    const { network } = hosts;
    const strike = async (): Promise<void> => {
      const chaos = new Chaos({ children: [], network, disks: [], say: () => {} });
      const slow = { verb: "slow", who: ["agent-2"], delayMs: undefined, kilobits: 64 } as const;
      assert.ok((await chaos.answer({ ...slow, forMs: undefined })).ok);
      await applyCuts(network, [{ who: ["master"], from: ["agent-1"], direction: "both" }]);
    };
    const drops = (): boolean =>
      / drop/.test(spawnSync("nft", ["list", "table", "bridge", network.table]).stdout.toString());
    await strike();
    assert.ok(drops());
    const said: string[] = [];
    await openHosts(wantedAt(directory), (text) => said.push(text));
    const ended = "cuts between hosts, the slow network of agent-2";
    assert.deepEqual(said, [`Faults that the earlier run left are ended: ${ended}.`]);
    assert.ok(!drops());
    await strike();
    assert.deepEqual((await endLeftFaults(readHostsRecord(directory))).join(", "), ended);
    assert.ok(!drops());
    assert.deepEqual(await endLeftFaults(readHostsRecord(directory)), []);
  } finally {
    await closeHosts(directory, hosts);
  }
});

const canMount = hasAll && has("mkfs.ext4", "-V") && existsSync("/dev/loop-control");

test("a disk of a host's own is filled to the last block, emptied, and there again with what it had", {
  skip: skip || (canMount ? false : "mkfs.ext4 or loop devices are missing"),
}, async () => {
  const directory = temporaryDirectory("unum-hosts-");
  const hosts = await openHosts(wantedAt(directory, 64));
  const [disk] = hosts.disks;
  assert.ok(disk !== undefined);
  const file = join(disk.directory, "kept");
  try {
    assert.deepEqual(readdirSync(disk.directory), []);
    await fillDisk(disk);
    assert.throws(() => writeFileSync(file, "x".repeat(100_000)), /ENOSPC/);
    emptyDisk(disk);
    assert.ok(statfsSync(disk.directory).bavail > 0);
    writeFileSync(file, "kept");
  } finally {
    await closeHosts(directory, hosts);
  }
  assert.ok(!existsSync(file), "it is not mounted any more");
  const again = await openHosts(wantedAt(directory));
  assert.ok(existsSync(file));
  await closeHosts(directory, again);
});
