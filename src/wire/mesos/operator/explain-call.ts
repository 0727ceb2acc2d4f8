/**
 * EXPLAIN, a call of the operator API that Mesos never had: why a framework or a role is not offered more.
 *
 * It is JSON only, for its messages are not in the interface that both encodings share, and stands beside
 * that: `{"type":"EXPLAIN","explain":{"framework_id":{"value":…},"role":…,"resources":[…]}}`.
 */

import type { Quantities } from "#model/quota.ts";
import { type ScalarName, scalarNames, scalarTotals } from "#model/resources.ts";
import { parseJson } from "../../json/parse-json.ts";
import { encodeUtf8 } from "../../json/text.ts";
import type { DemandView } from "../../unum/demand-view.ts";
import { decodeMessage } from "../codec/encoding.ts";
import type { MessageOf } from "../proto/tables.ts";
import { resourcesFromMessages } from "../translate/resources.ts";
import { type Translated, translated, untranslated } from "../translate/translated.ts";

export type ExplainCall = {
  readonly frameworkId: string | undefined;
  readonly role: string | undefined;
  readonly need: Quantities;
};

const callType = "EXPLAIN";

/** Undefined: this is another call. */
export function explainFromBody(body: Uint8Array): Translated<ExplainCall> | undefined {
  const json = parseJson(body);
  const call = json.ok ? recordOf(json.value) : undefined;
  if (call?.type !== callType) return undefined;
  const explain = recordOf(call.explain);
  if (explain === undefined) return untranslated("Expecting 'explain' to be present");
  const role = explain.role;
  const frameworkId = recordOf(explain.framework_id)?.value;
  for (const [name, value] of [
    ["role", role],
    ["framework_id.value", frameworkId],
  ] as const)
    if (value !== undefined && typeof value !== "string") return untranslated(`'${name}' must be text`);
  if (role === undefined && frameworkId === undefined)
    return untranslated("Expecting 'framework_id' or 'role' to be present");
  const need = needOf(explain.resources);
  if (!need.ok) return need;
  return translated({ frameworkId: textOf(frameworkId), role: textOf(role), need: need.value });
}

function needOf(value: unknown): Translated<Quantities> {
  if (value === undefined) return translated({});
  if (!Array.isArray(value)) return untranslated("'resources' must be a list");
  const messages: MessageOf<"Resource">[] = [];
  for (const each of value) {
    const message = decodeMessage("json", "Resource", encodeUtf8(JSON.stringify(each)));
    if (!message.ok) return untranslated(message.why);
    messages.push(message.value);
  }
  const resources = resourcesFromMessages(messages);
  if (!resources.ok) return resources;
  const totals = [...scalarTotals(resources.value)];
  return translated(Object.fromEntries(totals.filter(([name]) => isScalar(name))));
}

/** The answer's members are named as Mesos would name them. */
export const explainMessage = (view: DemandView): unknown => ({
  type: callType,
  explain: {
    ...(view.subject.kind === "framework"
      ? { framework_id: { value: view.subject.id }, name: view.subject.name }
      : { role: view.subject.name }),
    roles: view.roles,
    frameworks: view.frameworks,
    summary: view.summary,
    agents: view.agents,
    open: view.open,
    gates: view.gates,
    others: view.others,
    nearest: view.nearest.map(({ resource, atMost, agents, text }) => ({
      resource,
      at_most: atMost,
      agents,
      text,
    })),
  },
});

const isScalar = (name: string): name is ScalarName => scalarNames.some((each) => each === name);
const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const recordOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
