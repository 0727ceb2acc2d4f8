import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ContainerNetworks, usualNetworkOptions } from "./container-networks.ts";
import { countersIn } from "./counters.ts";
import { nameFiles, parseResolver, resolverText } from "./files.ts";
import { claimSubnet, overlap, parseSubnet, routesIn, subnetText } from "./subnets.ts";

test("subnets are read, and found where they overlap", () => {
  const text = (given: string): string | undefined => {
    const subnet = parseSubnet(given);
    return subnet && subnetText(subnet);
  };
  assert.equal(text("172.24.5.9/22"), "172.24.4.0/22");
  assert.equal(text("255.255.255.0/24"), "255.255.255.0/24");
  for (const wrong of ["172.24.0.0", "1.2.3.256/24", "10.0.0.0/30", "10.0.0.0/7", "fd00::/64"])
    assert.equal(text(wrong), undefined, wrong);
  const [wide, inside, beside] = ["172.24.0.0/14", "172.26.4.0/22", "172.28.0.0/16"].map(parseSubnet);
  assert.ok(wide && inside && beside);
  assert.equal(overlap(wide, inside), true);
  assert.equal(overlap(inside, wide), true);
  assert.equal(overlap(wide, beside), false);
});

test("of agents that want the same range at the same moment one gets it; of one that is gone it is free", async () => {
  const place = mkdtempSync(join(tmpdir(), "unum-subnets-"));
  try {
    const claims = join(place, "claims");
    const owners = Array.from({ length: 8 }, (_, number) => join(place, `agent-${number}`));
    for (const owner of owners) mkdirSync(owner);
    const wanted = "172.24.0.0/22";
    const got = await Promise.all(owners.map((owner) => claimSubnet(owner, wanted, claims)));
    assert.equal(new Set(got).size, owners.length, got.join());
    const holder = owners[got.indexOf(wanted)] ?? "";
    assert.equal(await claimSubnet(holder, wanted, claims), wanted);
    rmSync(holder, { recursive: true });
    // What is no link is nobody's either. Where an agent begins to look depends on its directory: take one that none found.
    const unclaimed = ["172.24.4.0/22", ...got.keys().map((part) => `172.25.${4 * part}.0/22`)].find(
      (subnet) => subnet !== wanted && !got.includes(subnet),
    );
    assert.ok(unclaimed);
    writeFileSync(join(claims, unclaimed.replace("/", "_")), "");
    assert.equal(await claimSubnet(owners[0] ?? "", unclaimed, claims), unclaimed);
    const next = owners.find((owner) => owner !== holder) ?? "";
    assert.equal(await claimSubnet(next, wanted, claims), wanted);
  } finally {
    rmSync(place, { recursive: true });
  }
});

test("the kernel's routes are read, but for the way to everywhere else", () => {
  const table = `Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
tun0\t0104A8C0\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0`;
  assert.deepEqual(routesIn(table).map(subnetText), ["172.17.0.0/16", "192.168.4.1/32"]);
});

test("a container's figures are those of its interfaces, but for the loopback", () => {
  const table = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     999       9    9    9    0     0          0         0      999       9    9    9    0     0       0          0
  eth0:     100       2    3    4    0     0          0         0      200       5    6    7    0     0       0          0
  eth1:1       1    0    0    0     0          0         0      2       1    0    0    0     0       0          0`;
  assert.deepEqual(countersIn(table, "s"), {
    space: "s",
    receivedBytes: 101,
    receivedPackets: 3,
    receivedErrors: 3,
    receivedDropped: 4,
    sentBytes: 202,
    sentPackets: 6,
    sentErrors: 6,
    sentDropped: 7,
  });
});

test("names: what was asked for, or what the host has", () => {
  const host = () => parseResolver("# a comment\nnameserver 10.0.0.1\nsearch a b ; more\noptions ndots:1\n");
  assert.equal(resolverText(undefined, host), "nameserver 10.0.0.1\nsearch a b\noptions ndots:1\n");
  assert.equal(
    resolverText({ servers: [], search: ["c"], options: [] }, host),
    "nameserver 10.0.0.1\nsearch c\n",
  );
  const files = nameFiles({
    hostname: "web",
    addresses: ["172.24.0.2"],
    hosts: [{ name: "db", address: "10.9.9.9" }],
    dns: { servers: ["10.0.0.2"], search: [], options: [] },
  });
  assert.match(files.hosts, /^172\.24\.0\.2\tweb\n10\.9\.9\.9\tdb\n/m);
  assert.equal(files.hostname, "web\n");
  assert.equal(files["resolv.conf"], "nameserver 10.0.0.2\n");
  assert.match(
    nameFiles({ hostname: "x", addresses: [], hosts: [], dns: undefined }).hosts,
    /^127\.0\.1\.1\tx$/m,
  );
});

test("a firewall that fails when the agent comes back is told, and keeps no container from starting", async () => {
  const place = mkdtempSync(join(tmpdir(), "unum-firewall-"));
  const { PATH } = process.env;
  try {
    const nft = join(place, "nft");
    writeFileSync(
      nft,
      `#!/bin/sh\n[ "$1" = list ] && exit 0\ncat >/dev/null; echo it is broken >&2; exit 1\n`,
    );
    chmodSync(nft, 0o755);
    process.env.PATH = `${place}:${PATH}`;
    const space = join(place, "networks/web");
    mkdirSync(join(space, "members"), { recursive: true });
    writeFileSync(join(space, "members/web"), "");
    const portMappings = [{ hostPort: 31_000, containerPort: 80, protocol: "tcp" }];
    const attachment = {
      network: { cniVersion: "0.4.0", name: "n", plugins: [] },
      wish: { name: "n", portMappings, labels: [] },
      interfaceName: "eth0",
      isMappedHere: true,
      result: { addresses: ["127.0.0.9"] },
    };
    const text = JSON.stringify({ bootId: "b", hostname: "h", isReady: true, attachments: [attachment] });
    writeFileSync(join(space, "space.json"), text);
    const said: string[] = [];
    const networks = new ContainerNetworks(usualNetworkOptions, {
      directory: join(place, "networks"),
      owner: place,
      cgroups: [],
      report: (sentence) => said.push(sentence),
    });
    await networks.open();
    assert.deepEqual(networks.members(), ["web"]);
    assert.match(said.join(), /nft failed: it is broken/);
  } finally {
    process.env.PATH = PATH;
    rmSync(place, { recursive: true });
  }
});
