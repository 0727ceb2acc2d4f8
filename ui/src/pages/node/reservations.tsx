/**
 * What is reserved on a node for which role; more is reserved, reservations are given back, volumes destroyed.
 */

import { useState } from "react";
import type { NodeView } from "#console/nodes.ts";
import { Panel } from "../../parts/basics.tsx";
import { Confirm } from "../../parts/dialog.tsx";
import { amountOf } from "../../parts/format.ts";
import { RoleLink } from "../../parts/links.tsx";
import { tell } from "../../parts/toasts.tsx";
import { wordsOf } from "../../session/send.ts";
import { useAct } from "../../session/use-act.ts";
import {
  callPath,
  destroyCall,
  readReserved,
  reservable,
  reserveCall,
  toReserve,
  unreserveCall,
} from "./operator-calls.ts";

type Row = NodeView["reservations"][number];
type Question = "reserve" | { readonly destroy: string; readonly role: string } | undefined;

export function Reservations({ view }: { readonly view: NodeView }) {
  const { act, refused, busy } = useAct();
  const [question, setQuestion] = useState<Question>(undefined);
  const { node, reservations } = view;
  const giveBack = async ({ role }: Row) => {
    const { plain } = await readReserved(node.key, role);
    if (plain.length === 0) return tell("bad", `Nothing of ${role} can be given back: volumes lie in it`);
    const undo = { method: "POST", path: callPath, body: reserveCall(node.key, plain) };
    const body = unreserveCall(node.key, plain);
    await act(`What was reserved for ${role} on ${node.name} is free`, "POST", callPath, body, undo);
  };
  const destroy = async (role: string, id: string) => {
    const { volumes } = await readReserved(node.key, role);
    const found = volumes.filter(({ disk }) => disk?.persistence?.id === id);
    await act(`Volume ${id} is destroyed`, "POST", callPath, destroyCall(node.key, found));
  };
  const safely = (work: Promise<unknown>) => void work.catch((error) => tell("bad", wordsOf(error)));
  return (
    <Panel
      title="Reservations"
      className="span-6"
      end={
        <button
          type="button"
          disabled={refused !== undefined}
          title={refused}
          onClick={() => setQuestion("reserve")}
        >
          Reserve…
        </button>
      }
    >
      {reservations.length === 0 ? (
        <p className="soft">Nothing is reserved here: every role may be offered all of it.</p>
      ) : (
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">Role</th>
              <th scope="col">Kind</th>
              <th scope="col">What</th>
              <th scope="col">
                <span className="hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {reservations.map((row) => (
              <ReservedRow
                key={`${row.role} ${row.kind}`}
                row={row}
                refused={busy ? "Something is under way" : refused}
                onGiveBack={() => safely(giveBack(row))}
                onDestroy={(id) => setQuestion({ destroy: id, role: row.role })}
              />
            ))}
          </tbody>
        </table>
      )}
      {question === "reserve" ? (
        <ReserveDialog view={view} onClose={() => setQuestion(undefined)} />
      ) : question === undefined ? null : (
        <Confirm
          title={`Destroy volume ${question.destroy}?`}
          action="Destroy it"
          danger
          onConfirm={() => {
            setQuestion(undefined);
            safely(destroy(question.role, question.destroy));
          }}
          onClose={() => setQuestion(undefined)}
        >
          <p>What is in it is deleted from the node. This cannot be undone.</p>
        </Confirm>
      )}
    </Panel>
  );
}

type RowProps = {
  readonly row: Row;
  readonly refused: string | undefined;
  readonly onGiveBack: () => void;
  readonly onDestroy: (volume: string) => void;
};

const ReservedRow = ({
  row: { role, kind, resources, volumes },
  refused,
  onGiveBack,
  onDestroy,
}: RowProps) => (
  <tr>
    <th scope="row">
      <RoleLink name={role} />
    </th>
    <td>{kind}</td>
    <td>
      {resources}
      {volumes.map((volume) => (
        <div key={volume} className="soft">
          volume {volume}{" "}
          <button
            type="button"
            className="link"
            disabled={refused !== undefined}
            title={refused}
            onClick={() => onDestroy(volume)}
          >
            destroy…
          </button>
        </div>
      ))}
    </td>
    <td>
      {kind === "static" ? (
        <span className="soft" title="It stands in the agent's own configuration">
          the agent's
        </span>
      ) : (
        <button type="button" disabled={refused !== undefined} title={refused} onClick={onGiveBack}>
          Give back
        </button>
      )}
    </td>
  </tr>
);

const names = { cpus: "Processors (cpus)", mem: "Memory (MiB)", disk: "Disk (MiB)", gpus: "GPUs" } as const;

function ReserveDialog({ view, onClose }: { readonly view: NodeView; readonly onClose: () => void }) {
  const { act, busy } = useAct();
  const [role, setRole] = useState("");
  const [amounts, setAmounts] = useState<Readonly<Record<string, string>>>({});
  const { key, name, resources } = view.node;
  const wanted = toReserve(role, amounts);
  const confirm = async () => {
    if (wanted.length === 0) return;
    const undo = { method: "POST", path: callPath, body: unreserveCall(key, wanted) };
    onClose();
    await act(`Reserved for ${role} on ${name}`, "POST", callPath, reserveCall(key, wanted), undo);
  };
  return (
    <Confirm
      title={`Reserve on ${name}`}
      action="Reserve"
      busy={busy || role === "" || wanted.length === 0}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <label className="field">
        <span>Role</span>
        <input
          type="text"
          autoComplete="off"
          value={role}
          onChange={({ target }) => setRole(target.value.trim())}
        />
      </label>
      <div className="form">
        {reservable
          .filter((kind) => resources[kind].capacity > 0)
          .map((kind) => (
            <label key={kind} className="field">
              <span>
                {names[kind]}{" "}
                <small className="soft">
                  {`${amountOf(kind, resources[kind].allocated)} of ${amountOf(kind, resources[kind].capacity)} in use`}
                </small>
              </span>
              <input
                type="number"
                min="0"
                step="any"
                value={amounts[kind] ?? ""}
                onChange={({ target }) => setAmounts({ ...amounts, [kind]: target.value })}
              />
            </label>
          ))}
      </div>
      <p className="soft">Only frameworks of this role are offered it from then on. What runs stays.</p>
    </Confirm>
  );
}
