/**
 * The command palette: finds services, tasks, nodes and frameworks by name, goes to views, and does things.
 *
 * A combobox as ARIA describes it: the focus stays in the text, the arrows choose.
 */

import { useRouter } from "@tanstack/react-router";
import { type KeyboardEvent, useDeferredValue, useId, useState } from "react";
import { useView } from "../live/use-view.ts";
import { Dialog } from "../parts/dialog.tsx";
import { addressOf } from "../parts/links.tsx";
import { commandsFor } from "./commands.ts";

type Choice = {
  readonly key: string;
  readonly kind: string;
  readonly name: string;
  readonly note: string;
  readonly run: () => void;
};

const shownMost = 30;

export function Palette({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const choices = useChoices(useDeferredValue(text), onClose);
  const listId = useId();
  const at = Math.min(chosen, choices.length - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      const next = (at + step + choices.length) % Math.max(1, choices.length);
      setChosen(next);
      document.getElementById(`${listId}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      event.preventDefault();
      choices[at]?.run();
    }
  };
  return (
    <Dialog label="Find or do" className="palette" onClose={onClose}>
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={choices.length === 0 ? undefined : `${listId}-${at}`}
        aria-label="Find a service, task, node or framework, or an action"
        placeholder="Find a service, task, node … or an action"
        value={text}
        onKeyDown={onKeyDown}
        onChange={({ target }) => {
          setText(target.value);
          setChosen(0);
        }}
      />
      <div role="listbox" id={listId} aria-label="Found">
        {choices.map(({ key, kind, name, note, run }, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the text field has the keys
          <div key={key} id={`${listId}-${index}`} role="option" aria-selected={index === at} onClick={run}>
            <span className="kind">{kind}</span>
            <span>{name}</span>
            <span className="end">{note}</span>
          </div>
        ))}
        {choices.length === 0 ? <p className="empty soft">Nothing is called so.</p> : null}
      </div>
    </Dialog>
  );
}

function useChoices(text: string, onClose: () => void): readonly Choice[] {
  const router = useRouter();
  const { value } = useView("search", { text: text.trim(), limit: shownMost }, true);
  const go = (href: string) => () => {
    onClose();
    void router.navigate({ to: href });
  };
  const commands = commandsFor(text).map(({ name, note, href, run }) => ({
    key: `do ${name}`,
    kind: href === undefined ? "Do" : "Go to",
    name,
    note,
    run: () => {
      if (href !== undefined) return go(href)();
      onClose();
      run?.();
    },
  }));
  const found = (text.trim() === "" ? [] : (value?.rows ?? [])).map((row) => ({
    key: row.key,
    kind: row.kind,
    name: row.name,
    note: row.note,
    run: go(addressOf(row)),
  }));
  return [...found, ...commands].slice(0, shownMost);
}
