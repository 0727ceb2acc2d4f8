/**
 * Where our answers may differ from the recorded ones, each with its reason; and which recordings are not
 * compared, and why.
 */

import { mesosVersion } from "#wire/mesos/version.ts";
import { absent, type Difference } from "./compare.ts";

export type Allowance = {
  /** The recording's name. */
  readonly at: RegExp;
  /** The path of the field. */
  readonly field: RegExp;
  readonly when?: (difference: Difference) => boolean;
  /** Whether something is missing that should come. */
  readonly gap?: true;
  readonly reason: string;
};

const everywhere = /./;

export const allowances: readonly Allowance[] = [
  {
    at: everywhere,
    field: /(^|\.)(version|unum_version|git_sha|git_branch|build_date|build_time|build_user)$/,
    when: ({ path, live }) => !/(^|\.)version$/.test(path) || live === mesosVersion,
    reason:
      "The recorded Mesos was built from its sources after its last release; ours tells that release, its own version beside it, and was not built from a tree of Mesos.",
  },
  {
    at: everywhere,
    field: /\.capabilities\[[67]\](\.type)?$/,
    reason: "Agents do not say RESOURCE_PROVIDER: they take no resource providers.",
  },
  {
    at: /^(operator-|agent-v1|scheduler-session|failover)/,
    field: /\.agent_info\.checkpoint$/,
    when: ({ live }) => live === absent,
    reason: "A field that the v1 definitions do not have, and that Mesos's JSON shows all the same.",
  },
  {
    at: everywhere,
    field: /\.flags\./,
    reason: "Flags are shown that mean something here, with our values.",
  },
  {
    at: everywhere,
    field: /(^body\.log_dir|\/log)$/,
    when: ({ recorded, live }) => typeof live === typeof recorded && live !== absent,
    reason: "Logs lie where whoever runs the processes keeps them.",
  },
  {
    at: /(READ_FILE|files_read_path_(master|slave)_log.*|READ_FILE-offset-beyond-end)$/,
    field: /^body\.(data|offset|read_file\.(data|size))$/,
    when: ({ recorded, live }) => typeof live === typeof recorded,
    reason: "Logs have lines of our own, and not as many.",
  },
  {
    at: /(GET_METRICS|metrics_snapshot)$/,
    field: /^body\./,
    when: ({ recorded, live }) => live === absent || recorded === absent || typeof live === typeof recorded,
    reason: "Figures differ from run to run; those that measure nothing here are not there.",
  },
  {
    at: /system_stats_json$/,
    field: /^body\./,
    when: ({ recorded, live }) => typeof live === typeof recorded,
    reason: "Figures of the machine.",
  },
  {
    at: /(nonexistent|overlay_master_state)$/,
    field: /^(headers\.content-type|body.*)$/,
    reason: "What is not found is answered with a sentence that says what.",
  },
  {
    at: everywhere,
    field: /\.executor_pid$/,
    reason: "A process's number; it is told of containers, and not repeated in every status.",
  },
  {
    at: everywhere,
    field: /\.status(es\[\d+\])?\.message$/,
    when: ({ live, path }) => live !== absent || path.startsWith("operation("),
    reason:
      "Sentences about what became of a task or an operation are our own, and say more; what machines go by is in states and reasons.",
  },
  {
    at: /^agent-/,
    field: /\.(resource_)?statistics\.(processes|threads|(cpus|mem|disk|blkio|net)_\w+)(\..*)?$/,
    when: ({ recorded, live }) =>
      typeof live === "number" && (recorded === absent || typeof recorded === "number"),
    reason: "Figures of containers; ours are counted by control groups, and there are more of them.",
  },
  {
    at: /^agent-/,
    field:
      /(cpus_soft_limit|mem_limit_bytes|mem_soft_limit_bytes|_allocated\.(mem|cpus)|executors\[0\]\.resources\.(mem|cpus))$/,
    reason: "A task costs what it asked for: there is no executor beside it that wants a share of its own.",
  },
  {
    at: /^agent-/,
    field: /executor_info\.command$/,
    reason: "There is no executor's command: a command task is its own process.",
  },
  {
    at: /^agent-/,
    field:
      /frameworks\[0\](\.framework_info)?\.(user|name|checkpoint|capabilities|labels|failover_timeout|hostname|roles)$/,
    gap: true,
    reason: "An agent knows of a framework its id and role only.",
  },
  {
    at: /^(agent-|failover)/,
    field: /\.(statuses\[\d+\]\.uuid|status_update_uuid)$/,
    when: ({ live }) => live === absent,
    reason: "An agent keeps the ids of those updates that are not acknowledged.",
  },
  {
    at: /^agent-/,
    field: /\.(completed_tasks|completed_executors|completed_frameworks)(\[\d+\].*)?$/,
    gap: true,
    reason:
      "Of executors that have ended an agent keeps the names and the files only, and of a task its last status; the master has their history.",
  },
  {
    at: /(LIST_FILES-sandbox|files_browse_(sandbox|virtual_path))$/,
    field: /\.(size|mode|uid|gid)$/,
    reason: "Output belongs to the task's user, for nobody else to read, and no executor writes into it.",
  },
  {
    at: /^agent-v0/,
    field: /^body\.master_hostname$/,
    reason: "The name of the master as the agent was told it.",
  },
  {
    at: /28-GET_ROLES-after$/,
    field: /^body\.get_roles\.roles/,
    reason: "Role `*`, which has a quota there, is the app service's too, and left out with it.",
  },
  {
    at: /agent-(LAUNCH|GET|WAIT)_CONTAINERS?-standalone$/,
    field: /./,
    gap: true,
    reason: "Containers that belong to no framework are not implemented.",
  },
  {
    at: /^(master-v0|failover)/,
    field: /^body\.cluster$/,
    reason: "The recorded cluster had no name; ours always has one.",
  },
  {
    at: /^(scheduler-|failover|operator-bad)/,
    field: /^(offer\[0\]\.resources|body\.get_state\.get_frameworks\.frameworks\[0\]\.offers)/,
    reason: "How the resources of an agent are cut into offers depends on the moment.",
  },
  {
    at: /3-task-group\/GET_STATE$/,
    field: /\.(offers|offered_resources)$/,
    reason: "How the resources of an agent are cut into offers depends on the moment.",
  },
  {
    at: everywhere,
    field: /\.container_status\.(container_id\.parent|network_infos)$/,
    reason:
      "The containers of a group's tasks stand beside each other: the default executor is no process. They have their address to the end.",
  },
  {
    at: /^agent-v[01]\/3-task-group/,
    field: /\.executors\[[12]\]$/,
    when: ({ live }) => live === absent,
    reason: "Mesos's executors of command tasks are there a second longer than their tasks.",
  },
  {
    at: /17-GET_OPERATIONS$/,
    field: /\.info\.reserve\.resources\[0\]\.allocation_info$/,
    reason: "An operation that is done is kept without the role of the offer that it was done with.",
  },
  {
    at: /^scheduler-bad/,
    field: /^operation\(.*\.agent_id$/,
    when: ({ recorded }) => recorded === absent,
    reason: "The status of an operation that is refused tells the agent, too.",
  },
  {
    at: /73-task-command-no-value$/,
    field: /^update\(b18\)/,
    reason: "What crashes Mesos's executor is refused before it is launched.",
  },
  {
    at: /76-task-unknown-user$/,
    field: /^update\(b21\)/,
    reason: "That a user does not exist is found when the container is made, and so tells the container.",
  },
  {
    at: /77-task-uri-fetch-fails$/,
    field: /^update\(b22\)/,
    reason: "What cannot be fetched is told by its address, with the reason.",
  },
  {
    at: /^failover\//,
    field: /\.container_status$/,
    when: ({ recorded }) => recorded === absent,
    reason: "The status of a task out of reach still tells its container.",
  },
  {
    at: /^failover\/(04|10)-/,
    field: /\.tasks\[0\]\.(statuses\[[12]\]|status_update_(state|uuid))$/,
    reason:
      "The master remembers what it said of a task while its agent was away; Mesos's takes the agent's account in its place.",
  },
  {
    at: /^failover\/06-/,
    field: /^(agent_removed\[0\]|task\(fo-1\)\[3\]\.(type|task_added|task_updated))$/,
    reason:
      "Operators' streams tell that an agent out of reach is not among the agents any more, and its tasks' return as an update of theirs; Mesos tells neither its going nor that the tasks were known.",
  },
  {
    at: /^failover\/06-/,
    field: /\.agent\.allocated_resources$/,
    reason: "What an agent that comes back holds is told by the events of its tasks.",
  },
];

export const notCompared: readonly { readonly at: RegExp; readonly reason: string }[] = [
  { at: /^crashes\//, reason: "The real process ended without an answer." },
];
