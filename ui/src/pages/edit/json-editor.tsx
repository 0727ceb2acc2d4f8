/**
 * A text field for JSON: colours, completion by the published schemas, and what is wrong marked where it is.
 */

import { autocompletion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { HighlightStyle, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { linter, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";
import { useEffect, useRef } from "react";
import type { Detail } from "../../session/send.ts";
import type { Kind } from "./definitions.ts";
import { nodeOf, pathAt } from "./json-places.ts";
import { schemaOf } from "./read-schema.ts";
import { membersAt, type Schema, valuesAt } from "./schema.ts";

type Props = {
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly kind: Kind;
  /** What the cluster found wrong, by place. */
  readonly details: readonly Detail[];
};

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent)" },
  { tag: tags.string, color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--wait)" },
  { tag: [tags.separator, tags.brace, tags.squareBracket], color: "var(--soft)" },
]);

export function JsonEditor({ text, onChange, kind, details }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  const changed = useRef(onChange);
  changed.current = onChange;
  // biome-ignore lint/correctness/useExhaustiveDependencies: later texts are put into the editor that is there
  useEffect(() => {
    if (box.current === null) return undefined;
    const made = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: text,
        extensions: extensionsFor(kind, (next) => changed.current(next)),
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [kind]);
  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || editor.state.doc.toString() === text) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [text]);
  useEffect(() => {
    const editor = view.current;
    if (editor === undefined) return;
    const marks = details.map(({ path, errors }) => ({
      ...nodeOf(editor.state, path),
      severity: "error" as const,
      message: errors.join("\n"),
    }));
    editor.dispatch(setDiagnostics(editor.state, marks));
  }, [details]);
  return <div ref={box} className="json-editor" />;
}

function extensionsFor(kind: Kind, onChange: (text: string) => void) {
  return [
    basicSetup,
    json(),
    linter(jsonParseLinter()),
    lintGutter(),
    syntaxHighlighting(colours),
    autocompletion({ override: [completer(schemaOf(kind))] }),
    EditorView.contentAttributes.of({ "aria-label": "Definition as JSON", tabindex: "0" }),
    EditorView.updateListener.of(({ docChanged, state }) => {
      if (docChanged) onChange(state.doc.toString());
    }),
  ];
}

const completer =
  (reading: Promise<Schema>) =>
  async (context: CompletionContext): Promise<CompletionResult | null> => {
    const schema = await reading;
    const before = syntaxTree(context.state).resolveInner(context.pos, -1);
    const word = context.matchBefore(/"?[\w-]*/);
    if (word === null || (word.from === word.to && !context.explicit)) return null;
    const path = pathAt(context.state, context.pos);
    const isName =
      before.name === "PropertyName" ||
      before.name === "Object" ||
      before.name === "⚠" ||
      before.name === "{";
    const to = context.state.sliceDoc(context.pos, context.pos + 1) === '"' ? context.pos + 1 : context.pos;
    if (isName) {
      const inside = before.name === "PropertyName" ? path.slice(0, -1) : path;
      const options = membersAt(schema, inside).map(({ label, type, info }) => ({
        label: `"${label}"`,
        detail: type,
        ...(info === undefined ? {} : { info }),
        apply: `"${label}": `,
      }));
      return options.length === 0 ? null : { from: word.from, to, options };
    }
    const options = valuesAt(schema, path).map((label) => ({ label }));
    return options.length === 0 ? null : { from: word.from, to, options };
  };
