/**
 * What a framework and the simulated cluster say to each other: the v1 scheduler API's JSON, as far as it has types here.
 *
 * Only names and shapes; every member that Mesos's JSON has may be given and comes, typed here or not. What is sent is read
 * by the same code that reads it from the network.
 */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export type Id = { readonly value: string };

export type Resource = {
  readonly name: string;
  readonly type: "SCALAR" | "RANGES" | "SET";
  readonly scalar?: { readonly value: number };
  readonly ranges?: { readonly range: readonly { readonly begin: number; readonly end: number }[] };
  readonly [more: string]: unknown;
};

export type Offer = {
  readonly id: Id;
  readonly framework_id: Id;
  readonly agent_id: Id;
  readonly hostname: string;
  readonly resources: readonly Resource[];
  readonly [more: string]: unknown;
};

export type TaskState =
  | "TASK_STAGING"
  | "TASK_STARTING"
  | "TASK_RUNNING"
  | "TASK_KILLING"
  | "TASK_FINISHED"
  | "TASK_FAILED"
  | "TASK_KILLED"
  | "TASK_ERROR"
  | "TASK_LOST"
  | "TASK_DROPPED"
  | "TASK_UNREACHABLE"
  | "TASK_GONE"
  | "TASK_GONE_BY_OPERATOR"
  | "TASK_UNKNOWN";

export type TaskStatus = {
  readonly task_id: Id;
  readonly state: TaskState;
  readonly agent_id?: Id;
  /** There when an acknowledgement is waited for. */
  readonly uuid?: string;
  readonly source?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly [more: string]: unknown;
};

/** What comes on a subscription. */
export type SchedulerEvent =
  | { readonly type: "SUBSCRIBED"; readonly subscribed: { readonly framework_id: Id } }
  | { readonly type: "OFFERS"; readonly offers: { readonly offers: readonly Offer[] } }
  | { readonly type: "RESCIND"; readonly rescind: { readonly offer_id: Id } }
  | { readonly type: "UPDATE"; readonly update: { readonly status: TaskStatus } }
  | {
      readonly type: "FAILURE";
      readonly failure: { readonly agent_id?: Id; readonly executor_id?: Id; readonly status?: number };
    }
  | { readonly type: "ERROR"; readonly error: { readonly message: string } }
  | { readonly type: "HEARTBEAT" }
  | {
      readonly type: "INVERSE_OFFERS" | "RESCIND_INVERSE_OFFER" | "UPDATE_OPERATION_STATUS" | "MESSAGE";
      readonly [more: string]: unknown;
    };

/** A call by its type; what belongs to it is a member of the type's name in small letters, as in Mesos's JSON. */
export type SchedulerCall = {
  readonly type: string;
  /** Put in by whoever carries the call, when it is left out and known. */
  readonly framework_id?: Id;
  readonly [member: string]: unknown;
};
