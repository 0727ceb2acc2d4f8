/**
 * What the palette can do beside finding things: views, creating, appearance, and the actions of the thing at hand.
 *
 * The actions of a service or a node are those of its page: it offers them under `act` while it is shown.
 */

import { places } from "./nav.tsx";
import { applyTheme } from "./theme.ts";

export type Command = {
  readonly name: string;
  readonly note: string;
  readonly href?: string;
  readonly run?: () => void;
};

let atHand: readonly Command[] = [];

/** By the page that is shown; the answer takes them back. */
export function offerCommands(commands: readonly Command[]): () => void {
  atHand = commands;
  return () => {
    if (atHand === commands) atHand = [];
  };
}

const fixed: readonly Command[] = [
  { name: "New app", note: "", href: "/new" },
  { name: "New pod", note: "", href: "/new?kind=pod" },
  { name: "Deploy the example app", note: "", href: "/new?example=web" },
  { name: "Tasks that ended", note: "", href: "/tasks?which=ended" },
  { name: "Services that wait", note: "", href: "/services?status=waiting,delayed" },
  { name: "Services that are unhealthy", note: "", href: "/services?status=unhealthy" },
  { name: "Map of nodes", note: "", href: "/nodes?show=map" },
  ...places.map(({ to, name }) => ({ name, note: "view", href: to })),
  { name: "Appearance: light", note: "", run: () => applyTheme("light") },
  { name: "Appearance: dark", note: "", run: () => applyTheme("dark") },
  { name: "Appearance: as the system", note: "", run: () => applyTheme("system") },
];

export function commandsFor(text: string): readonly Command[] {
  const words = text.toLowerCase().split(/\s+/);
  return [...atHand, ...fixed].filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
}
