/**
 * The shapes of the nouns that travel on the agent link: resources, tasks, executors, frameworks, agents.
 *
 * Mirrors of the model's types; `schema.ts` asserts that they are the same. Members that are `undefined` in the
 * model are absent on the wire.
 */

import { type Static, type TSchema, Type } from "typebox";
import { networkModes, transports } from "#model/container-network.ts";
import { frameworkCapabilities } from "#model/framework.ts";
import { diskSourceTypes } from "#model/resource.ts";
import { ipFamilies, rlimitTypes, taskReasons, visibilities } from "#model/task.ts";
import { taskStates } from "#model/task-state.ts";

import { containerSettings } from "./settings.ts";

export const text = Type.String();
export const integer = Type.Integer();
export const amount = Type.Integer({ minimum: 0 });
const port = Type.Integer({ minimum: 0, maximum: 65_535 });
const textMap = Type.Record(Type.String(), Type.String());
export const optional = <Schema extends TSchema>(schema: Schema) => Type.Optional(schema);
export const oneOf = <const Texts extends readonly string[]>(texts: Texts) =>
  Type.Unsafe<Texts[number]>(Type.Enum([...texts]));

const label = Type.Object({ key: text, value: optional(text) });

const ranges = Type.Array(Type.Tuple([integer, integer]));

const resource = Type.Object({
  name: text,
  value: Type.Union([
    Type.Object({ kind: Type.Literal("scalar"), amount }),
    Type.Object({ kind: Type.Literal("ranges"), ranges }),
    Type.Object({ kind: Type.Literal("set"), items: Type.Array(text) }),
  ]),
  reservations: Type.Array(
    Type.Object({
      type: oneOf(["static", "dynamic"]),
      role: text,
      principal: optional(text),
      labels: Type.Array(label),
    }),
  ),
  disk: optional(
    Type.Object({
      persistence: optional(Type.Object({ id: text, principal: optional(text) })),
      volume: optional(
        Type.Object({
          containerPath: text,
          mode: oneOf(["read-write", "read-only"]),
          hostPath: optional(text),
        }),
      ),
      source: optional(
        Type.Object({
          type: oneOf(diskSourceTypes),
          root: optional(text),
          id: optional(text),
          profile: optional(text),
          vendor: optional(text),
          metadata: Type.Array(label),
        }),
      ),
    }),
  ),
  sharedCount: amount,
  revocable: Type.Boolean(),
  providerId: optional(text),
});

const resources = Type.Object({
  cpus: amount,
  mem: amount,
  disk: amount,
  gpus: amount,
  ports: Type.Array(Type.Tuple([port, port])),
  others: Type.Array(resource),
});

export const checkpoint = Type.Object({ version: amount, resources: Type.Array(resource) });

const ownCommands = [
  Type.Object({ kind: Type.Literal("shell"), text }),
  Type.Object({ kind: Type.Literal("argv"), argv: Type.Array(text) }),
] as const;

const command = Type.Union([
  ...ownCommands,
  Type.Object({ kind: Type.Literal("entrypoint"), arguments: Type.Array(text) }),
]);

const resourceLimit = Type.Union([amount, Type.Literal("unlimited")]);

const checkTimes = { delayMs: amount, intervalMs: amount, timeoutMs: amount };
const healthTimes = { ...checkTimes, gracePeriodMs: amount, maxConsecutiveFailures: amount };

const commandProbe = { command: Type.Union([...ownCommands]), env: optional(textMap) };
const httpProbe = {
  http: Type.Object({
    scheme: oneOf(["http", "https"]),
    port,
    path: text,
    family: oneOf(ipFamilies),
    statuses: optional(Type.Array(amount)),
  }),
};
const tcpProbe = { tcp: Type.Object({ port, family: oneOf(ipFamilies) }) };

const healthCheck = Type.Union([
  Type.Object({ ...commandProbe, ...healthTimes }),
  Type.Object({ ...httpProbe, ...healthTimes }),
  Type.Object({ ...tcpProbe, ...healthTimes }),
]);

const check = Type.Union([
  Type.Object({ ...commandProbe, ...checkTimes }),
  Type.Object({ ...httpProbe, ...checkTimes }),
  Type.Object({ ...tcpProbe, ...checkTimes }),
]);

const checkResult = Type.Union([
  Type.Object({ kind: Type.Literal("command"), exitCode: optional(integer) }),
  Type.Object({ kind: Type.Literal("http"), statusCode: optional(integer) }),
  Type.Object({ kind: Type.Literal("tcp"), succeeded: optional(Type.Boolean()) }),
]);

const secretReference = Type.Object({ kind: Type.Literal("reference"), name: text, key: optional(text) });
const secret = Type.Union([
  secretReference,
  Type.Object({ kind: Type.Literal("value"), data: optional(text) }),
]);

const root = Type.Union([
  Type.Object({ kind: Type.Literal("host") }),
  Type.Object({ kind: Type.Literal("file"), path: text }),
  Type.Object({
    kind: Type.Literal("image"),
    reference: text,
    forcePull: Type.Boolean(),
    container: oneOf(["mesos", "docker"]),
    pullConfig: optional(text),
    pullSecret: optional(secretReference),
  }),
]);

const taskPort = Type.Object({
  number: port,
  name: optional(text),
  protocol: text,
  visibility: optional(oneOf(visibilities)),
  labels: optional(Type.Array(label)),
});

const discovery = Type.Object({
  visibility: oneOf(visibilities),
  name: optional(text),
  environment: optional(text),
  location: optional(text),
  version: optional(text),
  labels: Type.Array(label),
});

const rlimitAmount = Type.Union([amount, Type.Literal("unlimited")]);
const rlimits = Type.Array(Type.Object({ type: oneOf(rlimitTypes), soft: rlimitAmount, hard: rlimitAmount }));

const deviceRates = optional(Type.Array(Type.Object({ device: text, perSecond: amount })));
const controls = Type.Object({
  cpuSet: optional(text),
  memoryNodes: optional(text),
  memorySoftBytes: optional(amount),
  swapBytes: optional(rlimitAmount),
  blockIo: optional(
    Type.Object({
      weight: optional(amount),
      readBytesPerSecond: deviceRates,
      writeBytesPerSecond: deviceRates,
      readsPerSecond: deviceRates,
      writesPerSecond: deviceRates,
    }),
  ),
});

const artifacts = Type.Array(
  Type.Object({
    uri: text,
    extract: Type.Boolean(),
    executable: Type.Boolean(),
    cache: Type.Boolean(),
    outputFile: optional(text),
  }),
);

const volumeMode = oneOf(["read-write", "read-only"]);
const volumes = Type.Array(
  Type.Object({
    containerPath: text,
    mode: volumeMode,
    source: Type.Union([
      Type.Object({ kind: Type.Literal("host"), path: text }),
      Type.Object({ kind: Type.Literal("sandbox"), of: oneOf(["self", "parent"]), path: text }),
      Type.Object({ kind: Type.Literal("secret"), secret }),
      Type.Object({
        kind: Type.Literal("tmpfs"),
        bytesMax: optional(amount),
        permissions: optional(amount),
        mayExecute: optional(Type.Boolean()),
      }),
      Type.Object({
        kind: Type.Literal("image"),
        reference: text,
        forcePull: Type.Boolean(),
        pullConfig: optional(text),
        pullSecret: optional(secretReference),
      }),
    ]),
  }),
);

const portMappings = Type.Array(
  Type.Object({ hostPort: port, containerPort: port, protocol: oneOf(transports) }),
);
const named = { name: text, portMappings, labels: Type.Array(label) };
const network = Type.Object({
  mode: oneOf(networkModes),
  networks: Type.Array(Type.Object({ ...named, addresses: optional(Type.Array(text)) })),
  hostname: optional(text),
  dns: optional(
    Type.Object({ servers: Type.Array(text), search: Type.Array(text), options: Type.Array(text) }),
  ),
});
const networkStatuses = Type.Array(Type.Object({ ...named, addresses: Type.Array(text) }));

const secretEnvironment = Type.Unsafe<Record<string, Static<typeof secret>>>(
  Type.Record(Type.String(), secret),
);

export const taskSpec = Type.Object({
  taskId: text,
  name: text,
  agentId: text,
  resources,
  limits: Type.Object({ cpus: optional(resourceLimit), mem: optional(resourceLimit) }),
  controls: optional(controls),
  rlimits: optional(rlimits),
  artifacts: optional(artifacts),
  volumes: optional(volumes),
  network: optional(network),
  command: optional(command),
  root,
  user: optional(text),
  workingDirectory: optional(text),
  env: textMap,
  secretEnv: optional(secretEnvironment),
  settings: optional(containerSettings),
  labels: textMap,
  labelList: optional(Type.Array(label)),
  ports: Type.Array(taskPort),
  killGraceMs: amount,
  tellsKilling: optional(Type.Boolean()),
  healthCheck: optional(healthCheck),
  check: optional(check),
  executorId: optional(text),
  groupId: optional(text),
  handed: optional(text),
  discovery: optional(discovery),
  maxDurationMs: optional(amount),
});

export const executorSpec = Type.Object({
  executorId: text,
  kind: oneOf(["custom", "default"]),
  name: text,
  resources,
  labels: Type.Array(label),
  artifacts: optional(artifacts),
  volumes: optional(volumes),
  network: optional(network),
  command: optional(command),
  root,
  user: optional(text),
  rlimits: optional(rlimits),
  env: textMap,
  secretEnv: optional(secretEnvironment),
  settings: optional(containerSettings),
  shutdownGraceMs: amount,
  handed: text,
});

export const taskState = oneOf(taskStates);

const taskExit = Type.Union([
  Type.Object({ kind: Type.Literal("code"), code: integer }),
  Type.Object({ kind: Type.Literal("signal"), signal: integer }),
]);

export const executorEnd = Type.Object({ exit: optional(taskExit), message: text });

const exceededLimit = Type.Union([
  Type.Object({ name: oneOf(["disk", "mem"]), amount }),
  Type.Object({ name: Type.Literal("ports"), ports: Type.Array(port) }),
]);

export const taskStatus = Type.Object({
  taskId: text,
  agentId: optional(text),
  state: taskState,
  source: oneOf(["master", "agent", "executor"]),
  reason: optional(oneOf(taskReasons)),
  message: text,
  timestampMs: integer,
  healthy: optional(Type.Boolean()),
  updateId: optional(text),
  containerId: optional(text),
  address: optional(text),
  networks: optional(networkStatuses),
  exit: optional(taskExit),
  exceeded: optional(exceededLimit),
  data: optional(text),
  labels: optional(Type.Array(label)),
  checkStatus: optional(text),
  checkResult: optional(checkResult),
  executorId: optional(text),
});

export const agentInfo = Type.Object({
  name: text,
  hostname: text,
  endpoint: Type.Object({ address: text, port }),
  resources,
  attributes: textMap,
  domain: optional(Type.Object({ region: text, zone: text })),
  version: text,
  isolation: text,
});

const constraint = Type.Object({
  selector: Type.Union([
    Type.Object({ kind: Type.Literal("attribute"), name: text }),
    Type.Object({ kind: Type.Literal("hostname") }),
    Type.Object({ kind: Type.Literal("region") }),
    Type.Object({ kind: Type.Literal("zone") }),
  ]),
  predicate: Type.Union([
    Type.Object({ kind: Type.Literal("exists") }),
    Type.Object({ kind: Type.Literal("not-exists") }),
    Type.Object({ kind: Type.Literal("text-equals"), text }),
    Type.Object({ kind: Type.Literal("text-not-equals"), text }),
    Type.Object({ kind: Type.Literal("text-matches"), pattern: text }),
    Type.Object({ kind: Type.Literal("text-not-matches"), pattern: text }),
  ]),
});

const quantities = Type.Object({
  cpus: optional(amount),
  mem: optional(amount),
  disk: optional(amount),
  gpus: optional(amount),
});

export const frameworkInfo = Type.Object({
  name: text,
  user: text,
  roles: Type.Array(text),
  failoverTimeoutMs: Type.Number({ minimum: 0 }),
  checkpoint: Type.Boolean(),
  hostname: optional(text),
  webuiUrl: optional(text),
  principal: optional(text),
  capabilities: Type.Array(oneOf(frameworkCapabilities)),
  labels: textMap,
  offerConstraints: optional(Type.Record(Type.String(), Type.Array(Type.Array(constraint)))),
  minAllocatable: optional(Type.Record(Type.String(), Type.Array(quantities))),
});
