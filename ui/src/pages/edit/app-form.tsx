/**
 * An app as a form: what most apps say. What the form has no field for stays in the text as it is.
 */

import { type Definition, isRecord } from "./definitions.ts";
import { LinesField, NumberField, PairsField, TextField, withMember } from "./form-fields.tsx";

type Props = {
  readonly value: Definition;
  readonly onChange: (value: Definition) => void;
  readonly isNew: boolean;
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");

export function AppForm({ value, onChange, isNew }: Props) {
  const set = (name: string) => (member: unknown) => onChange(withMember(value, name, member));
  const setText = (name: string) => (member: string) => set(name)(member === "" ? undefined : member);
  return (
    <div className="form">
      <TextField name="Path" value={text(value.id)} isFixed={!isNew} onChange={setText("id")} />
      <TextField
        name="Image"
        hint="none: the host's files, read-only"
        value={imageOf(value)}
        onChange={(image) => onChange(withImage(value, image))}
      />
      <div className="wide">
        <TextField name="Command" rows={3} value={text(value.cmd)} onChange={setText("cmd")} />
      </div>
      <NumberField name="Instances" step="1" value={value.instances} onChange={set("instances")} />
      <NumberField name="Processors (cpus)" value={value.cpus} onChange={set("cpus")} />
      <NumberField name="Memory (MiB)" value={value.mem} onChange={set("mem")} />
      <NumberField name="Disk (MiB)" value={value.disk} onChange={set("disk")} />
      <PortsField value={value} onChange={onChange} />
      <CheckField value={value} onChange={onChange} />
      <div className="wide">
        <PairsField name="Environment" value={value.env} onChange={set("env")} />
      </div>
      <div className="wide">
        <PairsField name="Labels" value={value.labels} onChange={set("labels")} />
      </div>
      <ConstraintField value={value} onChange={onChange} />
    </div>
  );
}

function imageOf({ container }: Definition): string {
  const docker = isRecord(container) ? container.docker : undefined;
  return isRecord(docker) ? text(docker.image) : "";
}

function withImage(value: Definition, image: string): Definition {
  const container = isRecord(value.container) ? value.container : { type: "MESOS" };
  if (image === "") {
    const { docker: _docker, ...others } = container;
    const isBare = Object.keys(others).every((name) => name === "type");
    return withMember(value, "container", isBare ? undefined : others);
  }
  const docker = isRecord(container.docker) ? container.docker : {};
  return withMember(value, "container", { ...container, docker: { ...docker, image } });
}

type FieldProps = Omit<Props, "isNew">;

/** Ports of the host, as many as are asked for; their names and numbers are the text's matter. */
function PortsField({ value, onChange }: FieldProps) {
  const ports = Array.isArray(value.portDefinitions) ? value.portDefinitions : [];
  const change = (many: number | undefined) => {
    const wanted = Math.min(50, many ?? 0);
    const more = Array.from({ length: Math.max(0, wanted - ports.length) }, () => ({
      port: 0,
      protocol: "tcp",
    }));
    const next = [...ports.slice(0, wanted), ...more];
    onChange(withMember(value, "portDefinitions", next.length === 0 ? undefined : next));
  };
  return <NumberField name="Ports" step="1" value={ports.length} onChange={change} />;
}

const protocols = ["none", "MESOS_HTTP", "MESOS_TCP", "COMMAND"] as const;
const protocolNames: Readonly<Record<string, string>> = {
  none: "none",
  MESOS_HTTP: "an HTTP request",
  MESOS_TCP: "a connection",
  COMMAND: "a command",
};
const patience = {
  gracePeriodSeconds: 30,
  intervalSeconds: 10,
  timeoutSeconds: 5,
  maxConsecutiveFailures: 3,
};

/** The first check; further ones are the text's matter. */
function CheckField({ value, onChange }: FieldProps) {
  const checks = Array.isArray(value.healthChecks) ? value.healthChecks : [];
  const [first, ...others] = checks as readonly Definition[];
  const kind = text(first?.protocol) || "none";
  const put = (check: Definition | undefined) => {
    const next = check === undefined ? others : [check, ...others];
    onChange(withMember(value, "healthChecks", next.length === 0 ? undefined : next));
  };
  const choose = (protocol: string) => {
    if (protocol === "none") return put(undefined);
    if (protocol === "COMMAND") return put({ protocol, command: { value: "true" }, ...patience });
    const path = protocol === "MESOS_HTTP" ? { path: "/" } : {};
    return put({ protocol, ...path, portIndex: 0, ...patience });
  };
  const command = isRecord(first?.command) ? text(first.command.value) : "";
  return (
    <>
      <label className="field">
        <span>Health is checked by</span>
        <select value={kind} onChange={({ target }) => choose(target.value)}>
          {[...new Set([...protocols, kind])].map((one) => (
            <option key={one} value={one}>
              {protocolNames[one] ?? one}
            </option>
          ))}
        </select>
      </label>
      {first !== undefined && kind.endsWith("HTTP") ? (
        <TextField
          name="Path that is asked for"
          value={text(first.path)}
          onChange={(path) => put({ ...first, path })}
        />
      ) : null}
      {first !== undefined && kind === "COMMAND" ? (
        <TextField
          name="Command that is run"
          value={command}
          onChange={(next) => put({ ...first, command: { value: next } })}
        />
      ) : null}
    </>
  );
}

/** One constraint a line: `rack UNIQUE`, `zone GROUP_BY 3`. */
function ConstraintField({ value, onChange }: FieldProps) {
  const rows = Array.isArray(value.constraints) ? (value.constraints as readonly unknown[]) : [];
  const lines = rows.map((row) => (Array.isArray(row) ? row.join(" ") : ""));
  const change = (next: string) => {
    const constraints = next
      .split("\n")
      .map((line) => line.split(" ").filter((word) => word !== ""))
      .filter((words) => words.length > 0)
      .map(([field, operator, ...rest]) =>
        [field, operator, ...(rest.length === 0 ? [] : [rest.join(" ")])].filter(Boolean),
      );
    onChange(withMember(value, "constraints", constraints.length === 0 ? undefined : constraints));
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
