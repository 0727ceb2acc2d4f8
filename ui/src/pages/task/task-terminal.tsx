/**
 * A terminal in a task's container: a shell of its own beside the task, which ends when this view is left.
 */

import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { useEffect, useRef, useState } from "react";
import type { TaskRow } from "#console/tasks.ts";
import { Notice } from "../../parts/basics.tsx";
import { colourOf } from "../../parts/time-chart.tsx";
import { useRefusal } from "../../session/use-session.ts";
import { TerminalLine } from "./terminal-line.ts";

export function TaskTerminal({ task }: { readonly task: TaskRow }) {
  const refused = useRefusal();
  const [attempt, setAttempt] = useState(0);
  if (refused !== undefined) return <Notice tone="wait">{refused}.</Notice>;
  return <Opened key={attempt} task={task} onAgain={() => setAttempt(attempt + 1)} />;
}

type Props = { readonly task: TaskRow; readonly onAgain: () => void };

function Opened({ task: { nodeId, id, frameworkId }, onAgain }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [end, setEnd] = useState<string | undefined>(undefined);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const terminal = new Terminal({
      fontFamily: "ui-monospace, 'DejaVu Sans Mono', Menlo, monospace",
      fontSize: 13,
      cursorBlink: true,
      screenReaderMode: true,
      theme: { background: "#0d1113", foreground: "#e4eaec", cursor: colourOf(element, "--wait-fill") },
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(element);
    fit.fit();
    const { cols: columns, rows } = terminal;
    const line = new TerminalLine(
      nodeId,
      { frameworkId, taskId: id, columns, rows },
      {
        output: (bytes) => terminal.write(bytes),
        ended: setEnd,
      },
    );
    const typed = terminal.onData((text) => line.type(text));
    const resized = terminal.onResize((size) => line.resize(size.cols, size.rows));
    const observer = new ResizeObserver(() => fit.fit());
    observer.observe(element);
    terminal.focus();
    return () => {
      observer.disconnect();
      typed.dispose();
      resized.dispose();
      line.close();
      terminal.dispose();
    };
  }, [nodeId, id, frameworkId]);
  return (
    <div className="stack">
      {end === undefined ? null : (
        <Notice
          tone="wait"
          end={
            <button type="button" onClick={onAgain}>
              Open another
            </button>
          }
        >
          {end}
        </Notice>
      )}
      <div ref={box} className="terminal" />
      <p className="soft small-print">
        A shell beside the task, in its container. It ends when you leave. <kbd>Ctrl D</kbd> ends it, too.
      </p>
    </div>
  );
}
