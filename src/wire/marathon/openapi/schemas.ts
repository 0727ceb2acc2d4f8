/**
 * The bodies of Marathon's API by name: what comes in is described by the schemas that check it, what goes out by those
 * and what answers add.
 *
 * Answers may hold more than is said here; clients must pass over what they do not know.
 */

import Type, { type TSchema } from "typebox";
import { appSchema } from "../app-schema.ts";
import { podSchema } from "../pod-schema.ts";

const optional = Type.Optional;
const time = () => Type.String({ format: "date-time" });
const count = () => Type.Integer({ minimum: 0 });
const id = () => Type.String({ description: "An absolute path, for example /shop/web" });

const deploymentRef = Type.Object({ id: Type.String() });

const task = Type.Object({
  id: Type.String(),
  appId: id(),
  slaveId: Type.String(),
  host: Type.String(),
  state: Type.String({ description: "As Mesos names it, for example TASK_RUNNING" }),
  ports: Type.Array(Type.Integer()),
  servicePorts: Type.Array(Type.Integer()),
  ipAddresses: Type.Array(Type.Object({ ipAddress: Type.String(), protocol: Type.String() })),
  stagedAt: time(),
  startedAt: optional(time()),
  version: Type.String(),
  healthCheckResults: optional(Type.Array(Type.Object({ alive: Type.Boolean() }))),
});

/** Of answers alone; those of counts, tasks and so on are there when they were asked for by `embed`. */
const appState = Type.Object({
  id: id(),
  version: Type.String(),
  versionInfo: Type.Object({ lastScalingAt: Type.String(), lastConfigChangeAt: Type.String() }),
  tasksStaged: optional(count()),
  tasksRunning: optional(count()),
  tasksHealthy: optional(count()),
  tasksUnhealthy: optional(count()),
  deployments: optional(Type.Array(deploymentRef)),
  tasks: optional(Type.Array(task)),
});

const appAnswer = Type.Intersect([appSchema, appState]);
const deploymentAction = Type.Object({
  action: Type.Enum(["StartApplication", "ScaleApplication", "RestartApplication", "StopApplication"]),
  app: optional(id()),
  pod: optional(id()),
});

const deployment = Type.Object({
  id: Type.String(),
  version: Type.String(),
  affectedApps: Type.Array(id()),
  affectedPods: Type.Array(id()),
  steps: Type.Array(Type.Object({ actions: Type.Array(deploymentAction) })),
  currentActions: Type.Array(deploymentAction),
  currentStep: count(),
  totalSteps: count(),
  waitingFor: optional(Type.Array(Type.String({ description: "What the current step waits for, in words" }))),
  waits: optional(
    Type.Array(
      Type.Object({
        app: id(),
        what: Type.String(),
        count: count(),
        since: optional(time()),
        text: Type.String(),
      }),
    ),
  ),
  deadline: optional(time()),
});

const queueEntry = Type.Object({
  count: count(),
  since: time(),
  delay: Type.Object({ overdue: Type.Boolean(), timeLeftSeconds: count() }),
  processedOffersSummary: Type.Object({ processedOffersCount: count(), unusedOffersCount: count() }),
});

const group = Type.Object({
  id: optional(Type.String({ description: "Relative ones are below the group that they stand in" })),
  apps: optional(Type.Array(appSchema)),
  groups: optional(Type.Array(Type.Unknown({ description: "Groups again" }))),
  dependencies: optional(Type.Array(Type.String())),
  enforceRole: optional(Type.Boolean()),
  scaleBy: optional(Type.Number({ minimum: 0 })),
  version: optional(Type.String()),
});

export const apiSchemas = {
  App: appSchema,
  AppAnswer: Type.Object({ app: appAnswer }),
  AppVersion: appAnswer,
  AppList: Type.Object({ apps: Type.Array(appAnswer) }),
  AppUpdates: Type.Array(appSchema),
  Pod: podSchema,
  PodList: Type.Array(podSchema),
  PodStatus: Type.Object({ id: id(), status: Type.Enum(["DEGRADED", "STABLE", "TERMINAL"]) }),
  PodStatusList: Type.Array(Type.Object({ id: id(), status: Type.String() })),
  InstanceIds: Type.Array(Type.String()),
  List: Type.Array(Type.Unknown()),
  Group: group,
  Task: task,
  TaskList: Type.Object({ tasks: Type.Array(task) }),
  TaskIds: Type.Object({ ids: Type.Array(Type.String()) }),
  Versions: Type.Object({ versions: Type.Array(Type.String()) }),
  VersionList: Type.Array(Type.String()),
  Deployment: deployment,
  DeploymentList: Type.Array(deployment),
  Change: Type.Object({ version: Type.String(), deploymentId: Type.String() }),
  Queue: Type.Object({ queue: Type.Array(queueEntry) }),
  Info: Type.Object({ name: Type.String(), version: Type.String() }),
  Leader: Type.Object({ leader: Type.String() }),
  Any: Type.Object({}),
  Problem: Type.Object({
    message: Type.String(),
    details: optional(Type.Array(Type.Object({ path: Type.String(), errors: Type.Array(Type.String()) }))),
    deployments: optional(Type.Array(deploymentRef)),
  }),
} as const satisfies Readonly<Record<string, TSchema>>;

export type ApiSchemaName = keyof typeof apiSchemas;
