/**
 * One container of a pod as a form: image, command, measure, endpoints, environment and how its health is checked.
 * What it has no field for stays in the text as it is.
 */

import { type Definition, isRecord } from "./definitions.ts";
import { LinesField, NumberField, PairsField, TextField, withMember, wordsOfLines } from "./form-fields.tsx";

export const record = (value: unknown): Definition => (isRecord(value) ? value : {});
const text = (value: unknown): string => (typeof value === "string" ? value : "");

type Props = {
  readonly container: Definition;
  readonly onChange: (container: Definition) => void;
  readonly onRemove: (() => void) | undefined;
};

export function ContainerFields({ container, onChange, onRemove }: Props) {
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
        <NumberField name="Disk (MiB)" value={resources.disk} onChange={setAmount("disk")} />
        <CheckField container={container} onChange={onChange} />
        <div className="wide">
          <EndpointsField container={container} onChange={onChange} />
        </div>
        <div className="wide">
          <PairsField
            name="Environment"
            value={container.environment}
            onChange={(environment) => set("environment", environment)}
          />
        </div>
      </div>
      {onRemove === undefined ? null : (
        <button type="button" className="danger" onClick={onRemove}>
          Take it out
        </button>
      )}
    </fieldset>
  );
}

type FieldProps = Omit<Props, "onRemove">;

const endpointsOf = ({ endpoints }: Definition): readonly Definition[] =>
  Array.isArray(endpoints) ? endpoints.map(record) : [];

/** A name on each line, and the host's port if it must be a certain one. */
function EndpointsField({ container, onChange }: FieldProps) {
  const endpoints = endpointsOf(container);
  const lines = endpoints.map(({ name, hostPort }) =>
    [text(name), typeof hostPort === "number" && hostPort > 0 ? hostPort : ""].join(" ").trim(),
  );
  const change = (next: string) => {
    const wanted = wordsOfLines(next).map(([name = "", port]) => {
      const before = endpoints.find((one) => one.name === name);
      const hostPort = Number(port ?? 0);
      return { protocol: ["tcp"], ...before, name, hostPort: Number.isInteger(hostPort) ? hostPort : 0 };
    });
    onChange(withMember(container, "endpoints", wanted.length === 0 ? undefined : wanted));
  };
  return (
    <LinesField name="Endpoints, a name on each line (web, or web 8080)" lines={lines} onChange={change} />
  );
}

const kinds = ["none", "http", "tcp", "exec"] as const;
const kindNames = {
  none: "none",
  http: "an HTTP request",
  tcp: "a connection",
  exec: "a command",
} as const;
const patience = {
  gracePeriodSeconds: 30,
  intervalSeconds: 10,
  timeoutSeconds: 5,
  maxConsecutiveFailures: 3,
};

/** By HTTP or a connection only where there is an endpoint to ask. */
function CheckField({ container, onChange }: FieldProps) {
  const check = record(container.healthCheck);
  const kind = kinds.find((one) => one in check) ?? "none";
  const [first] = endpointsOf(container);
  const endpoint = text(record(check[kind]).endpoint) || text(first?.name);
  const put = (healthCheck: Definition | undefined) =>
    onChange(withMember(container, "healthCheck", healthCheck));
  const { none: _none, http: _http, tcp: _tcp, exec: _exec, ...others } = check;
  const timing = { ...patience, ...others };
  const choose = (next: string) => {
    if (next === "http") put({ ...timing, http: { endpoint, path: "/", scheme: "HTTP" } });
    else if (next === "tcp") put({ ...timing, tcp: { endpoint } });
    else if (next === "exec") put({ ...timing, exec: { command: { shell: "true" } } });
    else put(undefined);
  };
  return (
    <>
      <label className="field">
        <span>Health is checked by</span>
        <select value={kind} onChange={({ target }) => choose(target.value)}>
          {kinds.map((one) => (
            <option
              key={one}
              value={one}
              disabled={(one === "http" || one === "tcp") && first === undefined && one !== kind}
            >
              {kindNames[one]}
            </option>
          ))}
        </select>
      </label>
      {kind === "http" ? (
        <TextField
          name="Path that is asked for"
          value={text(record(check.http).path)}
          onChange={(path) => put({ ...check, http: { ...record(check.http), path } })}
        />
      ) : null}
      {kind === "exec" ? (
        <TextField
          name="Command that is run"
          value={text(record(record(check.exec).command).shell)}
          onChange={(shell) => put({ ...check, exec: { command: { shell } } })}
        />
      ) : null}
    </>
  );
}
