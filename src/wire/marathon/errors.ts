/**
 * Error bodies as Marathon's clients expect them: a `message`, and where it helps `details` or `deployments`.
 */

import type { AppId } from "#model/ids.ts";
import type { Place, Problem } from "../json/problem.ts";
import type { Json } from "./app-format.ts";

export const messageBody = (message: string): Json => ({ message });

export const problemBody = (problem: Problem): Json => ({
  message: problem.message,
  details: problem.details,
});

/** A rule was broken that only the service could see. */
export const invalidBody = (message: string, details: readonly Place[] | undefined): Json =>
  details === undefined ? { message } : { message: "Object is not valid", details };

export const appNotFound = (id: AppId | string): Json => messageBody(`App '${id}' does not exist`);

/** `deployments`: those that hold the app. */
export const lockedBody = (message: string, deployments: readonly string[]): Json => ({
  message,
  deployments: deployments.map((id) => ({ id })),
});
