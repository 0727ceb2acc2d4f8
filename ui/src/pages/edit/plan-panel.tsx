/**
 * The plan: what would be started, replaced and stopped, where instances would land, and what differs.
 */

import { Mark, Notice, Panel } from "../../parts/basics.tsx";
import { DiffView } from "../../parts/diff-view.tsx";
import { counted } from "../../parts/format.ts";
import { cleaned, type Definition } from "./definitions.ts";
import type { Plan, PlannedChange } from "./use-plan.ts";

type Props = {
  readonly plan: Plan;
  readonly before: Definition | undefined;
  readonly after: Definition | undefined;
};

export function PlanPanel({ plan, before, after }: Props) {
  return (
    <div className="grid">
      <Panel
        title="What it would do"
        className="span-6"
        end={
          <span className="soft" role="status">
            {plan.isAsking ? "asking…" : ""}
          </span>
        }
      >
        {plan.problem === undefined ? null : (
          <Notice tone="bad">
            {plan.problem}
            <ul>
              {plan.details.map(({ path, errors }) => (
                <li key={path}>
                  <code>{path}</code>: {errors.join("; ")}
                </li>
              ))}
            </ul>
          </Notice>
        )}
        {plan.changes?.map((change) => (
          <Planned key={change.id} change={change} />
        ))}
        {plan.changes?.length === 0 ? <p className="soft">Nothing: it is as it is wanted already.</p> : null}
      </Panel>
      <Panel title="What differs" className="span-6">
        {before === undefined ? (
          <p className="soft">It is new.</p>
        ) : after === undefined ? (
          <p className="soft">–</p>
        ) : (
          <DiffView before={cleaned(before)} after={cleaned(after)} />
        )}
      </Panel>
    </div>
  );
}

function Planned({ change }: { readonly change: PlannedChange }) {
  const { id, kept, replaced, launched, stopped, placements, unplaced, why } = change;
  const parts = [
    [launched, "started"],
    [replaced, "replaced"],
    [stopped, "stopped"],
    [kept, "kept as they are"],
  ] as const;
  return (
    <div className="stack">
      <p>
        <strong>{id}</strong>:{" "}
        {parts
          .filter(([many]) => many > 0)
          .map(([many, word]) => `${counted(many, "instance")} ${word}`)
          .join(", ") || "no instance is touched"}
      </p>
      {placements.length === 0 ? null : (
        <ul className="row">
          {placements.map(({ agent, instances }) => (
            <li key={agent}>
              <Mark tone="good">
                {instances} on {agent}
              </Mark>
            </li>
          ))}
        </ul>
      )}
      {unplaced === 0 ? null : (
        <Notice tone="bad">
          {counted(unplaced, "instance")} would find no place now{why === undefined ? "." : `: ${why}.`}
        </Notice>
      )}
    </div>
  );
}
