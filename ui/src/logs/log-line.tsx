/**
 * One line of output with its colours, and what was searched for marked in it.
 */

import { memo } from "react";
import type { Piece, Style } from "./ansi.ts";
import type { Line } from "./log-buffer.ts";

type Props = {
  readonly line: Line;
  readonly source: { readonly name: string; readonly index: number } | undefined;
  readonly search: string;
};

const sourceColours = 6;

export const LogLine = memo(({ line, source, search }: Props) => (
  <div className="log-line">
    {source === undefined ? null : (
      <span className={`log-source s${source.index % sourceColours}`}>{source.name}</span>
    )}
    {search !== "" && line.text.toLowerCase().includes(search) ? (
      <Found text={line.text} search={search} />
    ) : (
      line.pieces.map((piece, index) => <Coloured key={index.toString()} piece={piece} />)
    )}
  </div>
));

const Coloured = ({ piece: { text, style } }: { readonly piece: Piece }) => {
  const { ink, ground } = style;
  return (
    <span
      className={classesOf(style)}
      style={{
        ...(typeof ink === "string" ? { color: ink } : {}),
        ...(typeof ground === "string" ? { backgroundColor: ground } : {}),
      }}
    >
      {text}
    </span>
  );
};

const classesOf = ({ ink, ground, isBold, isFaint, isItalic, isUnderlined }: Style): string =>
  [
    typeof ink === "number" ? `ink-${ink}` : "",
    typeof ground === "number" ? `ground-${ground}` : "",
    isBold === true ? "bold" : "",
    isFaint === true ? "soft" : "",
    isItalic === true ? "italic" : "",
    isUnderlined === true ? "underlined" : "",
  ]
    .filter((name) => name !== "")
    .join(" ");

function Found({ text, search }: { readonly text: string; readonly search: string }) {
  const parts: { readonly text: string; readonly isFound: boolean; readonly at: number }[] = [];
  const low = text.toLowerCase();
  let from = 0;
  for (let at = low.indexOf(search); at >= 0; at = low.indexOf(search, from)) {
    if (at > from) parts.push({ text: text.slice(from, at), isFound: false, at: from });
    parts.push({ text: text.slice(at, at + search.length), isFound: true, at });
    from = at + search.length;
  }
  parts.push({ text: text.slice(from), isFound: false, at: from });
  return parts.map((part) =>
    part.isFound ? <mark key={part.at}>{part.text}</mark> : <span key={part.at}>{part.text}</span>,
  );
}
