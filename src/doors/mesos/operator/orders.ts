/**
 * The calls of the operator API that order something: each becomes one input of the master, and is answered
 * when the master has decided and that is durable.
 *
 * What a call says wrongly is refused here; what cannot be done, by the master.
 */

import type { MasterInput, OperatorInput } from "#core/master/types.ts";
import { agentId, frameworkId, roleName } from "#model/ids.ts";
import type { ConvertingOperation } from "#model/operation.ts";
import type { MasterCall } from "#wire/mesos/operator/call-rules.ts";
import { quotaFromRequest, quotasFromConfigs } from "#wire/mesos/operator/quota-parse.ts";
import { weightsFromMessages } from "#wire/mesos/operator/weights-parse.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { machineFromMessage, scheduleFromMessage } from "#wire/mesos/translate/machines.ts";
import { resourceFromMessage, resourcesFromMessages } from "#wire/mesos/translate/resources.ts";
import { type Translated, translated, untranslated } from "#wire/mesos/translate/translated.ts";
import { milliOf } from "#wire/mesos/translate/values.ts";
import { emptyAnswer, textAnswer } from "../../answers.ts";
import type { CallTools, MasterHandler } from "./call-tools.ts";
import { refuse } from "./refusals.ts";

/** Undefined: an order that needs nothing done. */
const order =
  (
    translate: (call: MasterCall, principal: string | undefined) => Translated<OperatorInput>,
    done = 200,
  ): MasterHandler =>
  (call, tools) => {
    const input = translate(call, tools.principal);
    if (!input.ok) return tools.respond(textAnswer(400, input.fault));
    return submit(input.value, tools, done);
  };

function submit(input: OperatorInput, { context, respond }: CallTools, done: number): void {
  context.master.submit(input satisfies MasterInput, (outcome) =>
    outcome === undefined ? respond(emptyAnswer(done)) : refuse(input, outcome, context, respond),
  );
}

/** A call without its payload was turned away before. */
const missing = untranslated("The call's payload is missing");

export const drainAgent = order(({ drain_agent: drain }) => {
  if (drain === undefined) return missing;
  const grace = drain.max_grace_period;
  return translated({
    type: "drain-agent",
    agentId: agentId(drain.agent_id.value),
    maxGraceMs: grace === undefined ? undefined : graceMs(grace),
    markGone: drain.mark_gone ?? false,
  });
});

const graceMs = ({ seconds = 0n, nanos = 0 }: MessageOf<"google.protobuf.Duration">): number =>
  Number(seconds) * 1_000 + nanos / 1_000_000;

const ofAgent = (
  type: "mark-agent-gone" | "deactivate-agent" | "reactivate-agent",
  payload: (call: MasterCall) => { readonly agent_id: { readonly value: string } } | undefined,
): MasterHandler =>
  order((call) => {
    const named = payload(call);
    return named === undefined ? missing : translated({ type, agentId: agentId(named.agent_id.value) });
  });

export const markAgentGone = ofAgent("mark-agent-gone", (call) => call.mark_agent_gone);
export const deactivateAgent = ofAgent("deactivate-agent", (call) => call.deactivate_agent);

/** Mesos refuses what needs no reactivation. */
export const reactivateAgent: MasterHandler = (call, tools) => {
  const id = agentId(call.reactivate_agent?.agent_id.value ?? "");
  tools.context.master.read(
    ({ tables }) => tables.agent.get(id),
    (agent) =>
      agent === undefined || agent.deactivated
        ? submit({ type: "reactivate-agent", agentId: id }, tools, 200)
        : tools.respond(textAnswer(400, "Agent is not deactivated")),
  );
};

export const teardown = order(({ teardown: payload }) =>
  payload === undefined
    ? missing
    : translated({ type: "teardown-framework", frameworkId: frameworkId(payload.framework_id.value) }),
);

export const updateWeights = order(({ update_weights: payload }) => {
  const weights = weightsFromMessages(payload?.weight_infos ?? []);
  return weights.ok ? translated({ type: "update-weights", weights: weights.value }) : weights;
});

export const updateQuota = order(({ update_quota: payload }) => {
  const quotas = quotasFromConfigs(payload?.quota_configs ?? []);
  if (!quotas.ok) return quotas;
  return translated({ type: "update-quotas", quotas: quotas.value, force: payload?.force ?? false });
});

/** The older call sets a quota where there is none, and nothing else. */
export const setQuota: MasterHandler = (call, tools) => {
  const request = call.set_quota?.quota_request ?? {};
  const quota = quotaFromRequest(request);
  if (!quota.ok) return tools.respond(textAnswer(400, quota.fault));
  const { role } = quota.value;
  return tools.context.master.read(
    ({ tables }) => tables.quota.has(role),
    (isSet) =>
      isSet
        ? tools.respond(
            textAnswer(
              400,
              `Failed to validate set quota request: Cannot set quota for role '${role}' which already has quota`,
            ),
          )
        : submit({ type: "update-quotas", quotas: [quota.value], force: request.force ?? false }, tools, 200),
  );
};

export const removeQuota: MasterHandler = (call, tools) => {
  const role = call.remove_quota?.role ?? "";
  tools.context.master.read(
    ({ tables }) => tables.quota.has(role),
    (isSet) =>
      isSet
        ? submit(
            {
              type: "update-quotas",
              quotas: [{ role: roleName(role), guarantees: {}, limits: {} }],
              force: false,
            },
            tools,
            200,
          )
        : tools.respond(textAnswer(400, `Failed to remove quota: Role '${role}' has no quota set`)),
  );
};

export const updateMaintenanceSchedule = order(({ update_maintenance_schedule: payload }) =>
  payload === undefined
    ? missing
    : translated({ type: "update-maintenance-schedule", schedule: scheduleFromMessage(payload.schedule) }),
);

export const startMaintenance = order(({ start_maintenance: payload }) =>
  translated({ type: "start-maintenance", machines: (payload?.machines ?? []).map(machineFromMessage) }),
);

export const stopMaintenance = order(({ stop_maintenance: payload }) =>
  translated({ type: "stop-maintenance", machines: (payload?.machines ?? []).map(machineFromMessage) }),
);

/** They are done at once, and told to the agent afterwards: 202, as Mesos says. */
const operate = (
  payload: (call: MasterCall) => { readonly agent_id?: { readonly value: string } | undefined } | undefined,
  translate: (call: MasterCall) => Translated<ConvertingOperation>,
): MasterHandler =>
  order((call, principal) => {
    const operation = translate(call);
    if (!operation.ok) return operation;
    return translated({
      type: "operate",
      agentId: agentId(payload(call)?.agent_id?.value ?? ""),
      operation: operation.value,
      principal,
    });
  }, 202);

export const reserveResources = operate(
  (call) => call.reserve_resources,
  ({ reserve_resources: payload }) => {
    const resources = resourcesFromMessages(payload?.resources ?? []);
    if (!resources.ok) return resources;
    const source = resourcesFromMessages(payload?.source ?? []);
    if (!source.ok) return source;
    const hasSource = (payload?.source?.length ?? 0) > 0;
    return translated({
      kind: "reserve",
      resources: resources.value,
      source: hasSource ? source.value : undefined,
    });
  },
);

export const unreserveResources = operate(
  (call) => call.unreserve_resources,
  ({ unreserve_resources: payload }) => {
    const resources = resourcesFromMessages(payload?.resources ?? []);
    return resources.ok ? translated({ kind: "unreserve", resources: resources.value }) : resources;
  },
);

export const createVolumes = operate(
  (call) => call.create_volumes,
  ({ create_volumes: payload }) => {
    const volumes = resourcesFromMessages(payload?.volumes ?? []);
    return volumes.ok ? translated({ kind: "create", volumes: volumes.value }) : volumes;
  },
);

export const destroyVolumes = operate(
  (call) => call.destroy_volumes,
  ({ destroy_volumes: payload }) => {
    const volumes = resourcesFromMessages(payload?.volumes ?? []);
    return volumes.ok ? translated({ kind: "destroy", volumes: volumes.value }) : volumes;
  },
);

export const growVolume = operate(
  (call) => call.grow_volume,
  ({ grow_volume: payload }) => {
    if (payload === undefined) return missing;
    const volume = resourceFromMessage(payload.volume);
    if (!volume.ok) return volume;
    const addition = resourceFromMessage(payload.addition);
    if (!addition.ok) return addition;
    return translated({ kind: "grow-volume", volume: volume.value, addition: addition.value });
  },
);

export const shrinkVolume = operate(
  (call) => call.shrink_volume,
  ({ shrink_volume: payload }) => {
    if (payload === undefined) return missing;
    const volume = resourceFromMessage(payload.volume);
    if (!volume.ok) return volume;
    const subtract = milliOf(payload.subtract.value);
    if (subtract === undefined) return untranslated("The value of 'subtract' is too large");
    return translated({ kind: "shrink-volume", volume: volume.value, subtract });
  },
);
