/**
 * An offer that is being used: what was taken of it so far, and what is to be done with that.
 */

import { limits } from "#base/limits.ts";
import type { Offer } from "#model/offer.ts";
import type { OfferOperation } from "#model/operation.ts";
import type { Resources } from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";

export type Desk = {
  readonly offer: Offer;
  taken: Resources;
  /** Of apps: launched together, after the operations. */
  readonly tasks: TaskSpec[];
  readonly operations: OfferOperation[];
};

export const isFull = ({ tasks, operations }: Desk): boolean =>
  tasks.length + operations.length * operationWeight >= limits.tasksPerAcceptMax ||
  operations.length + operationsPerInstance > limits.operationsPerAcceptMax;

/** A group of tasks is one operation, and each of its tasks counts. */
const operationWeight = 8;
/** Reserve, create volumes, launch. */
const operationsPerInstance = 3;

export const operationsOf = ({ tasks, operations }: Desk): readonly OfferOperation[] =>
  tasks.length === 0 ? operations : [...operations, { kind: "launch", tasks, executors: [] }];
