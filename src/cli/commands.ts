/**
 * Every command of the client, in the order of the help.
 */

import type { Command } from "./command.ts";
import { agentPreflight } from "./commands/agent-preflight.ts";
import { appAdd } from "./commands/app-add.ts";
import { appList } from "./commands/app-list.ts";
import { appRemove } from "./commands/app-remove.ts";
import { appRestart } from "./commands/app-restart.ts";
import { appScale } from "./commands/app-scale.ts";
import { appShow } from "./commands/app-show.ts";
import { deploymentCancel } from "./commands/deployment-cancel.ts";
import { deploymentList } from "./commands/deployment-list.ts";
import { explainApp } from "./commands/explain-app.ts";
import { explainFramework } from "./commands/explain-framework.ts";
import { explainRole } from "./commands/explain-role.ts";
import { login } from "./commands/login.ts";
import { nodeList } from "./commands/node-list.ts";
import { taskExec } from "./commands/task-exec.ts";
import { taskKill } from "./commands/task-kill.ts";
import { taskList } from "./commands/task-list.ts";
import { taskLog } from "./commands/task-log.ts";
import { version } from "./commands/version.ts";

export const commands: readonly Command[] = [
  appAdd,
  appList,
  appShow,
  appScale,
  appRestart,
  appRemove,
  deploymentList,
  deploymentCancel,
  taskList,
  taskLog,
  taskExec,
  taskKill,
  nodeList,
  explainApp,
  explainFramework,
  explainRole,
  agentPreflight,
  login,
  version,
];
