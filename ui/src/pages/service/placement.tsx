/**
 * Why not placed: the reasons by how many nodes have them, the nearest miss, and fixes that are one click away.
 */

import { Link } from "@tanstack/react-router";
import type { PlacementFix, PlacementView, ServiceRow } from "#console/services.ts";
import { Notice, Panel, Since } from "../../parts/basics.tsx";
import { count, counted, duration } from "../../parts/format.ts";
import { NodeLink } from "../../parts/links.tsx";

type Props = { readonly placement: PlacementView; readonly service: ServiceRow };

export function Placement({ placement, service }: Props) {
  const { summary, missing, sinceMs, delayMs, agents, fits, reasons, nearest, fixes } = placement;
  return (
    <div className="grid">
      <Panel title="The answer" className="span-12">
        <p className="answer">{summary}</p>
        <p className="soft">
          {counted(missing, "instance")} missing
          {sinceMs === null ? "" : ", since "}
          {sinceMs === null ? null : <Since ms={sinceMs} ago />}. {count(fits)} of {counted(agents, "node")}{" "}
          would take one{delayMs > 0 ? `, and launches wait ${duration(delayMs)} more after failures` : ""}.
        </p>
      </Panel>
      <Panel title="Reasons, by nodes" className="span-7">
        <Reasons reasons={reasons} agents={agents} />
      </Panel>
      <Panel title="What would help" className="span-5">
        {nearest === null ? null : (
          <p>
            Nearest is <NodeLink id={nearest.nodeId}>{nearest.nodeName}</NodeLink>: {nearest.text}.
          </p>
        )}
        <ul className="stack fixes">
          {fixes.map((fix) => (
            <Fix key={fix.text} fix={fix} service={service} />
          ))}
        </ul>
        {fixes.length === 0 && nearest === null ? (
          <p className="soft">Nothing that one click could do.</p>
        ) : null}
      </Panel>
    </div>
  );
}

function Reasons({ reasons, agents }: Pick<PlacementView, "reasons" | "agents">) {
  if (reasons.length === 0)
    return <Notice tone="wait">No node refuses it: it will be placed with the next offers.</Notice>;
  return (
    <ul className="stack">
      {reasons.map(({ text, agents: many, examples }) => (
        <li key={text}>
          <div className="row">
            <strong>{counted(many, "node")}</strong> {text}
          </div>
          <span className="meter" role="img" aria-label={`${many} of ${agents} nodes`}>
            <i className="bad" style={{ width: `${(100 * many) / Math.max(1, agents)}%` }} />
          </span>
          <span className="soft small-print">{examples.join(", ")}</span>
        </li>
      ))}
    </ul>
  );
}

/** A fix is a change like any other: it is shown with its plan before it is made. */
const Fix = ({
  fix: { text, patch },
  service,
}: {
  readonly fix: PlacementFix;
  readonly service: ServiceRow;
}) => (
  <li className="row">
    <span>{text}</span>
    {patch === null ? null : (
      <Link
        to="/edit/$"
        params={{ _splat: service.key.slice(1) }}
        search={{ patch: JSON.stringify(patch) }}
        className="button"
      >
        Look at this change
      </Link>
    )}
  </li>
);
