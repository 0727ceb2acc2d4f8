/**
 * Fields that filter a list: what they say stands in the address, under `text` or a name of their own.
 */

import { useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useSearchWriter } from "./table-search.ts";

/** Typing pauses so long before the server is asked. */
const pauseMs = 180;

export function FilterText({ label, hint }: { readonly label: string; readonly hint: string }) {
  const { text = "" } = useSearch({ strict: false }) as { readonly text?: string };
  const write = useSearchWriter();
  const [typed, setTyped] = useState(text);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was typed asks again
  useEffect(() => {
    if (typed === text) return undefined;
    const timer = setTimeout(() => write({ text: typed === "" ? undefined : typed }), pauseMs);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={`Filter: ${hint}`}
      value={typed}
      onChange={({ target }) => setTyped(target.value)}
    />
  );
}

type SelectProps = {
  readonly label: string;
  readonly name: string;
  readonly any?: string;
  readonly choices: readonly { readonly value: string; readonly name: string }[];
};

export function SelectFilter({ label, name, any = "any", choices }: SelectProps) {
  const search = useSearch({ strict: false }) as Readonly<Record<string, string | undefined>>;
  const write = useSearchWriter();
  const value = search[name] ?? "";
  const isListed = value === "" || choices.some((choice) => choice.value === value);
  return (
    <label className="row">
      <span className="soft">{label}</span>
      <select value={value} onChange={({ target }) => write({ [name]: target.value || undefined })}>
        <option value="">{any}</option>
        {isListed ? null : <option value={value}>{value}</option>}
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.name}
          </option>
        ))}
      </select>
    </label>
  );
}
