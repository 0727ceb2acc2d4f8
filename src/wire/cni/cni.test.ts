import assert from "node:assert/strict";
import { test } from "node:test";
import { mapsPorts, parseCniNetwork } from "./network-list.ts";
import { pluginInput } from "./plugin-input.ts";
import { cniErrorIn, parseCniResult } from "./result.ts";

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const parsed = (value: unknown) => {
  const network = parseCniNetwork(bytes(value));
  assert.ok(network.ok, network.ok ? "" : network.fault);
  return network.value;
};

test("a configuration is a list of plugins, or one by itself, or DC/OS's mapper around one", () => {
  const plugin = { type: "bridge", bridge: "b0", ipam: { type: "host-local" } };
  assert.deepEqual(parsed({ cniVersion: "0.4.0", name: "a", disableCheck: true, plugins: [plugin] }), {
    cniVersion: "0.4.0",
    name: "a",
    disableCheck: true,
    plugins: [plugin],
  });
  const single = parsed({ name: "a", ...plugin });
  assert.equal(single.cniVersion, "0.2.0");
  assert.equal(single.plugins[0]?.type, "bridge");
  const mapper = { name: "a", type: "mesos-cni-port-mapper", chain: "X", delegate: plugin };
  assert.deepEqual(parsed(mapper).plugins, [plugin]);
  assert.equal(mapsPorts(single), false);
  assert.equal(mapsPorts(parsed({ name: "a", type: "portmap", capabilities: { portMappings: true } })), true);
});

test("what is no configuration is said to be none", () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{ name: "a" }, /names no plugin/],
    [{ name: "../a", type: "x" }, /names no network/],
    [{ name: "a", type: "../x" }, /no file name: \.\.\/x/],
    [{ type: "x" }, /name/],
    [{ name: "a", plugins: Array.from({ length: 17 }, () => ({ type: "x" })) }, /at most 16/],
  ];
  for (const [value, fault] of cases) {
    const network = parseCniNetwork(bytes(value));
    assert.match(network.ok ? "taken" : network.fault, fault);
  }
});

test("a plugin is given its own part, what it understands of what is known now, and where Mesos puts the rest", () => {
  const network = parsed({
    cniVersion: "0.4.0",
    name: "a",
    plugins: [
      {
        type: "portmap",
        snat: true,
        args: { own: 1 },
        capabilities: { portMappings: true, dns: true, ips: false },
      },
    ],
  });
  const wish = {
    name: "alias",
    portMappings: [{ hostPort: 31_000, containerPort: 80, protocol: "tcp" as const }],
    labels: [{ key: "k", value: "v" }],
    addresses: ["10.0.0.9"],
  };
  const dns = { servers: ["10.0.0.1"], search: ["x"], options: [] };
  const [plugin] = network.plugins;
  assert.ok(plugin);
  assert.deepEqual(pluginInput(network, plugin, { wish, dns, previous: { ips: [] } }), {
    type: "portmap",
    snat: true,
    cniVersion: "0.4.0",
    name: "a",
    args: {
      own: 1,
      "org.apache.mesos": {
        network_info: {
          name: "alias",
          labels: { labels: [{ key: "k", value: "v" }] },
          ip_addresses: [{ ip_address: "10.0.0.9" }],
          port_mappings: [{ host_port: 31_000, container_port: 80, protocol: "tcp" }],
        },
      },
    },
    runtimeConfig: {
      portMappings: wish.portMappings,
      dns: { servers: ["10.0.0.1"], searches: ["x"], options: [] },
    },
    prevResult: { ips: [] },
  });
});

test("answers of every version of the specification, and its errors", () => {
  const newer = parseCniResult(
    bytes({
      cniVersion: "1.0.0",
      ips: [{ address: "10.0.0.2/24" }, { address: "fd00::2/64" }],
      dns: { domain: "d" },
    }),
  );
  assert.ok(newer.ok);
  assert.deepEqual(newer.value.addresses, ["10.0.0.2", "fd00::2"]);
  assert.deepEqual(newer.value.dns, { servers: [], search: ["d"], options: [] });
  const older = parseCniResult(bytes({ ip4: { ip: "10.0.0.3/16" }, dns: { nameservers: ["10.0.0.1"] } }));
  assert.ok(older.ok);
  assert.deepEqual(older.value.addresses, ["10.0.0.3"]);
  assert.equal(parseCniResult(bytes({})).ok, true);
  assert.equal(parseCniResult(new TextEncoder().encode("oops")).ok, false);
  assert.equal(
    cniErrorIn(bytes({ code: 11, msg: "no room", details: "all given away" })),
    "no room: all given away",
  );
  assert.equal(cniErrorIn(new TextEncoder().encode("oops")), undefined);
});
