/**
 * Weight and quota of a role, changed by Mesos's operator calls.
 */

import { useState } from "react";
import type { RoleRow } from "#console/frameworks.ts";
import { Confirm } from "../../parts/dialog.tsx";
import { useAct } from "../../session/use-act.ts";

type Props = { readonly role: RoleRow; readonly onClose: () => void };

const callPath = "/mesos/api/v1";

export function WeightDialog({ role, onClose }: Props) {
  const { act, busy } = useAct();
  const [text, setText] = useState(String(role.weight));
  const weight = Number(text);
  const call = (value: number) => ({
    type: "UPDATE_WEIGHTS",
    update_weights: { weight_infos: [{ role: role.key, weight: value }] },
  });
  const confirm = async () => {
    if (!(weight > 0)) return;
    const undo = { method: "POST", path: callPath, body: call(role.weight) };
    onClose();
    await act(`${role.key} has weight ${weight}`, "POST", callPath, call(weight), undo);
  };
  return (
    <Confirm
      title={`Weight of ${role.key}`}
      action="Set it"
      busy={busy}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <label className="field">
        <span>Weight</span>
        <input
          type="number"
          min="0.001"
          step="any"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      </label>
      <p className="soft">
        Of what is free, a role with weight 2 is offered twice as much as one beside it with weight 1. What
        runs stays.
      </p>
    </Confirm>
  );
}

const resources = ["cpus", "mem", "disk", "gpus"] as const;
type Amounts = { readonly [Name in (typeof resources)[number]]: string };

const textOf = (amounts: RoleRow["limit"]): Amounts => ({
  cpus: amounts.cpus?.toString() ?? "",
  mem: amounts.mem?.toString() ?? "",
  disk: amounts.disk?.toString() ?? "",
  gpus: amounts.gpus?.toString() ?? "",
});

const valuesOf = (amounts: Amounts): Readonly<Record<string, { readonly value: number }>> =>
  Object.fromEntries(
    resources.flatMap((name) =>
      amounts[name].trim() === "" ? [] : [[name, { value: Number(amounts[name]) }]],
    ),
  );

export function QuotaDialog({ role, onClose }: Props) {
  const { act, busy } = useAct();
  const [guarantee, setGuarantee] = useState(textOf(role.guarantee));
  const [limit, setLimit] = useState(textOf(role.limit));
  const call = (guarantees: Amounts, limits: Amounts) => ({
    type: "UPDATE_QUOTA",
    update_quota: {
      force: false,
      quota_configs: [{ role: role.key, guarantees: valuesOf(guarantees), limits: valuesOf(limits) }],
    },
  });
  const confirm = async () => {
    const undo = { method: "POST", path: callPath, body: call(textOf(role.guarantee), textOf(role.limit)) };
    if (await act(`The quota of ${role.key} is set`, "POST", callPath, call(guarantee, limit), undo))
      onClose();
  };
  return (
    <Confirm
      title={`Quota of ${role.key}`}
      action="Set it"
      busy={busy}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">Resource</th>
            <th scope="col">Guaranteed</th>
            <th scope="col">At most</th>
          </tr>
        </thead>
        <tbody>
          {resources.map((name) => (
            <tr key={name}>
              <th scope="row">{name === "mem" || name === "disk" ? `${name} (MiB)` : name}</th>
              <td>
                <input
                  type="number"
                  min="0"
                  step="any"
                  aria-label={`Guaranteed ${name}`}
                  value={guarantee[name]}
                  onChange={({ target }) => setGuarantee({ ...guarantee, [name]: target.value })}
                />
              </td>
              <td>
                <input
                  type="number"
                  min="0"
                  step="any"
                  aria-label={`At most ${name}`}
                  value={limit[name]}
                  onChange={({ target }) => setLimit({ ...limit, [name]: target.value })}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="soft">An empty field says nothing: no guarantee, no limit.</p>
    </Confirm>
  );
}
