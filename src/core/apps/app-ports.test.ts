import assert from "node:assert/strict";
import { test } from "node:test";
import type { App, AppDefinition, AppPort } from "#model/app.ts";
import { defaultAppDefinition } from "#model/app-defaults.ts";
import type { NetworkStatus } from "#model/container-network.ts";
import { agentId, appId, taskId, versionId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import { portsOf } from "#model/pod.ts";
import { discoveredPorts, networkOf, placePorts } from "./app-ports.ts";
import { targetOf } from "./probing.ts";
import { taskEnvironment } from "./task-env.ts";

const port = (more: Partial<AppPort>): AppPort => ({
  ...{ hostPort: 0, fixed: false, servicePort: 10_000, protocol: "tcp", name: undefined, labels: {} },
  ...{ containerPort: 0, ...more },
});

/** In a network of its own: one port mapped, one that is not, one of its host's number, one that nobody gave one. */
const definition: AppDefinition = {
  ...defaultAppDefinition(appId("/web")),
  networks: [{ mode: "container", name: "blue", labels: { zone: "b" } }],
  ports: [
    port({ containerPort: 80, name: "http", labels: { VIP_0: "web:80" } }),
    port({ containerPort: 53, unmapped: true, protocol: "udp,tcp" }),
    port({}),
    port({ unmapped: true, name: "extra" }),
  ],
};
const hostPorts = [31_000, 31_001];
const places = placePorts(definition, hostPorts);

test("of the offer's ports an app takes those that are mapped", () => {
  assert.equal(portsOf(definition).length, 2);
  assert.deepEqual(
    places.map(({ hostPort, listenPort }) => [hostPort, listenPort]),
    [
      [31_000, 80],
      [undefined, 53],
      [31_001, 31_001],
      [undefined, 10_000],
    ],
  );
});

test("its task is told of its network, and others of where its ports are", () => {
  assert.deepEqual(networkOf(definition, places), {
    mode: "networks",
    networks: [
      {
        name: "blue",
        labels: [{ key: "zone", value: "b" }],
        portMappings: [
          { hostPort: 31_000, containerPort: 80, protocol: "tcp" },
          { hostPort: 31_001, containerPort: 31_001, protocol: "tcp" },
        ],
      },
    ],
  });
  const label = (key: string, value: string) => ({ key, value });
  assert.deepEqual(discoveredPorts(definition, places).slice(0, 3), [
    {
      ...{ number: 31_000, name: "http", protocol: "tcp" },
      labels: [label("VIP_0", "web:80"), label("network-scope", "host")],
    },
    ...["udp", "tcp"].map((protocol) => ({
      ...{ number: 53, name: undefined, protocol },
      labels: [label("network-scope", "container"), label("network-name", "blue")],
    })),
  ]);
  const bridge = {
    ...definition,
    networks: [{ mode: "container/bridge" as const, name: undefined, labels: {} }],
  };
  assert.equal(networkOf(bridge, places)?.networks[0]?.name, "mesos-bridge");
  const root = { kind: "image", reference: "web", forcePull: false, container: "docker" } as const;
  assert.equal(networkOf({ ...bridge, root }, places)?.networks[0]?.name, "bridge");
  assert.equal(networkOf(defaultAppDefinition(appId("/a")), []), undefined);
});

test("its environment holds Marathon's variables", () => {
  const version = versionId("2026-01-01T00:00:00.000Z");
  const app = { definition, version } as unknown as App;
  const env = taskEnvironment(app, "t", "node-1", places);
  const ports = Object.entries(env).filter(([name]) => name.startsWith("PORT"));
  assert.deepEqual(Object.fromEntries(ports), {
    PORT: "31000",
    PORT0: "31000",
    PORT1: "53",
    PORT2: "31001",
    PORT3: "10000",
    PORT_80: "31000",
    PORT_53: "53",
    PORT_31001: "31001",
    PORT_10000: "10000",
    PORT_HTTP: "31000",
    PORT_EXTRA: "10000",
    PORTS: "31000,31001,10000",
  });
});

test("a leader's check asks at the host where a port is mapped, else at the task's own address", () => {
  const status: NetworkStatus = { name: "blue", addresses: ["10.9.0.2"], portMappings: [], labels: [] };
  const instance: Instance = {
    taskId: taskId("t"),
    appId: definition.id,
    version: versionId("2026-01-01T00:00:00.000Z"),
    agentId: agentId("A"),
    agentName: "agent-1",
    hostname: "node-1",
    address: "192.0.2.1",
    networks: [status],
    ports: hostPorts,
    state: "running",
    stagedAtMs: 0,
    startedAtMs: 0,
    unreachableAtMs: undefined,
    killing: undefined,
  };
  assert.deepEqual(targetOf(definition, instance, undefined, 0), { address: "192.0.2.1", port: 31_000 });
  assert.deepEqual(targetOf(definition, instance, undefined, 1), { address: "10.9.0.2", port: 53 });
  assert.deepEqual(targetOf(definition, instance, 8_080, 0), { address: "10.9.0.2", port: 8_080 });
  const bridge = {
    ...definition,
    networks: [{ mode: "container/bridge" as const, name: undefined, labels: {} }],
  };
  assert.deepEqual(targetOf(bridge, instance, 8_080, 0), { address: "192.0.2.1", port: 8_080 });
  assert.equal(targetOf(definition, instance, undefined, 9), undefined);
});
