/**
 * The master program: the master node on real ports, behind two servers (its own API, and the gateway).
 *
 * It decides nothing. When its store fails it forgets its state and ends; whoever supervises it starts it
 * again, and it reads the store.
 */

import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createChance } from "#base/random.ts";
import { failoverTimeoutMs } from "#core/apps/subscription.ts";
import { subscribedAs } from "#core/apps/views.ts";
import type { MasterState } from "#core/master/state.ts";
import { listAgents, listTasks } from "#core/master/views.ts";
import { EventFeed } from "#doors/event-feed.ts";
import { publishAppsEvent, type ServiceIdentity } from "#doors/marathon/events.ts";
import { MasterWatch } from "#doors/mesos/operator/master-watch.ts";
import { SchedulerSessions } from "#doors/mesos/scheduler/sessions.ts";
import { sessionId } from "#model/ids.ts";
import { isTerminal } from "#model/task-state.ts";
import {
  type MasterNode,
  type MasterNodeConfig,
  type MasterNodePorts,
  startMasterNode,
} from "#nodes/master-node.ts";
import type { Plugins } from "#ports/plugins.ts";
import { createClock } from "#shell/clock/clock.ts";
import { type Access, createAccess } from "#shell/http/access.ts";
import { createLoginRoutes, loginPath } from "#shell/http/login.ts";
import { createProofRoute } from "#shell/http/proof.ts";
import type { Route } from "#shell/http/router.ts";
import { createHttpServer } from "#shell/http/server.ts";
import { createMasterLinks, type ShellMasterLinks } from "#shell/link/master-links.ts";
import { type Log, logsUnwritten } from "#shell/log/log.ts";
import { loadPlugins } from "#shell/plugins/load-plugins.ts";
import { createProbes } from "#shell/probes/probes.ts";
import { watchMachine } from "#shell/process/machine-figures.ts";
import { readToken } from "#shell/process/token.ts";
import { createLogFiles } from "#shell/sandbox/log-file-port.ts";
import { agentLinkProtocol } from "#wire/agent-link/frame.ts";
import type { ControlReport } from "../control.ts";
import { readCredentials } from "../credentials.ts";
import type { ProcessLife } from "../process-life.ts";
import { type Program, runProgram } from "../run-program.ts";
import { randomSeed } from "../seed.ts";
import { productVersion } from "../version.ts";
import { type MasterProgramConfig, masterHelp, parseMasterConfig } from "./config.ts";
import { openStore } from "./open-store.ts";
import { gatewayRoutes, type MasterContexts, masterRoutes } from "./routes.ts";
import { MasterTimings } from "./timings.ts";

/** What no flag changes. */
const fixed = {
  master: {
    agentReregisterTimeoutMs: 600_000,
    allocationIntervalMs: 1_000,
    offerTimeoutMs: undefined,
    minAllocatable: { cpus: 0.01, mem: 32 },
    roleWeights: {},
  },
  apps: {
    user: "root",
    reconcileIntervalMs: 60_000,
    taskLaunchTimeoutMs: 300_000,
    servicePorts: { first: 10_000, last: 20_000 },
  },
} satisfies {
  readonly master: Partial<MasterNodeConfig["master"]>;
  readonly apps: Omit<MasterNodeConfig["apps"], "hostname" | "webuiUrl">;
};

const nodeConfigOf = (
  { agentPingMs, agentPingsMax, hostname, gatewayPort, domain, appPlacement }: MasterProgramConfig,
  plugins: Plugins,
): MasterNodeConfig => ({
  master: {
    ...fixed.master,
    pingIntervalMs: agentPingMs,
    agentTimeoutMs: agentPingMs * agentPingsMax,
    ...(domain === undefined ? {} : { domain }),
  },
  apps: {
    ...fixed.apps,
    ...appPlacement,
    region: domain?.region,
    hostname,
    webuiUrl: `http://${hostname}:${gatewayPort}`,
    ...(plugins.list.length === 0 ? {} : { review: plugins.review }),
  },
});

const program: Program<MasterProgramConfig> = {
  help: masterHelp,
  parse: parseMasterConfig,
  nameOf: () => "master",
  start: startMaster,
};

export const runMaster = (argv: readonly string[]): Promise<number> => runProgram(program, argv);

async function startMaster(config: MasterProgramConfig, life: ProcessLife, log: Log): Promise<void> {
  mkdirSync(config.dataDirectory, { recursive: true, mode: 0o700 });
  const token = readToken(config.tokenFile);
  const credentials = readCredentials(config.credentialsFile);
  const access = createAccess(token, config.insecureLocal, Date.now, credentials);
  const store = await openStore(
    config,
    { access, hostNames: [config.hostname.toLowerCase()], entry: [createProofRoute(token)] },
    life,
    log,
  );
  const links = createMasterLinks(token, log);
  life.atEnd("the agents' links", () => links.closeAll());
  const events = new EventFeed();
  const { hostname, address, port } = config;
  const watch = new MasterWatch();
  const timings = new MasterTimings();
  const plugins = await loadPlugins(config.pluginFiles);
  const nodeConfig = nodeConfigOf(config, plugins);
  const masterInfo = { hostname, address, port, domain: nodeConfig.master.domain };
  const sessions = new SchedulerSessions(masterInfo, logsUnwritten(log, "an event for a framework"));
  // Known when the app service has subscribed, which is also when its first event comes.
  let frameworkId = "";
  const node = await startNode(nodeConfig, {
    clock: createClock(),
    chance: createChance(randomSeed()),
    store: timings.timed(store),
    links,
    probes: createProbes(),
    publish: (event) => {
      if (event.type !== "connected") return publishAppsEvent(events, event, identity());
      node.apps.read(subscribedAs, (subscribed) => {
        frameworkId = subscribed ?? "";
        publishAppsEvent(events, event, identity());
      });
    },
    fatal: (reason) => life.fail(reason),
    frameworks: sessions,
    observe: (input) => {
      timings.deciding();
      watch.input(input);
    },
    watch: (state, records) => {
      timings.decided(records);
      return watch.records(state, records);
    },
  });
  const identity = (): ServiceIdentity => ({ frameworkId, master: `${config.hostname}:${config.port}` });
  life.atEnd("the node", () => node.stop());
  answerRequests(life, node, access);
  const entry = [...createLoginRoutes(access), createProofRoute(token)];
  await openServers(config, {
    life,
    log,
    access,
    entry,
    links,
    node,
    events,
    sessions,
    watch,
    timings,
    plugins,
  });
}

/** Resolves when the node has its state; a failure before that ends the process through `fatal`. */
const startNode = (config: MasterNodeConfig, ports: MasterNodePorts): Promise<MasterNode> =>
  new Promise((resolve) => {
    startMasterNode(ports, config, resolve);
  });

/** What `unum up` wants to know. */
function answerRequests(life: ProcessLife, node: MasterNode, access: Access): void {
  life.onRequest((request) => {
    switch (request.type) {
      case "login":
        return life.report({ type: "login", path: loginPath(access.createLoginCode()) });
      case "status":
        return node.master.read(standing, (report) => life.report(report));
      case "stop-tasks":
      case "destroy":
        return;
      default:
        return request satisfies never;
    }
  });
}

const standing = (state: MasterState): ControlReport => ({
  type: "status",
  agents: listAgents(state).map(({ info, state: agentState }) => ({
    name: info.name,
    active: agentState === "active",
    isolation: info.isolation,
  })),
  taskCount: listTasks(state).filter((task) => !isTerminal(task.state)).length,
});

type Opened = {
  readonly life: ProcessLife;
  readonly log: Log;
  readonly access: Access;
  /** The ways in, at every server. */
  readonly entry: readonly Route[];
  readonly links: ShellMasterLinks;
  readonly node: MasterNode;
  readonly events: EventFeed;
  readonly sessions: SchedulerSessions;
  readonly watch: MasterWatch;
  readonly timings: MasterTimings;
  readonly plugins: Plugins;
};

async function openServers(config: MasterProgramConfig, opened: Opened): Promise<void> {
  const { life, log, access, entry, links } = opened;
  const contexts = contextsOf(config, opened);
  const shared = { access, hostNames: [config.hostname.toLowerCase()], log };
  const upgrades = { [agentLinkProtocol]: links.accept };
  const api = createHttpServer({ ...shared, routes: [...masterRoutes(contexts), ...entry], upgrades });
  const gateway = createHttpServer({ ...shared, routes: [...gatewayRoutes(contexts), ...entry] });
  for (const [what, server, port] of [
    ["the master's API", api, config.port],
    ["the gateway", gateway, config.gatewayPort],
  ] as const) {
    life.atEnd(what, () => server.close());
    const bound = await server.listen(config.address, port);
    log.info(`${what} listens`, { url: `http://${config.address}:${bound}` });
  }
}

function contextsOf(config: MasterProgramConfig, opened: Opened): MasterContexts {
  const { life, node, events, sessions, watch, timings, plugins } = opened;
  return {
    cluster: {
      master: node.master,
      apps: node.apps,
      events,
      watch,
      system: watchMachine(),
      timers: () => timings.figures(),
      files: config.logFile === undefined ? undefined : createLogFiles("/master/log", config.logFile),
      ...(plugins.list.length === 0 ? {} : { plugins }),
      ...(config.store.kind === "etcd" ? { stepDown: () => stepDown(life) } : {}),
      nowMs: Date.now,
      info: {
        clusterName: config.clusterName,
        version: productVersion(),
        hostname: config.hostname,
        masterPort: config.port,
        gatewayPort: config.gatewayPort,
        startedAtMs: Date.now(),
        logFile: config.logFile,
        defaultUser: undefined,
        failoverTimeoutMs,
        taskLaunchTimeoutMs: fixed.apps.taskLaunchTimeoutMs,
        reconcileIntervalMs: fixed.apps.reconcileIntervalMs,
      },
    },
    scheduler: {
      master: node.master,
      sessions,
      newSession: () => sessionId(randomUUID()),
    },
  };
}

/** Time for the answer to arrive. Who supervises this process starts it again, as a standby. */
const stepDownMs = 100;

const stepDown = (life: ProcessLife): void => {
  setTimeout(() => life.end(0), stepDownMs);
};
