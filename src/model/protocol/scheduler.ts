/**
 * What frameworks and the master say to each other: the calls and events of Mesos's scheduler API, in our
 * own types. `wire/mesos` translates for frameworks outside; our own app service speaks them as they are.
 *
 * Semantics: Apache Mesos's, include/mesos/v1/scheduler/scheduler.proto, as the compatibility table lists.
 */

import type { ExecutorEnd } from "#model/executor.ts";
import type { FrameworkInfo } from "#model/framework.ts";
import type {
  AgentId,
  ExecutorId,
  FrameworkId,
  MasterId,
  OfferId,
  OperationId,
  RoleName,
  TaskId,
  UpdateId,
} from "#model/ids.ts";
import type { InverseOffer } from "#model/maintenance.ts";
import type { Offer } from "#model/offer.ts";
import type { OfferOperation, OperationStatus } from "#model/operation.ts";
import type { TaskStatus } from "#model/task.ts";

export type OfferFilters = {
  /** How long not to offer the refused resources again; 0 for no filter. */
  readonly refuseMs: number;
};

/** Bytes between a framework and its executor, in base64. */
type ExecutorMessage = {
  readonly agentId: AgentId;
  readonly executorId: ExecutorId;
  readonly data: string;
};

export type SchedulerCall =
  | {
      readonly type: "subscribe";
      readonly info: FrameworkInfo;
      /** Present when a framework comes back; absent, it gets a new id. */
      readonly frameworkId: FrameworkId | undefined;
      readonly suppressedRoles: readonly RoleName[];
    }
  | { readonly type: "teardown" }
  | {
      readonly type: "accept";
      readonly offerIds: readonly OfferId[];
      readonly operations: readonly OfferOperation[];
      readonly filters: OfferFilters;
    }
  | { readonly type: "decline"; readonly offerIds: readonly OfferId[]; readonly filters: OfferFilters }
  /** Empty `roles` means all of the framework's roles, here and in `suppress`. */
  | { readonly type: "revive"; readonly roles: readonly RoleName[] }
  | { readonly type: "suppress"; readonly roles: readonly RoleName[] }
  | {
      readonly type: "kill";
      readonly taskId: TaskId;
      readonly agentId: AgentId | undefined;
      readonly graceMs: number | undefined;
    }
  | {
      readonly type: "acknowledge";
      readonly agentId: AgentId;
      readonly taskId: TaskId;
      readonly updateId: UpdateId;
    }
  /** Changes what `subscribe` said; the framework stays subscribed. */
  | {
      readonly type: "update-framework";
      readonly info: FrameworkInfo;
      readonly suppressedRoles: readonly RoleName[];
    }
  | {
      readonly type: "accept-inverse-offers" | "decline-inverse-offers";
      readonly inverseOfferIds: readonly OfferId[];
      readonly filters: OfferFilters;
    }
  | {
      readonly type: "acknowledge-operation-status";
      readonly agentId: AgentId | undefined;
      readonly operationId: OperationId;
      readonly updateId: UpdateId;
    }
  /** Empty `operations` asks for all of the framework's. */
  | {
      readonly type: "reconcile-operations";
      readonly operations: readonly {
        readonly operationId: OperationId;
        readonly agentId: AgentId | undefined;
      }[];
    }
  | { readonly type: "shutdown"; readonly executorId: ExecutorId; readonly agentId: AgentId }
  | ({ readonly type: "message" } & ExecutorMessage)
  /** A wish for resources; the allocator goes by fair shares alone and takes no wishes. */
  | { readonly type: "request" }
  /** Empty `tasks` is implicit reconciliation: all tasks that the master knows. */
  | {
      readonly type: "reconcile";
      readonly tasks: readonly { readonly taskId: TaskId; readonly agentId: AgentId | undefined }[];
    };

export type SchedulerEvent =
  | {
      readonly type: "subscribed";
      readonly frameworkId: FrameworkId;
      readonly masterId: MasterId;
      readonly heartbeatIntervalMs: number;
    }
  | { readonly type: "offers"; readonly offers: readonly Offer[] }
  | { readonly type: "rescind"; readonly offerId: OfferId }
  | { readonly type: "update"; readonly status: TaskStatus }
  | { readonly type: "inverse-offers"; readonly inverseOffers: readonly InverseOffer[] }
  | { readonly type: "rescind-inverse-offer"; readonly inverseOfferId: OfferId }
  | { readonly type: "update-operation-status"; readonly status: OperationStatus }
  | ({ readonly type: "message" } & ExecutorMessage)
  /** A hint: the agent is gone, or, when it is named, an executor there. */
  | {
      readonly type: "failure";
      readonly agentId: AgentId;
      readonly executor?: { readonly executorId: ExecutorId; readonly end: ExecutorEnd } | undefined;
    }
  | { readonly type: "error"; readonly message: string }
  | { readonly type: "heartbeat" };
