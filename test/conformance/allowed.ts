/**
 * Where our answers may differ from the recorded ones, each with its reason; and which recordings are not
 * compared, and why.
 */

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
    field: /(^|\.)(version|git_sha|git_branch|build_date|build_time|build_user)$/,
    reason: "Unum tells its own version, and was not built from a tree of Mesos.",
  },
  {
    at: everywhere,
    field: /\.capabilities\[[67]\](\.type)?$/,
    reason: "Agents do not say RESOURCE_PROVIDER: they take no resource providers.",
  },
  {
    at: /^(operator-|agent-v1)/,
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
    gap: true,
    reason: "Logs are written by whoever runs the processes; the API shows no files of them.",
  },
  {
    at: /(LIST_FILES|READ_FILE|files_(browse|read)_path_(master|slave)_log.*|READ_FILE-offset-beyond-end)$/,
    field: /^(status|headers\.content-type|body.*)$/,
    gap: true,
    reason: "Logs are written by whoever runs the processes; the API shows no files of them.",
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
    field: /\.message$/,
    when: ({ recorded, live }) =>
      typeof live === "string" && (recorded === absent || live.includes(String(recorded))),
    reason: "The sentence about a task's end says more, such as why it was killed.",
  },
  {
    at: /^agent-/,
    field: /(cpus_(user|system)_time_secs|mem_rss_bytes)$/,
    gap: true,
    reason: "What containers really use is not measured yet.",
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
    at: /^agent-/,
    field: /\.(statuses\[\d+\]\.uuid|status_update_uuid)$/,
    when: ({ live }) => live === absent,
    reason: "An agent keeps the ids of those updates that are not acknowledged.",
  },
  {
    at: /^agent-/,
    field: /\.(completed_tasks|completed_executors|completed_frameworks)(\[\d+\].*)?$/,
    gap: true,
    reason: "An agent keeps of tasks that have ended their files and ids only; the master has their history.",
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
    at: /agent-v0\/4-completed\/files_debug$/,
    field: /pod-1/,
    gap: true,
    reason: "Task groups do not run on agents yet.",
  },
  {
    at: /UPDATE_QUOTA-star$/,
    field: /./,
    reason: "A quota for role `*` is refused: Mesos takes it, and it guarantees nothing to anybody.",
  },
  {
    at: /28-GET_ROLES-after$/,
    field: /^body\.get_roles\.roles/,
    reason: "Mesos shows role `*` for the quota that it took; see there.",
  },
  {
    at: /49-GET_MAINTENANCE_STATUS-declined$/,
    field: /\.statuses$/,
    reason: "No framework of the run has anything on the machine, and so none was asked.",
  },
  {
    at: /53-GET_AGENTS-draining$/,
    field: /\.(allocated_resources|drain_info\.state)$/,
    reason: "Nothing runs on the agent at that point of the run, so that it is drained at once.",
  },
  {
    at: /agent-(LAUNCH|GET|WAIT)_CONTAINERS?-standalone$/,
    field: /./,
    gap: true,
    reason: "Containers that belong to no framework are not implemented.",
  },
  {
    at: /^(master-v0)/,
    field: /^body\.cluster$/,
    reason: "The recorded cluster had no name; ours always has one.",
  },
];

export const notCompared: readonly { readonly at: RegExp; readonly reason: string }[] = [
  {
    at: /-stream$/,
    reason:
      "An endless answer, whose events depend on what happens meanwhile; tests of their own compare them.",
  },
  { at: /^scheduler-/, reason: "The scheduler API is compared by its own tests." },
  {
    at: /sched-/,
    reason: "A call of the scheduler API in a session that was not recorded from its beginning.",
  },
  { at: /^failover\//, reason: "Needs masters and agents that are killed at the right moments." },
  { at: /^crashes\//, reason: "The real process ended without an answer." },
  { at: /3-task-group/, reason: "Agents do not run task groups yet." },
];
