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
import type { Backups } from "#ports/backup.ts";
import type { Plugins } from "#ports/plugins.ts";
import type { Store } from "#ports/store.ts";
import { createBackups } from "#shell/backup/make-backups.ts";
import { createClock } from "#shell/clock/clock.ts";
import { type Access, createAccess } from "#shell/http/access.ts";
import { createLoginRoutes, loginPath } from "#shell/http/login.ts";
import { createProofRoute } from "#shell/http/proof.ts";
import type { Route } from "#shell/http/router.ts";
import { createHttpServer } from "#shell/http/server.ts";
import { belowRoutes, createStaticFiles } from "#shell/http/static-files.ts";
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
import { ConsoleHooks, openDesk } from "./console.ts";
import { type HandOver, handOver } from "./hand-over.ts";
import { tellLosses } from "./loss-log.ts";
import { type LeaderTerm, openStore } from "./open-store.ts";
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
  { agentPingMs, agentPingsMax, agentLoss, hostname, gatewayPort, domain, appPlacement }: MasterProgramConfig,
  plugins: Plugins,
): MasterNodeConfig => ({
  master: {
    ...fixed.master,
    pingIntervalMs: agentPingMs,
    agentTimeoutMs: agentPingMs * agentPingsMax,
    agentLoss,
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
  const entry = [...createLoginRoutes(access), createProofRoute(token)];
  const { store, cluster, term } = await openStore(
    config,
    { access, hostNames: [config.hostname.toLowerCase()], entry },
    life,
    log,
  );
  const links = createMasterLinks(token, log);
  life.atEnd("the agents' links", () => links.closeAll());
  const events = new EventFeed();
  const { hostname, address, port } = config;
  const watch = new MasterWatch();
  const hooks = new ConsoleHooks();
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
      hooks.appsEvent(event);
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
      hooks.observe(input);
    },
    watch: (state, records) => {
      timings.decided(records);
      tellLosses(log, state, records);
      hooks.masterRecords(state, records);
      return watch.records(state, records);
    },
    watchApps: hooks.appsRecords,
  });
  const identity = (): ServiceIdentity => ({ frameworkId, master: `${config.hostname}:${config.port}` });
  life.atEnd("the node", () => node.stop());
  answerRequests(life, node, access);
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
    hooks,
    store,
    term,
    timings,
    plugins,
    backups: createBackups(
      store,
      { release: productVersion(), cluster: { id: cluster.id, name: config.clusterName } },
      Date.now,
    ),
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
  readonly hooks: ConsoleHooks;
  readonly store: Store;
  readonly term: LeaderTerm | undefined;
  readonly timings: MasterTimings;
  readonly plugins: Plugins;
  readonly backups: Backups;
};

async function openServers(config: MasterProgramConfig, opened: Opened): Promise<void> {
  const { life, log, access, entry, links, hooks, watch, store } = opened;
  const contexts = contextsOf(config, opened);
  const { cluster } = contexts;
  const desk = await openDesk({ hooks, cluster, watch, store, storeKind: config.store.kind, life, log });
  const shown = { ...cluster, desk };
  const shared = { access, hostNames: [config.hostname.toLowerCase()], log };
  const upgrades = { [agentLinkProtocol]: links.accept };
  const apiTable = { routes: [...masterRoutes(contexts), ...entry], upgrades };
  const gatewayTable = [...gatewayRoutes({ ...contexts, console: shown }), ...entry];
  const files = createStaticFiles(config.consoleDirectory, belowRoutes(gatewayTable));
  const { standby } = opened.term ?? {};
  if (standby !== undefined) {
    standby.api.serve(apiTable);
    standby.gateway.serve({ routes: gatewayTable, files });
    life.atEnd("the servers", () => standby.close());
    return;
  }
  const api = createHttpServer({ ...shared, ...apiTable });
  const gateway = createHttpServer({ ...shared, routes: gatewayTable, files });
  for (const [what, server, port] of [
    ["the master's API", api, config.port],
    ["the gateway", gateway, config.gatewayPort],
  ] as const) {
    life.atEnd(what, () => server.close());
    const bound = await server.listen(config.address, port);
    log.info(`${what} listens`, { url: `http://${config.address}:${bound}` });
  }
}

function contextsOf(config: MasterProgramConfig, opened: Opened): Omit<MasterContexts, "console"> {
  const { life, log, node, links, term, events, sessions, watch, timings, plugins, backups } = opened;
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
      backups,
      ...(term === undefined ? {} : { stepDown: () => stepDown({ term, node, links, life, log }) }),
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

const begun = new WeakSet<LeaderTerm>();

const stepDown = (parts: HandOver): void => {
  if (begun.has(parts.term)) return;
  begun.add(parts.term);
  void handOver(parts).catch((error: unknown) => parts.life.fail(`the hand-over failed: ${error}`));
};
