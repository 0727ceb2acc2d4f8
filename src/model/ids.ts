/**
 * The names of things, each a type of its own.
 *
 * The functions here only put the brand on: text that comes from outside is validated in `wire/` first.
 * A room calls them for ids that it makes itself.
 */

import type { Brand } from "#base/brand.ts";

export type MasterId = Brand<string, "MasterId">;
export type AgentId = Brand<string, "AgentId">;
export type FrameworkId = Brand<string, "FrameworkId">;
export type OfferId = Brand<string, "OfferId">;
export type TaskId = Brand<string, "TaskId">;
/** A framework's own name for what runs its tasks; of a task with its own command, the task's id. */
export type ExecutorId = Brand<string, "ExecutorId">;
export type ContainerId = Brand<string, "ContainerId">;
export type UpdateId = Brand<string, "UpdateId">;
/** A framework's own name for an operation on offered resources. */
export type OperationId = Brand<string, "OperationId">;
export type RoleName = Brand<string, "RoleName">;
/** One connection of an agent or a framework; a new connection is a new session. */
export type SessionId = Brand<string, "SessionId">;
/** An app's absolute path, such as `/group/web`. */
export type AppId = Brand<string, "AppId">;
/** A group's absolute path, such as `/shop`; the root's is `/`. */
export type GroupId = Brand<string, "GroupId">;
export type DeploymentId = Brand<string, "DeploymentId">;
/** A version of a definition: its time in ISO 8601 with milliseconds, unique and rising for each app. */
export type VersionId = Brand<string, "VersionId">;

export const masterId = (text: string): MasterId => text as MasterId;
export const agentId = (text: string): AgentId => text as AgentId;
export const frameworkId = (text: string): FrameworkId => text as FrameworkId;
export const offerId = (text: string): OfferId => text as OfferId;
export const taskId = (text: string): TaskId => text as TaskId;
export const executorId = (text: string): ExecutorId => text as ExecutorId;
export const containerId = (text: string): ContainerId => text as ContainerId;
export const updateId = (text: string): UpdateId => text as UpdateId;
export const operationId = (text: string): OperationId => text as OperationId;
export const roleName = (text: string): RoleName => text as RoleName;
export const sessionId = (text: string): SessionId => text as SessionId;
export const appId = (text: string): AppId => text as AppId;
export const groupId = (text: string): GroupId => text as GroupId;
export const deploymentId = (text: string): DeploymentId => text as DeploymentId;
export const versionId = (text: string): VersionId => text as VersionId;
