/**
 * Two configurations as one text: what goes is struck in red with a minus, what comes in green with a plus.
 *
 * Long stretches that are the same are folded.
 */

import { type DiffLine, diffLines, written } from "./diff.ts";

const around = 3;
const signs = { same: " ", added: "+", removed: "−" } as const;

type Props = { readonly before: unknown; readonly after: unknown };

export function DiffView({ before, after }: Props) {
  const lines = diffLines(written(before), written(after));
  if (lines.every(({ kind }) => kind === "same")) return <p className="soft">Nothing differs.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <pre className="diff" role="region" aria-label="Differences" tabIndex={0}>
      {folded(lines).map(({ kind, text, number }) =>
        text === undefined ? (
          <span key={`fold ${number}`} className="fold">
            {"⋯\n"}
          </span>
        ) : (
          <span key={`${kind} ${number}`} className={kind}>
            {`${signs[kind]} ${text}\n`}
          </span>
        ),
      )}
    </pre>
  );
}

type Shown = Omit<DiffLine, "text"> & { readonly text: string | undefined };

function folded(lines: readonly DiffLine[]): readonly Shown[] {
  const isNear = (index: number): boolean =>
    lines.slice(Math.max(0, index - around), index + around + 1).some(({ kind }) => kind !== "same");
  const shown: Shown[] = [];
  lines.forEach((line, index) => {
    if (isNear(index)) shown.push(line);
    else if (shown.at(-1)?.text !== undefined || shown.length === 0) shown.push({ ...line, text: undefined });
  });
  return shown;
}
