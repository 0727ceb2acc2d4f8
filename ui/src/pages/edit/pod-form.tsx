/**
 * A pod as a form: how many, and of each container its image, command and measure. The rest is the text's matter.
 */

import { type Definition, isRecord } from "./definitions.ts";
import { NumberField, TextField, withMember } from "./form-fields.tsx";

type Props = {
  readonly value: Definition;
  readonly onChange: (value: Definition) => void;
  readonly isNew: boolean;
};

const record = (value: unknown): Definition => (isRecord(value) ? value : {});
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
    </div>
  );
}

type ContainerProps = {
  readonly container: Definition;
  readonly onChange: (container: Definition) => void;
  readonly onRemove: (() => void) | undefined;
};

function ContainerFields({ container, onChange, onRemove }: ContainerProps) {
  const resources = record(container.resources);
  const shell = text(record(record(container.exec).command).shell);
  const image = text(record(container.image).id);
  const set = (name: string, member: unknown) => onChange(withMember(container, name, member));
  const setAmount = (name: string) => (amount: number | undefined) =>
    set("resources", withMember(resources, name, amount));
  return (
    <fieldset className="wide container-fields">
      <legend>{text(container.name) || "container"}</legend>
      <div className="form">
        <TextField name="Name" value={text(container.name)} onChange={(name) => set("name", name)} />
        <TextField
          name="Image"
          hint="none: the host's files, read-only"
          value={image}
          onChange={(id) =>
            set("image", id === "" ? undefined : { ...record(container.image), kind: "DOCKER", id })
          }
        />
        <div className="wide">
          <TextField
            name="Command"
            rows={2}
            value={shell}
            onChange={(next) => set("exec", { ...record(container.exec), command: { shell: next } })}
          />
        </div>
        <NumberField name="Processors (cpus)" value={resources.cpus} onChange={setAmount("cpus")} />
        <NumberField name="Memory (MiB)" value={resources.mem} onChange={setAmount("mem")} />
      </div>
      {onRemove === undefined ? null : (
        <button type="button" className="danger" onClick={onRemove}>
          Take it out
        </button>
      )}
    </fieldset>
  );
}
