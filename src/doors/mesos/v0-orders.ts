/**
 * The orders among the master's older endpoints, each turned into the call of the operator API that it is.
 *
 * Bodies are JSON, or forms with JSON in them. What cannot be read is refused in words of ours.
 */

import type { DoorMethod, DoorRequest, Endpoint } from "#ports/door.ts";
import { decodeLoosely, encodeUtf8 } from "#wire/json/text.ts";
import { decodeMessage } from "#wire/mesos/codec/encoding.ts";
import type { MasterCall } from "#wire/mesos/operator/call-rules.ts";
import type { MessageName, MessageOf } from "#wire/mesos/proto/tables.ts";
import { type Translated, translated, untranslated } from "#wire/mesos/translate/translated.ts";
import { textAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import type { MasterHandler } from "./operator/call-tools.ts";
import * as orders from "./operator/orders.ts";

type Order = {
  readonly method: DoorMethod;
  readonly name: string;
  readonly summary: string;
  readonly handle: Endpoint<ClusterContext>["handle"];
};

const order = (
  method: DoorMethod,
  name: string,
  summary: string,
  read: (request: DoorRequest) => Translated<MasterCall>,
  handler: MasterHandler,
): Order => ({
  method,
  name,
  summary,
  handle: (request, context, respond) => {
    const call = read(request);
    if (!call.ok) return respond(textAnswer(400, call.fault));
    return handler(call.value, { context, encoding: "json", principal: request.principal, respond });
  },
});

const bodyText = ({ body }: DoorRequest): string => decodeLoosely(body);

/** A message from JSON text of which a part came from outside. */
function readMessage<Name extends MessageName>(name: Name, text: string): Translated<MessageOf<Name>> {
  const message = decodeMessage("json", name, encodeUtf8(text));
  return message.ok ? translated(message.value) : untranslated(message.why);
}

/** Valid JSON of its own, so that it can stand inside other JSON. */
function jsonPart(text: string | undefined, what: string): Translated<string> {
  if (text === undefined) return untranslated(`Missing '${what}' query parameter in the request body`);
  try {
    return translated(JSON.stringify(JSON.parse(text)));
  } catch {
    return untranslated(`Error in parsing '${what}' query parameter in the request body: it is no JSON`);
  }
}

/** `+` is a blank in a form. */
function readForm(request: DoorRequest): ReadonlyMap<string, string> {
  const form = new Map<string, string>();
  for (const pair of bodyText(request).split("&")) {
    const [name = "", ...value] = pair.split("=");
    form.set(decodePart(name), decodePart(value.join("=")));
  }
  return form;
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

const ofAgent = (
  name: string,
  member: "resources" | "volumes",
  payload: "reserve_resources" | "unreserve_resources" | "create_volumes" | "destroy_volumes",
  handler: MasterHandler,
): Order =>
  order(
    "POST",
    name,
    `A form: slaveId, ${member}`,
    (request) => {
      const form = readForm(request);
      const slaveId = form.get("slaveId");
      if (slaveId === undefined) return untranslated("Missing 'slaveId' query parameter in the request body");
      const list = jsonPart(form.get(member), member);
      if (!list.ok) return list;
      const agent = JSON.stringify({ value: slaveId });
      return readMessage("master.Call", `{"${payload}":{"agent_id":${agent},"${member}":${list.value}}}`);
    },
    handler,
  );

const machines = (
  name: string,
  payload: "start_maintenance" | "stop_maintenance",
  handler: MasterHandler,
): Order =>
  order(
    "POST",
    name,
    "JSON: a list of machines",
    (request) => {
      const list = jsonPart(bodyText(request), "machines");
      return list.ok ? readMessage("master.Call", `{"${payload}":{"machines":${list.value}}}`) : list;
    },
    handler,
  );

export const v0Orders: readonly Order[] = [
  order(
    "POST",
    "teardown",
    "Ends a framework: a form with frameworkId",
    (request) => {
      const id = readForm(request).get("frameworkId");
      return id === undefined
        ? untranslated("Missing 'frameworkId' query parameter in the request body")
        : translated({ teardown: { framework_id: { value: id } } });
    },
    orders.teardown,
  ),
  ofAgent("reserve", "resources", "reserve_resources", orders.reserveResources),
  ofAgent("unreserve", "resources", "unreserve_resources", orders.unreserveResources),
  ofAgent("create-volumes", "volumes", "create_volumes", orders.createVolumes),
  ofAgent("destroy-volumes", "volumes", "destroy_volumes", orders.destroyVolumes),
  machines("machine/down", "start_maintenance", orders.startMaintenance),
  machines("machine/up", "stop_maintenance", orders.stopMaintenance),
  order(
    "POST",
    "maintenance/schedule",
    "JSON: the new schedule",
    (request) => {
      const schedule = readMessage("maintenance.Schedule", bodyText(request));
      return schedule.ok
        ? translated({ update_maintenance_schedule: { schedule: schedule.value } })
        : schedule;
    },
    orders.updateMaintenanceSchedule,
  ),
  order(
    "PUT",
    "weights",
    "JSON: a list of roles with weights",
    (request) => {
      const list = jsonPart(bodyText(request), "weights");
      return list.ok ? readMessage("master.Call", `{"update_weights":{"weight_infos":${list.value}}}`) : list;
    },
    orders.updateWeights,
  ),
  order(
    "POST",
    "quota",
    "JSON: a role's guarantees",
    (request) => {
      const quota = readMessage("quota.QuotaRequest", bodyText(request));
      return quota.ok ? translated({ set_quota: { quota_request: quota.value } }) : quota;
    },
    orders.setQuota,
  ),
  order(
    "DELETE",
    "quota/:role",
    "Removes a role's quota",
    ({ params }) => translated({ remove_quota: { role: params.role ?? "" } }),
    orders.removeQuota,
  ),
];
