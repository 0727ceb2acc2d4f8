import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppDefinition } from "#model/app.ts";
import { formatDefinition } from "./app-format.ts";
import { parseApp, parseAppPatch } from "./app-parse.ts";

const app = (members: object): AppDefinition => {
  const result = parseApp({ id: "/web", cmd: "sleep 1", ...members });
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
};

const change = (base: AppDefinition, members: object): AppDefinition => {
  const result = parseAppPatch(members, base);
  assert.ok(result.ok, JSON.stringify(result));
  return { ...base, ...result.value };
};

/** What of its answer is about networks; sent again it is the same app. */
const shown = (definition: AppDefinition) => {
  const { networks, requirePorts, portDefinitions, container, ...rest } = formatDefinition(definition);
  const again = parseApp({ ...rest, networks, requirePorts, portDefinitions, container });
  assert.ok(again.ok, JSON.stringify(again));
  assert.deepEqual(again.value, definition);
  const { portMappings } = (container ?? {}) as { readonly portMappings?: unknown };
  return { networks, requirePorts, portDefinitions, portMappings };
};

const mapping = (more: object = {}) => ({
  containerPort: 80,
  hostPort: 0,
  labels: {},
  protocol: "tcp",
  servicePort: 0,
  ...more,
});

test("networks and port mappings come out as they went in, with Marathon's defaults", () => {
  const bridge = [{ mode: "container/bridge" }];
  assert.deepEqual(shown(app({ networks: bridge, requirePorts: true })), {
    networks: bridge,
    requirePorts: false,
    portDefinitions: undefined,
    portMappings: [mapping({ containerPort: 0, name: "default" })],
  });
  const container = { portMappings: [{ containerPort: 80, name: "http" }] };
  assert.deepEqual(shown(app({ networks: bridge, container })).portMappings, [mapping({ name: "http" })]);
  assert.deepEqual(shown(app({ networks: bridge, container: { portMappings: [] } })).portMappings, []);

  const networks = [
    { name: "blue", mode: "container", labels: { a: "b" } },
    { name: "green", mode: "container" },
  ];
  const { hostPort: _hostPort, ...unmapped } = mapping({ name: "http" });
  const both = [unmapped, mapping({ hostPort: 31_000, protocol: "udp,tcp", networkNames: ["green"] })];
  const result = shown(app({ networks, container: { portMappings: both } }));
  assert.deepEqual([result.networks, result.portMappings], [networks, both]);
});

test("trap 3: the older fields are translated, and never shown", () => {
  const bridge = [{ mode: "container/bridge" }];
  const docker = (more: object) => ({ container: { type: "DOCKER", docker: { image: "web", ...more } } });
  const cases: readonly (readonly [object, readonly object[], readonly object[] | undefined])[] = [
    [docker({ network: "HOST" }), [{ mode: "host" }], undefined],
    [docker({ network: "BRIDGE", portMappings: [{ containerPort: 80 }] }), bridge, [mapping()]],
    [docker({ network: "bridge" }), bridge, [mapping({ containerPort: 0, name: "default" })]],
    [
      { ...docker({ network: "BRIDGE", portMappings: [{ containerPort: 80 }] }), ports: [0, 0] },
      bridge,
      [mapping(), mapping({ containerPort: 0 })],
    ],
    [
      { ...docker({ network: "USER" }), ipAddress: { networkName: "dcos", labels: { x: "y" } } },
      [{ name: "dcos", mode: "container", labels: { x: "y" } }],
      [{ containerPort: 0, labels: {}, name: "default", protocol: "tcp", servicePort: 0 }],
    ],
    [
      { ipAddress: { networkName: "dcos", discovery: { ports: [{ number: 80, name: "http" }] } } },
      [{ name: "dcos", mode: "container" }],
      [{ containerPort: 80, labels: {}, name: "http", protocol: "tcp", servicePort: 0 }],
    ],
    [
      { ipAddress: { networkName: "mesos-bridge" } },
      bridge,
      [mapping({ containerPort: 0, name: "default" })],
    ],
    // What belongs to another network is let go, as Marathon does.
    [docker({ portMappings: [{ containerPort: 80 }] }), [{ mode: "host" }], undefined],
  ];
  for (const [members, networks, mappings] of cases) {
    const result = shown(app(members));
    assert.deepEqual([result.networks, result.portMappings], [networks, mappings], JSON.stringify(members));
  }
});

test("an app changes its network, and its ports go with it", () => {
  const host = app({ portDefinitions: [{ port: 10_001, name: "a" }] });
  const bridged = change(host, { networks: [{ mode: "container/bridge" }] });
  assert.equal(bridged.ports[0]?.containerPort, 0);
  assert.deepEqual(change(bridged, { cpus: 2 }).ports, bridged.ports);
  assert.deepEqual(change(bridged, { networks: [{ mode: "container/bridge" }] }), bridged);
  const back = change(bridged, { networks: [{ mode: "host" }], portDefinitions: [{ port: 10_002 }] });
  assert.deepEqual(
    back.ports.map(({ servicePort, containerPort }) => [servicePort, containerPort]),
    [[10_002, undefined]],
  );
  assert.equal(back.networks, undefined);
});

test("what cannot be is refused at its place, by Marathon's sentence", () => {
  const container = { mode: "container", name: "a" };
  const mapped = { containerPort: 1, hostPort: 0 };
  const cases: readonly (readonly [object, string, RegExp])[] = [
    [{ networks: [{ mode: "host", name: "x" }] }, "/networks", /^Host networks may not have names or labels/],
    [
      { networks: [{ mode: "container/bridge", name: "x" }] },
      "/networks",
      /^Bridge networks may not have names/,
    ],
    [{ networks: [{ mode: "container" }] }, "/networks", /^Network name must be specified/],
    [{ networks: [container, container] }, "/networks", /^Duplicate networks are not allowed/],
    [{ networks: [container, { mode: "host" }] }, "/networks", /^May specify a single host network/],
    [
      { networks: [container], container: { docker: { image: "x", network: "HOST" } } },
      "/",
      /^must not specify both container\.docker\.network and networks/,
    ],
    [{ networks: [container], ipAddress: {} }, "/", /^must not specify both networks and ipAddress/],
    [
      { container: { docker: { image: "x", network: "NONE" } } },
      "/container/docker/network",
      /unsupported docker network type NONE/,
    ],
    [
      {
        networks: [container, { ...container, name: "b" }],
        container: { type: "DOCKER", docker: { image: "x" }, portMappings: [] },
      },
      "/networks",
      /only specify a single container network/,
    ],
    [
      { networks: [container, { ...container, name: "b" }], container: { portMappings: [mapped] } },
      "/container/portMappings(0)",
      /^networkNames must be a single item list/,
    ],
    [
      { networks: [container], container: { portMappings: [{ ...mapped, networkNames: ["c"] }] } },
      "/container/portMappings(0)/networkNames",
      /c is none/,
    ],
    [
      {
        networks: [container],
        container: { docker: { image: "x", portMappings: [mapped] }, portMappings: [mapped] },
      },
      "/container",
      /^cannot specify both portMappings and docker\.portMappings/,
    ],
  ];
  for (const [members, path, sentence] of cases) {
    const result = parseApp({ id: "/web", cmd: "x", ...members });
    const details = result.ok ? [] : result.problem.details;
    const place = typeof details === "string" ? undefined : details.find((each) => each.path === path);
    assert.match(place?.errors.join(" ") ?? `not refused: ${JSON.stringify(result)}`, sentence);
  }
});
