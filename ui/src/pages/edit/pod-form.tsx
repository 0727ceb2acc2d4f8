/**
 * A pod as a form: how many, its containers, what all of them share, where it may lie. The rest is the text's matter.
 */

import type { Definition } from "./definitions.ts";
import { LinesField, NumberField, PairsField, TextField, withMember, wordsOfLines } from "./form-fields.tsx";
import { ContainerFields, record } from "./pod-container-fields.tsx";

type Props = {
  readonly value: Definition;
  readonly onChange: (value: Definition) => void;
  readonly isNew: boolean;
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");

export function PodForm({ value, onChange, isNew }: Props) {
  const containers = Array.isArray(value.containers) ? value.containers.map(record) : [];
  const scaling = record(value.scaling);
  const put = (next: readonly Definition[]) => onChange(withMember(value, "containers", next));
  const add = () =>
    put([
      ...containers,
      {
        name: `container-${containers.length + 1}`,
        resources: { cpus: 0.1, mem: 32 },
        exec: { command: { shell: "sleep infinity" } },
      },
    ]);
  return (
    <div className="form">
      <TextField
        name="Path"
        value={text(value.id)}
        isFixed={!isNew}
        onChange={(id) => onChange(withMember(value, "id", id))}
      />
      <NumberField
        name="Instances"
        step="1"
        value={scaling.instances}
        onChange={(instances) =>
          onChange(withMember(value, "scaling", { ...scaling, kind: "fixed", instances: instances ?? 0 }))
        }
      />
      {containers.map((container, index) => (
        <ContainerFields
          key={index.toString()}
          container={container}
          onChange={(next) => put(containers.map((one, place) => (place === index ? next : one)))}
          onRemove={
            containers.length === 1
              ? undefined
              : () => put(containers.filter((_one, place) => place !== index))
          }
        />
      ))}
      <div className="wide">
        <button type="button" onClick={add}>
          Another container
        </button>
      </div>
      <div className="wide">
        <PairsField
          name="Environment of all containers"
          value={value.environment}
          onChange={(environment) => onChange(withMember(value, "environment", environment))}
        />
      </div>
      <div className="wide">
        <PairsField
          name="Labels"
          value={value.labels}
          onChange={(labels) => onChange(withMember(value, "labels", labels))}
        />
      </div>
      <PlacementField value={value} onChange={onChange} />
    </div>
  );
}

type Constraint = { readonly fieldName?: unknown; readonly operator?: unknown; readonly value?: unknown };

/** `zone GROUP_BY 3`, a line each, below `scheduling.placement`. */
function PlacementField({ value, onChange }: Omit<Props, "isNew">) {
  const scheduling = record(value.scheduling);
  const placement = record(scheduling.placement);
  const rows = (Array.isArray(placement.constraints) ? placement.constraints : []) as readonly Constraint[];
  const lines = rows.map(({ fieldName, operator, value: bound }) =>
    [fieldName, operator, bound].filter((word) => word !== undefined && word !== "").join(" "),
  );
  const change = (next: string) => {
    const constraints = wordsOfLines(next).map(([fieldName, operator, ...rest]) => ({
      fieldName,
      ...(operator === undefined ? {} : { operator }),
      ...(rest.length === 0 ? {} : { value: rest.join(" ") }),
    }));
    const placed = withMember(placement, "constraints", constraints.length === 0 ? undefined : constraints);
    const scheduled = withMember(
      scheduling,
      "placement",
      Object.keys(placed).length === 0 ? undefined : placed,
    );
    onChange(withMember(value, "scheduling", Object.keys(scheduled).length === 0 ? undefined : scheduled));
  };
  return (
    <div className="wide">
      <LinesField
        name="Constraints, one on each line (zone GROUP_BY 3, hostname UNIQUE)"
        lines={lines}
        onChange={change}
      />
    </div>
  );
}
