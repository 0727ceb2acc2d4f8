/**
 * Places in a JSON text: from where the cursor is to the path of members, and from a path to where it stands.
 */

import { syntaxTree } from "@codemirror/language";
import type { EditorState } from "@codemirror/state";
import type { SyntaxNode } from "@lezer/common";

type Step = string | number;

export function pathAt(state: EditorState, position: number): readonly Step[] {
  const path: Step[] = [];
  let node: SyntaxNode | null = syntaxTree(state).resolveInner(position, -1);
  for (; node !== null; node = node.parent) {
    if (node.name === "Property") {
      const name = node.getChild("PropertyName");
      if (name !== null) path.unshift(unquoted(state.sliceDoc(name.from, name.to)));
    } else if (node.name === "Array") path.unshift(placeIn(node, position));
  }
  return path;
}

const unquoted = (text: string): string => text.replace(/^"|"$/g, "");

function placeIn(array: SyntaxNode, position: number): number {
  let place = 0;
  for (let child = array.firstChild; child !== null; child = child.nextSibling) {
    if (child.to >= position) break;
    if (!/^[[\],]|⚠$/.test(child.name)) place += 1;
  }
  return place;
}

/** Where `/healthChecks(0)/path` stands; what is not there is its nearest surroundings, at last the first letter. */
export function nodeOf(state: EditorState, path: string): { readonly from: number; readonly to: number } {
  const steps = path.split(/[/()]/).filter((step) => step !== "");
  let node: SyntaxNode | null = syntaxTree(state).topNode.firstChild;
  let found = { from: 0, to: Math.min(1, state.doc.length) };
  for (const step of steps) {
    const next: SyntaxNode | null = node === null ? null : childOf(state, node, step);
    if (next === null) break;
    found = { from: next.from, to: next.to };
    node = next.name === "Property" ? next.lastChild : next;
  }
  return found;
}

function childOf(state: EditorState, node: SyntaxNode, step: string): SyntaxNode | null {
  if (node.name === "Array") {
    let place = 0;
    for (let child = node.firstChild; child !== null; child = child.nextSibling) {
      if (/^[[\],]|⚠$/.test(child.name)) continue;
      if (String(place) === step) return child;
      place += 1;
    }
    return null;
  }
  return (
    node.getChildren("Property").find((property) => {
      const name = property.getChild("PropertyName");
      return name !== null && unquoted(state.sliceDoc(name.from, name.to)) === step;
    }) ?? null
  );
}
