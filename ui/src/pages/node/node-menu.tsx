/**
 * What can be done with a node: drain it, bring it back, plan its maintenance. What would happen is told before it does.
 */

import { useState } from "react";
import type { NodeView } from "#console/nodes.ts";
import { Confirm } from "../../parts/dialog.tsx";
import { counted } from "../../parts/format.ts";
import { ServiceLink } from "../../parts/links.tsx";
import { Menu } from "../../parts/menu.tsx";
import { useAct } from "../../session/use-act.ts";
import { PlanDialog } from "./maintenance.tsx";
import { callPath } from "./operator-calls.ts";

const shownServices = 12;

type Question = "drain" | "deactivate";
type Dialogs = Question | "maintenance";

export function NodeMenu({ view }: { readonly view: NodeView }) {
  const { act, refused, busy } = useAct();
  const [question, setQuestion] = useState<Dialogs | undefined>(undefined);
  const { key, name, status } = view.node;
  const agent = { agent_id: { value: key } };
  const isOut = status === "draining" || status === "drained" || status === "deactivated";
  const reactivate = () =>
    void act(`${name} takes tasks again`, "POST", callPath, {
      type: "REACTIVATE_AGENT",
      reactivate_agent: agent,
    });
  const confirm = async (graceSeconds: number) => {
    const body =
      question === "drain"
        ? {
            type: "DRAIN_AGENT",
            drain_agent: { ...agent, max_grace_period: { nanoseconds: graceSeconds * 1e9 } },
          }
        : { type: "DEACTIVATE_AGENT", deactivate_agent: agent };
    const done = question === "drain" ? `${name} is being drained` : `${name} is given nothing new`;
    setQuestion(undefined);
    // What was moved stays where it is; that it is given nothing can be taken back.
    const undo = {
      method: "POST",
      path: callPath,
      body: { type: "REACTIVATE_AGENT", reactivate_agent: agent },
    };
    await act(done, "POST", callPath, body, undo);
  };
  return (
    <>
      {isOut ? (
        <button
          type="button"
          className="primary"
          disabled={busy || refused !== undefined}
          title={refused}
          onClick={reactivate}
        >
          Bring back
        </button>
      ) : (
        <button
          type="button"
          disabled={refused !== undefined}
          title={refused}
          onClick={() => setQuestion("drain")}
        >
          Drain…
        </button>
      )}
      <Menu
        label="More actions"
        actions={[
          {
            name: "Give it nothing new…",
            refused: refused ?? (isOut ? "It already takes nothing new" : undefined),
            run: () => setQuestion("deactivate"),
          },
          {
            name: view.maintenance === null ? "Plan maintenance…" : "Change maintenance…",
            refused: refused ?? (view.maintenance?.isDown === true ? "Work on it has begun" : undefined),
            run: () => setQuestion("maintenance"),
          },
          { name: "Bring back", refused: refused ?? (isOut ? undefined : "It is active"), run: reactivate },
        ]}
      />
      {question === "maintenance" ? (
        <PlanDialog view={view} onClose={() => setQuestion(undefined)} />
      ) : question === undefined ? null : (
        <Plan
          view={view}
          question={question}
          busy={busy}
          onConfirm={(grace) => void confirm(grace)}
          onClose={() => setQuestion(undefined)}
        />
      )}
    </>
  );
}

type PlanProps = {
  readonly view: NodeView;
  readonly question: Question;
  readonly busy: boolean;
  readonly onConfirm: (graceSeconds: number) => void;
  readonly onClose: () => void;
};

function Plan({ view, question, busy, onConfirm, onClose }: PlanProps) {
  const [grace, setGrace] = useState("30");
  const { node, treemap } = view;
  const counts = new Map<string, number>();
  for (const { service } of treemap)
    if (service !== null) counts.set(service, (counts.get(service) ?? 0) + 1);
  const others = treemap.filter(({ service }) => service === null).length;
  const isDrain = question === "drain";
  return (
    <Confirm
      title={isDrain ? `Drain ${node.name}?` : `Give ${node.name} nothing new?`}
      action={isDrain ? "Drain it" : "Deactivate it"}
      busy={busy}
      onConfirm={() => onConfirm(Math.max(0, Number(grace) || 0))}
      onClose={onClose}
    >
      <p>
        {isDrain
          ? `Nothing new is placed on it, and its ${counted(node.tasks, "task")} are ended; their apps start them elsewhere where there is room:`
          : `Nothing new is placed on it. Its ${counted(node.tasks, "task")} stay.`}
      </p>
      {isDrain ? (
        <>
          <ul className="plan">
            {[...counts].slice(0, shownServices).map(([service, many]) => (
              <li key={service}>
                <ServiceLink id={service} /> <span className="soft">{counted(many, "instance")} here</span>
              </li>
            ))}
            {others > 0 ? (
              <li>{counted(others, "task")} of other frameworks, which decide themselves</li>
            ) : null}
          </ul>
          <label className="field">
            <span>Seconds they have to end by themselves</span>
            <input type="number" min="0" value={grace} onChange={({ target }) => setGrace(target.value)} />
          </label>
          <p className="soft">It can be brought back at any time; what was moved stays where it is then.</p>
        </>
      ) : null}
    </Confirm>
  );
}
