/**
 * Which rules cuts become: for each pair in each direction that is cut, and for nobody else.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { planHosts } from "../hosts/hosts-plan.ts";
import { type Cut, cutsText, othersThan } from "./cuts.ts";

const network = planHosts("/data", "10.231.7.0/24", { masters: 3, agents: 2 });
const cables = new Map(network.hosts.map(({ name, cable }) => [name, cable]));

/** As `from > to`; `here` is this machine. */
function drops(cut: Cut): readonly string[] {
  const nameOf = (cable: string): string => network.hosts.find((host) => host.cable === cable)?.name ?? "?";
  return cutsText(network, [cut])
    .split("\n")
    .filter((line) => line.endsWith(" drop"))
    .flatMap((line) => {
      const [from, to] = ["iifname", "oifname"].map((word) => {
        const [, list] = new RegExp(`${word} \\{ ([^}]*) \\}`).exec(line) ?? [];
        return list === undefined
          ? ["here"]
          : list.split(", ").map((each) => nameOf(each.replaceAll('"', "")));
      });
      return (from ?? []).flatMap((one) => (to ?? []).map((other) => `${one} > ${other}`));
    })
    .toSorted();
}

test("hosts have addresses of the range, and names that the kernel takes and that are known again", () => {
  assert.deepEqual(
    network.hosts.map(({ name, address }) => `${name} ${address}`),
    [
      ...["master-1 10.231.7.11", "master-2 10.231.7.12", "master-3 10.231.7.13"],
      ...["etcd-1 10.231.7.31", "etcd-2 10.231.7.32", "etcd-3 10.231.7.33"],
      ...["agent-1 10.231.7.101", "agent-2 10.231.7.102"],
    ],
  );
  assert.equal(network.gateway, "10.231.7.1");
  for (const cable of [...cables.values(), network.bridge]) assert.ok(cable.length < 16, cable);
  assert.equal(new Set(cables.values()).size, network.hosts.length);
  assert.notEqual(planHosts("/other", "10.231.7.0/24", { masters: 1, agents: 1 }).bridge, network.bridge);
  const [alone] = planHosts("/data", "10.231.7.0/24", { masters: 1, agents: 1 }).hosts;
  assert.equal(alone?.name, "master");
});

test("a pair is cut both ways, or one", () => {
  const pair = { who: ["master-1"], from: ["agent-1"] };
  assert.deepEqual(drops({ ...pair, direction: "both" }), ["agent-1 > master-1", "master-1 > agent-1"]);
  assert.deepEqual(drops({ ...pair, direction: "sent" }), ["master-1 > agent-1"]);
  assert.deepEqual(drops({ ...pair, direction: "received" }), ["agent-1 > master-1"]);
});

test("whoever is cut from all others still reaches who is cut with them, and no longer this machine", () => {
  const who = ["master-1", "etcd-1"];
  const sent = drops({ who, from: othersThan(network, who), direction: "sent" });
  assert.deepEqual(
    sent.filter((each) => each.startsWith("master-1 ")),
    ["agent-1", "agent-2", "etcd-2", "etcd-3", "here", "master-2", "master-3"].map(
      (to) => `master-1 > ${to}`,
    ),
  );
  assert.ok(!sent.some((each) => each === "master-1 > etcd-1"));
});

test("this machine itself can be cut off, and addresses are still asked for", () => {
  assert.deepEqual(drops({ who: ["client"], from: ["agent-2"], direction: "both" }), [
    "agent-2 > here",
    "here > agent-2",
  ]);
  const text = cutsText(network, []);
  assert.equal(text.match(/ether type arp accept/g)?.length, 3);
  assert.ok(!text.includes("drop"));
});
