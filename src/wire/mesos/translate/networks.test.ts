import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerNetwork } from "#model/container-network.ts";
import type { TaskStatus } from "#model/task.ts";
import type { MessageOf } from "../proto/tables.ts";
import { networkFromMessage, networkMessage, statusNetworks } from "./networks.ts";

type Message = MessageOf<"ContainerInfo">;

const taken = (message: Message): ContainerNetwork | undefined => {
  const result = networkFromMessage(message);
  assert.ok(result.ok, result.ok ? "" : result.fault);
  return result.value;
};

const mapping = { host_port: 31_000, container_port: 80, protocol: "tcp" };
const ours = { hostPort: 31_000, containerPort: 80, protocol: "tcp" } as const;

test("named networks are joined, each with its mappings and labels; without a name it is the host's", () => {
  assert.equal(networkFromMessage(undefined).ok && taken({ type: "MESOS", network_infos: [{}] }), undefined);
  const message: Message = {
    type: "MESOS",
    hostname: "web-1",
    network_infos: [
      {
        name: "blue",
        port_mappings: [
          { host_port: 31_000, container_port: 80 },
          { ...mapping, protocol: "UDP" },
        ],
      },
      {
        name: "green",
        labels: { labels: [{ key: "zone", value: "b" }] },
        ip_addresses: [{ ip_address: "10.0.0.9" }],
      },
    ],
  };
  const network: ContainerNetwork = {
    mode: "networks",
    hostname: "web-1",
    networks: [
      { name: "blue", portMappings: [ours, { ...ours, protocol: "udp" }], labels: [] },
      { name: "green", portMappings: [], labels: [{ key: "zone", value: "b" }], addresses: ["10.0.0.9"] },
    ],
  };
  assert.deepEqual(taken(message), network);
  const shown = networkMessage(network, false);
  assert.deepEqual(taken({ type: "MESOS", ...shown.container }), network);
});

test("Docker's modes: as they are asked for they are shown", () => {
  const docker = (more: Partial<NonNullable<Message["docker"]>>, others: Partial<Message> = {}): Message => ({
    type: "DOCKER",
    docker: { image: "web", ...more },
    ...others,
  });
  const cases: readonly (readonly [Message, ContainerNetwork | undefined])[] = [
    [docker({}), undefined],
    [docker({ network: "NONE" }), { mode: "none", networks: [] }],
    [
      docker({ network: "BRIDGE", port_mappings: [mapping] }, { hostname: "h" }),
      { mode: "networks", networks: [{ name: "bridge", portMappings: [ours], labels: [] }], hostname: "h" },
    ],
    [
      docker({ network: "USER", port_mappings: [mapping] }, { network_infos: [{ name: "dcos" }] }),
      { mode: "networks", networks: [{ name: "dcos", portMappings: [ours], labels: [] }] },
    ],
  ];
  for (const [message, network] of cases) {
    assert.deepEqual(taken(message), network);
    const shown = networkMessage(network, true);
    assert.deepEqual(taken(docker(shown.docker, shown.container)), network);
    if (network !== undefined) assert.equal(shown.docker.network, message.docker?.network);
  }
});

test("what cannot be is refused, by Mesos's sentence where it has one", () => {
  const docker = { image: "web" };
  const cases: readonly (readonly [Message, RegExp])[] = [
    [
      { type: "MESOS", network_infos: [{ name: "a" }, { name: "a" }] },
      /^Attempted to join CNI network 'a' multiple times$/,
    ],
    [{ type: "MESOS", network_infos: [{ port_mappings: [mapping] }] }, /need a network with a name/],
    [{ type: "MESOS", network_infos: [{ name: "a/../b" }] }, /names no network/],
    [
      { type: "MESOS", network_infos: [{ name: "a", port_mappings: [{ ...mapping, protocol: "sctp" }] }] },
      /'sctp'/,
    ],
    [
      { type: "MESOS", network_infos: [{ name: "a", port_mappings: [{ ...mapping, host_port: 70_000 }] }] },
      /70000/,
    ],
    [
      { type: "MESOS", network_infos: [{ name: "a", port_mappings: [mapping, mapping] }] },
      /31000\/tcp twice/,
    ],
    [
      {
        type: "MESOS",
        network_infos: [{ name: "six", ip_addresses: [{ protocol: "IPv6" }], port_mappings: [mapping] }],
      },
      /^Port mappings of network six need an address of version 4: ports of IPv6 are not supported/,
    ],
    [{ type: "MESOS", hostname: "-x" }, /host name/],
    [
      { type: "MESOS", network_infos: Array.from({ length: 17 }, (_, i) => ({ name: `n${i}` })) },
      /16 networks/,
    ],
    [
      { type: "DOCKER", docker: { ...docker, port_mappings: [mapping] } },
      /only supported for bridge and user/,
    ],
    [{ type: "DOCKER", docker, hostname: "h" }, /^Unable to set hostname with host network mode$/],
    [{ type: "DOCKER", docker: { ...docker, network: "USER" } }, /^No network info found/],
    [{ type: "DOCKER", docker: { ...docker, network: "USER" }, network_infos: [{}] }, /^No network name/],
    [
      {
        type: "DOCKER",
        docker: { ...docker, network: "USER" },
        network_infos: [{ name: "a" }, { name: "b" }],
      },
      /^Only a single network/,
    ],
  ];
  for (const [message, fault] of cases) {
    const result = networkFromMessage(message);
    assert.match(result.ok ? `taken: ${JSON.stringify(message)}` : result.fault, fault);
  }
});

test("a status says where its task is: its networks, or else its agent's address", () => {
  const status = { address: "10.0.0.1" } as TaskStatus;
  assert.deepEqual(statusNetworks(status), [
    { ip_addresses: [{ protocol: "IPv4", ip_address: "10.0.0.1" }] },
  ]);
  const networks = [{ name: "a", addresses: ["172.24.0.2", "fd00::2"], portMappings: [ours], labels: [] }];
  assert.deepEqual(statusNetworks({ ...status, networks }), [
    {
      name: "a",
      ip_addresses: [
        { protocol: "IPv4", ip_address: "172.24.0.2" },
        { protocol: "IPv6", ip_address: "fd00::2" },
      ],
      port_mappings: [mapping],
    },
  ]);
  assert.deepEqual(statusNetworks({ ...status, networks: [] }), []);
});
