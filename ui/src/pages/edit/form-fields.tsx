/**
 * The fields of which the forms are made. Empty text takes a member away.
 */

import type { Definition } from "./definitions.ts";

/** Sets a member, or takes it away. */
export function withMember(value: Definition, name: string, member: unknown): Definition {
  const { [name]: _old, ...others } = value;
  if (member === undefined) return others;
  // A member that is there keeps its place in the text.
  return name in value ? { ...value, [name]: member } : { ...value, [name]: member };
}

type FieldProps = {
  readonly name: string;
  readonly hint?: string;
  readonly value: string;
  readonly isFixed?: boolean;
  readonly rows?: number;
  readonly onChange: (text: string) => void;
};

export const TextField = ({ name, hint, value, isFixed = false, rows, onChange }: FieldProps) => (
  <label className="field">
    <span>{name}</span>
    {rows === undefined ? (
      <input
        type="text"
        value={value}
        readOnly={isFixed}
        placeholder={hint}
        onChange={({ target }) => onChange(target.value)}
      />
    ) : (
      <textarea
        className="mono"
        rows={rows}
        value={value}
        placeholder={hint}
        onChange={({ target }) => onChange(target.value)}
      />
    )}
  </label>
);

type NumberProps = {
  readonly name: string;
  readonly value: unknown;
  readonly step?: string;
  readonly onChange: (value: number | undefined) => void;
};

export const NumberField = ({ name, value, step = "any", onChange }: NumberProps) => (
  <label className="field">
    <span>{name}</span>
    <input
      type="number"
      min="0"
      step={step}
      value={typeof value === "number" ? value : ""}
      onChange={({ target }) => onChange(target.value === "" ? undefined : Number(target.value))}
    />
  </label>
);

type PairsProps = {
  readonly name: string;
  readonly value: unknown;
  readonly onChange: (value: Definition | undefined) => void;
};

/** `NAME=value`, a line each. What is no text (a secret) stays as it is and is not shown. */
export function PairsField({ name, value, onChange }: PairsProps) {
  const pairs = Object.entries((value ?? {}) as Definition);
  const texts = pairs.filter((pair): pair is [string, string] => typeof pair[1] === "string");
  const others = pairs.filter(([, one]) => typeof one !== "string");
  const change = (text: string) => {
    const lines = text.split("\n").filter((line) => line !== "");
    const entries = lines.map((line): [string, unknown] => {
      const equals = line.indexOf("=");
      return equals < 0 ? [line, ""] : [line.slice(0, equals), line.slice(equals + 1)];
    });
    const all = [...others, ...entries];
    onChange(all.length === 0 ? undefined : Object.fromEntries(all));
  };
  return (
    <TextField
      name={`${name}, a NAME=value on each line`}
      rows={Math.min(8, Math.max(2, texts.length + 1))}
      value={texts.map(([key, one]) => `${key}=${one}`).join("\n")}
      onChange={change}
    />
  );
}

type LinesProps = {
  readonly name: string;
  readonly lines: readonly string[];
  readonly onChange: (text: string) => void;
};

/** Read when one leaves it: a line that is half typed means nothing yet. */
export const LinesField = ({ name, lines, onChange }: LinesProps) => (
  <label className="field">
    <span>{name}</span>
    <textarea
      className="mono"
      rows={2}
      key={lines.join("\n")}
      defaultValue={lines.join("\n")}
      onBlur={({ target }) => onChange(target.value)}
    />
  </label>
);

export const wordsOfLines = (text: string): readonly (readonly string[])[] =>
  text
    .split("\n")
    .map((line) => line.split(" ").filter((word) => word !== ""))
    .filter((words) => words.length > 0);
