/**
 * Every command of the client, in the order of the help.
 */

import type { Command } from "./command.ts";
import { agentPreflight } from "./commands/agent-preflight.ts";
import { appAdd } from "./commands/app-add.ts";
import { appEdit } from "./commands/app-edit.ts";
import { appList } from "./commands/app-list.ts";
import { appLog } from "./commands/app-log.ts";
import { appPlan } from "./commands/app-plan.ts";
import { appRemove } from "./commands/app-remove.ts";
import { appRestart } from "./commands/app-restart.ts";
import { appScale } from "./commands/app-scale.ts";
import { appShow } from "./commands/app-show.ts";
import { backup } from "./commands/backup.ts";
import {
  chaosCut,
  chaosFillDisk,
  chaosHeal,
  chaosKill,
  chaosList,
  chaosPause,
  chaosResume,
  chaosSlow,
} from "./commands/chaos.ts";
import { deploymentCancel } from "./commands/deployment-cancel.ts";
import { deploymentList } from "./commands/deployment-list.ts";
import { deploymentShow } from "./commands/deployment-show.ts";
import { deploymentWait } from "./commands/deployment-wait.ts";
import { explainApp, explainPod } from "./commands/explain-app.ts";
import { explainFramework } from "./commands/explain-framework.ts";
import { explainRole } from "./commands/explain-role.ts";
import { groupCreate } from "./commands/group-create.ts";
import { groupDelete } from "./commands/group-delete.ts";
import { groupList } from "./commands/group-list.ts";
import { groupPlan } from "./commands/group-plan.ts";
import { groupShow } from "./commands/group-show.ts";
import { groupUpdate } from "./commands/group-update.ts";
import { importMarathon } from "./commands/import-marathon.ts";
import { login } from "./commands/login.ts";
import { masterStepDown } from "./commands/master-step-down.ts";
import { nodeList } from "./commands/node-list.ts";
import { nodeLosses } from "./commands/node-losses.ts";
import { podCreate, podUpdate } from "./commands/pod-create.ts";
import { podDelete } from "./commands/pod-delete.ts";
import { podList } from "./commands/pod-list.ts";
import { podPlan } from "./commands/pod-plan.ts";
import { podScale } from "./commands/pod-scale.ts";
import { podShow } from "./commands/pod-show.ts";
import { podStatus } from "./commands/pod-status.ts";
import { appRollback, podRollback } from "./commands/rollback.ts";
import { taskAttach } from "./commands/task-attach.ts";
import { taskExec } from "./commands/task-exec.ts";
import { taskKill } from "./commands/task-kill.ts";
import { taskList } from "./commands/task-list.ts";
import { taskLog } from "./commands/task-log.ts";
import { version } from "./commands/version.ts";

export const commands: readonly Command[] = [
  appAdd,
  appPlan,
  appList,
  appShow,
  appLog,
  appEdit,
  appScale,
  appRestart,
  appRollback,
  appRemove,
  podCreate,
  podPlan,
  podList,
  podShow,
  podStatus,
  podScale,
  podUpdate,
  podRollback,
  podDelete,
  groupList,
  groupShow,
  groupCreate,
  groupUpdate,
  groupPlan,
  groupDelete,
  deploymentList,
  deploymentShow,
  deploymentWait,
  deploymentCancel,
  taskList,
  taskLog,
  taskExec,
  taskAttach,
  taskKill,
  nodeList,
  nodeLosses,
  explainApp,
  explainPod,
  explainFramework,
  explainRole,
  importMarathon,
  agentPreflight,
  chaosKill,
  chaosPause,
  chaosResume,
  chaosCut,
  chaosSlow,
  chaosFillDisk,
  chaosHeal,
  chaosList,
  masterStepDown,
  backup,
  login,
  version,
];
