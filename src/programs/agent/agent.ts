/**
 * The agent program: the agent node on real ports, with real containers, behind one server.
 *
 * It decides nothing. However it ends, its tasks run on and are found again at the next start; only
 * `stop-tasks` and `destroy`, which `unum up` sends, end them.
 */

import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createChance } from "#base/random.ts";
import { Terminals } from "#doors/agent/open-terminals.ts";
import type { AgentContext } from "#doors/endpoint.ts";
import { ExecutorSessions } from "#doors/mesos/executor/sessions.ts";
import type { AgentInfo } from "#model/agent.ts";
import { type SessionId, sessionId } from "#model/ids.ts";
import { addResources, resources } from "#model/resources.ts";
import { type AgentNode, type AgentNodePorts, startAgentNode } from "#nodes/agent-node.ts";
import { createClock } from "#shell/clock/clock.ts";
import { type AgentContainers, createContainers } from "#shell/containers/create-containers.ts";
import { detectHost } from "#shell/containers/detect.ts";
import { describeHost, type HostAbilities } from "#shell/containers/host-abilities.ts";
import { createLayout, sandboxDirectory } from "#shell/containers/layout.ts";
import { createAccess } from "#shell/http/access.ts";
import { createHttpServer } from "#shell/http/server.ts";
import { createAgentLink } from "#shell/link/agent-link.ts";
import { type Log, logsUnwritten } from "#shell/log/log.ts";
import { usualNetworkOptions } from "#shell/networks/container-networks.ts";
import { watchMachine } from "#shell/process/machine-figures.ts";
import { readToken } from "#shell/process/token.ts";
import { SandboxFiles } from "#shell/sandbox/files.ts";
import { createFilesPort } from "#shell/sandbox/files-port.ts";
import { createLogFiles } from "#shell/sandbox/log-file-port.ts";
import { openEmbeddedStore } from "#shell/store/embedded/store.ts";
import { readCredentials } from "../credentials.ts";
import { type LimitOptions, limitOptions } from "../limit-flags.ts";
import type { ProcessLife } from "../process-life.ts";
import { type Program, runProgram } from "../run-program.ts";
import { randomSecret, randomSeed } from "../seed.ts";
import { productVersion } from "../version.ts";
import { checkAgentStore, refuseMasterDirectory } from "./check-store.ts";
import { type AgentProgramConfig, agentHelp, parseAgentConfig } from "./config.ts";
import { lookAfterDisk } from "./disk-look.ts";
import { agentRoutes } from "./routes.ts";
import { lookAtUsage } from "./usage-look.ts";

const masterTimeoutMs = 25_000;

const program: Program<AgentProgramConfig> = {
  help: agentHelp,
  parse: parseAgentConfig,
  nameOf: (config) => config.name,
  start: startAgent,
};

export const runAgent = (argv: readonly string[]): Promise<number> => runProgram(program, argv);

async function startAgent(config: AgentProgramConfig, life: ProcessLife, log: Log): Promise<void> {
  const token = readToken(config.tokenFile);
  const stopping = awaitStop(life);
  const storeDirectory = join(config.dataDirectory, "store");
  refuseMasterDirectory(config.dataDirectory);
  // Tasks run below the data directory and must pass through it; the store is nobody else's.
  mkdirSync(config.dataDirectory, { recursive: true, mode: 0o711 });
  mkdirSync(storeDirectory, { recursive: true, mode: 0o700 });

  const host = await detectHost();
  const limits = limitOptions(config.limiting);
  const info = describeAgent(config, host, limits);
  log.info("what runs tasks here", { isolation: info.isolation });
  const store = openEmbeddedStore(join(storeDirectory, "agent.db"));
  life.atEnd("the store", () => store.close());
  await checkAgentStore(store, config.dataDirectory);
  const containers = openContainers(config, host, limits, log);
  life.atEnd("the containers", () => containers.close());
  life.atEnd("commands in containers", () => containers.sessions?.close());
  const link = createAgentLink({ masters: config.masters, token, log });
  life.atEnd("the link", () => link.close());

  const executors = new ExecutorSessions(logsUnwritten(log, "an event for an executor"));
  const node = await startNode(config, info, {
    clock: createClock(),
    chance: createChance(randomSeed(), randomSecret),
    store,
    link,
    containers,
    executors,
    stopped: () => stopping.tasksEnded(),
    fatal: (reason) => life.fail(reason),
  });
  life.atEnd("the node", () => node.stop());
  lookAfterDisk(node, containers, config.gc.lookIntervalMs, life, log);
  lookAtUsage(node, containers, config.dataDirectory, life, log);
  stopping.arm(node, containers, log);

  const { sandboxes } = createLayout(config.dataDirectory);
  const sandboxFiles = createFilesPort(new SandboxFiles(sandboxes, containers.volumesIn));
  const { logFile } = config;
  const files = logFile === undefined ? sandboxFiles : createLogFiles("/slave/log", logFile, sandboxFiles);
  const context: AgentContext = {
    agent: node.loop,
    files,
    info,
    startedAtMs: Date.now(),
    logFile,
    gc: config.gc,
    networks: { ...usualNetworkOptions, ...config.networks },
    get masterAddress() {
      return `${link.master.address}:${link.master.port}`;
    },
    system: watchMachine(),
    usages: containers,
    sessions: containers.sessions,
    terminals: new Terminals(randomUUID),
    after: createClock().after,
    images: {
      prune: (keep, done) =>
        void containers.pruneImages(keep).then(
          () => done(undefined),
          (error: unknown) => done(error instanceof Error ? error.message : String(error)),
        ),
    },
    sandboxPath: (framework, executor) => sandboxDirectory(sandboxes, framework, executor),
  };
  const newSession = (): SessionId => sessionId(randomUUID());
  const server = createHttpServer({
    routes: agentRoutes(context, { agent: node.loop, sessions: executors, newSession, nowMs: Date.now }),
    access: createAccess(token, config.insecureLocal, Date.now, readCredentials(config.credentialsFile)),
    // Executors are told the address.
    hostNames: [config.hostname, ...config.addresses].map((name) => name.toLowerCase()),
    log,
  });
  life.atEnd("the server", () => server.close());
  for (const address of new Set(config.addresses)) {
    const bound = await server.listen(address, config.port);
    log.info("the agent's API listens", { url: `http://${address}:${bound}` });
  }
}

const openContainers = (
  config: AgentProgramConfig,
  host: HostAbilities,
  limits: LimitOptions,
  log: Log,
): AgentContainers =>
  createContainers({
    host,
    directory: config.dataDirectory,
    agentName: config.name,
    allowRoot: config.allowRoot,
    allowPrivileged: config.allowPrivileged,
    secretsDirectory: config.secretsDirectory,
    enforceCpuQuota: config.cpuQuota,
    enforceDisk: config.diskLimits,
    enforcePorts: config.portLimits,
    report: (sentence, { frameworkId, executorId }) =>
      log.warn(sentence, { framework: frameworkId, executor: executorId }),
    ...(config.pidsMax === undefined ? {} : { pidsMax: config.pidsMax }),
    allowedImageDirectories: config.imageDirectories,
    visiblePaths: config.visiblePaths,
    hostVolumes: config.hostVolumes,
    maskedPaths: [...config.maskedPaths, ...secretFiles(config)],
    registries: config.registries,
    fetching: config.fetching,
    headroom: config.gc,
    ...limits,
    networks: config.networks,
    reportHost: (sentence) => log.warn(sentence),
  });

/** Not for tasks to read, wherever they lie. */
const secretFiles = ({ credentialsFile, registries }: AgentProgramConfig): readonly string[] =>
  [credentialsFile, registries.dockerConfigFile].filter((file) => file !== undefined);

const describeAgent = (
  config: AgentProgramConfig,
  host: HostAbilities,
  { gpus }: LimitOptions,
): AgentInfo => ({
  name: config.name,
  hostname: config.hostname,
  endpoint: { address: config.addresses[0], port: config.port },
  // Where nothing isolates tasks, a GPU cannot be kept from anybody.
  resources: addResources(config.resources, resources({ gpus: host.kind === "oci" ? gpus.gpus.length : 0 })),
  attributes: { name: config.name, ...config.attributes },
  ...(config.domain === undefined ? {} : { domain: config.domain }),
  version: productVersion(),
  isolation: describeHost(host),
});

const startNode = (config: AgentProgramConfig, info: AgentInfo, ports: AgentNodePorts): Promise<AgentNode> =>
  new Promise((resolve) => {
    const { allowRoot, executorTimeouts, gc: sandboxesKept } = config;
    startAgentNode(ports, { info, masterTimeoutMs, allowRoot, executorTimeouts, sandboxesKept }, resolve);
  });

type Stopping = {
  /** What was asked for before the node was there is done now. */
  arm(node: AgentNode, containers: AgentContainers, log: Log): void;
  tasksEnded(): void;
};

/** The two ways in which `unum up` ends the tasks: with their grace, or at once. */
function awaitStop(life: ProcessLife): Stopping {
  let armed:
    | { readonly node: AgentNode; readonly containers: AgentContainers; readonly log: Log }
    | undefined;
  let asked: "stop-tasks" | "destroy" | undefined;
  let isDestroying = false;

  const destroy = (): void => {
    if (isDestroying || armed === undefined) return;
    isDestroying = true;
    const { node, containers, log } = armed;
    node.stop();
    containers.destroyAll().then(
      () => life.end(0),
      (error: unknown) => {
        log.error("not everything of the containers could be freed", {
          reason: error instanceof Error ? error.message : String(error),
        });
        life.end(1);
      },
    );
  };
  const act = (): void => {
    if (asked === "destroy") destroy();
    else if (asked === "stop-tasks") armed?.node.stopTasks();
  };
  life.onRequest((request) => {
    if (request.type !== "stop-tasks" && request.type !== "destroy") return;
    asked = request.type;
    act();
  });
  return {
    arm: (node, containers, log) => {
      armed = { node, containers, log };
      act();
    },
    tasksEnded: destroy,
  };
}
