/**
 * An order that the master rejected, answered in Mesos's words and with its statuses where it has some.
 *
 * The master's own sentence stands where Mesos has none.
 */

import { singleRow } from "#core/master/records.ts";
import type { MasterState } from "#core/master/state.ts";
import type { OperatorInput } from "#core/master/types.ts";
import { agentUsage } from "#core/master/views.ts";
import { type Machine, machineKey } from "#model/maintenance.ts";
import type { ConvertingOperation } from "#model/operation.ts";
import type { Quota } from "#model/quota.ts";
import { isDynamicallyReserved } from "#model/reservation.ts";
import { asMilli, type Milli } from "#model/resource-value.ts";
import { fromList, scalarNames, scalarTotals, sumResources, toList } from "#model/resources.ts";
import type { Respond } from "#ports/door.ts";
import type { Rejection } from "#ports/room.ts";
import { quantitiesText } from "#wire/mesos/operator/quota-parse.ts";
import { resourcesText } from "#wire/mesos/operator/resource-text.ts";
import { formatPid } from "#wire/mesos/pieces.ts";
import { emptyAnswer, textAnswer } from "../../answers.ts";
import type { ClusterContext } from "../../endpoint.ts";

type Refusal = { readonly status: number; readonly sentence: string };

export function refuse(
  input: OperatorInput,
  rejection: Rejection,
  { master }: ClusterContext,
  respond: Respond,
): void {
  if (rejection.code === "unavailable") return respond(textAnswer(503, rejection.message));
  master.read(
    (state) => refusalOf(state, input, rejection),
    ({ status, sentence }) => respond(status === 200 ? emptyAnswer(200) : textAnswer(status, sentence)),
  );
}

function refusalOf(state: MasterState, input: OperatorInput, rejection: Rejection): Refusal {
  const own = (status: number): Refusal => ({ status, sentence: rejection.message });
  const isUnknown = rejection.code === "not-found";
  switch (input.type) {
    case "mark-agent-gone":
      // Whoever is gone cannot be marked so again, which is what was asked for.
      if (state.tables["gone-agent"].has(input.agentId)) return { status: 200, sentence: "" };
      return isUnknown ? { status: 404, sentence: `Agent '${input.agentId}' not found` } : own(400);
    case "deactivate-agent":
    case "drain-agent":
      return isUnknown ? { status: 400, sentence: "Unknown agent" } : own(400);
    case "reactivate-agent":
      if (isUnknown) return { status: 400, sentence: "Unknown agent" };
      return { status: 400, sentence: "Agent is still in the DRAINING state" };
    case "teardown-framework":
      return { status: 400, sentence: "No framework found with specified ID" };
    case "operate":
      return refusedOperation(state, input, rejection);
    case "update-quotas":
      return { status: 400, sentence: quotaSentence(state, input.quotas, rejection) };
    case "start-maintenance":
    case "stop-maintenance":
      return { status: 400, sentence: machinesSentence(state, input, rejection) };
    case "mark-missing-agents":
    case "update-weights":
    case "update-maintenance-schedule":
      return own(400);
    default:
      return input satisfies never;
  }
}

const operationNames: Readonly<Record<ConvertingOperation["kind"], string>> = {
  reserve: "RESERVE",
  unreserve: "UNRESERVE",
  create: "CREATE",
  destroy: "DESTROY",
  "grow-volume": "GROW_VOLUME",
  "shrink-volume": "SHRINK_VOLUME",
};

function refusedOperation(
  state: MasterState,
  { agentId, operation }: Extract<OperatorInput, { type: "operate" }>,
  { code, message }: Rejection,
): Refusal {
  const agent = state.tables.agent.get(agentId);
  if (agent === undefined) return { status: 400, sentence: "No agent found with specified ID" };
  const wanted = operation.kind === "unreserve" ? operation.resources : undefined;
  if (code === "conflict" && wanted !== undefined && agent.state === "active") {
    const free = resourcesText(agentUsage(state, agent).free);
    return { status: 409, sentence: `${free} does not contain ${resourcesText(wanted)}` };
  }
  if (code === "conflict") return { status: 409, sentence: message };
  const name = operationNames[operation.kind];
  const { info } = agent;
  const where = `${agentId} at ${formatPid(info.endpoint)} (${info.hostname})`;
  const fault = unreservedFault(operation) ?? message.replace(/^Invalid operation: /, "");
  return { status: 400, sentence: `Invalid ${name} operation on agent ${where}: ${fault}` };
}

function unreservedFault(operation: ConvertingOperation): string | undefined {
  if (operation.kind !== "reserve" && operation.kind !== "unreserve") return undefined;
  const bare = toList(operation.resources).find((resource) => !isDynamicallyReserved(resource));
  if (bare === undefined) return undefined;
  return `Resource ${resourcesText(fromList([bare]))} is not dynamically reserved`;
}

function quotaSentence(state: MasterState, quotas: readonly Quota[], { message }: Rejection): string {
  const after = new Map(state.tables.quota);
  for (const quota of quotas) after.set(quota.role, quota);
  const guaranteed = scalarNames.map((name): [string, Milli] => [
    name,
    asMilli([...after.values()].reduce((sum, { guarantees }) => sum + (guarantees[name] ?? 0), 0)),
  ]);
  const there = [...state.tables.agent.values()].filter((agent) => agent.state !== "unreachable");
  const capacity = scalarTotals(sumResources(there.map(({ info }) => info.resources)));
  if (guaranteed.some(([name, amount]) => amount > (capacity.get(name) ?? 0)))
    return (
      `Invalid QuotaConfig: total quota guarantees '${quantitiesText(guaranteed)}' exceed cluster capacity ` +
      `'${quantitiesText(capacity)}' (use 'force' flag to bypass this check)`
    );
  return `Invalid QuotaConfig: ${message.replace(/^Invalid quota: /, "")}`;
}

function machinesSentence(
  state: MasterState,
  { type, machines }: Extract<OperatorInput, { type: "start-maintenance" | "stop-maintenance" }>,
  { message }: Rejection,
): string {
  const { tables } = state;
  const windows = tables["maintenance-schedule"].get(singleRow)?.windows ?? [];
  const listed = new Set(windows.flatMap((window) => window.machines.map(machineKey)));
  const isDown = (machine: Machine): boolean => tables["down-machine"].has(machineKey(machine));
  if (machines.length === 0) return "List of machines is empty";
  const stranger = machines.find((machine) => !listed.has(machineKey(machine)) && !isDown(machine));
  if (stranger !== undefined)
    return `Machine '${machineText(stranger)}' is not part of a maintenance schedule`;
  const wrong = machines.find((machine) => isDown(machine) === (type === "start-maintenance"));
  if (wrong === undefined) return message;
  return type === "start-maintenance"
    ? `Machine '${machineText(wrong)}' is not in DRAINING mode and cannot be brought down`
    : `Machine '${machineText(wrong)}' is not in DOWN mode and cannot be brought up`;
}

const machineText = ({ hostname, address }: Machine): string => JSON.stringify({ hostname, ip: address });
