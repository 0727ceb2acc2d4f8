/**
 * Output that is followed: newest at the bottom, searchable, with its colours; scrolling up holds it still.
 */

import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type ReactNode,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { Notice } from "../parts/basics.tsx";
import { count } from "../parts/format.ts";
import { type Line, LogBuffer } from "./log-buffer.ts";
import { LogLine } from "./log-line.tsx";
import type { Source } from "./log-stream.ts";

type Props = {
  readonly sources: readonly Source[];
  /** Beside the search field. */
  readonly tools?: ReactNode;
};

const lineHeight = 18;

export function LogView({ sources, tools }: Props) {
  const key = sources.map((source) => `${source.nodeId} ${source.path}`).join("\n");
  return <Followed key={key} sources={sources} tools={tools} />;
}

function useBuffer(sources: readonly Source[]): {
  readonly lines: readonly Line[];
  readonly buffer: LogBuffer | undefined;
} {
  const [buffer, setBuffer] = useState<LogBuffer | undefined>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other sources are another component (by key)
  useEffect(() => {
    const made = new LogBuffer(sources);
    setBuffer(made);
    return () => made.close();
  }, []);
  const listen = useCallback(
    (listener: () => void) => buffer?.listen(listener) ?? (() => undefined),
    [buffer],
  );
  const lines = useSyncExternalStore(listen, () => buffer?.lines ?? none);
  return { lines, buffer };
}

const none: readonly Line[] = [];

function Followed({ sources, tools }: Props) {
  const { lines, buffer } = useBuffer(sources);
  const [search, setSearch] = useState("");
  const [onlyFound, setOnlyFound] = useState(false);
  const [isHeld, setIsHeld] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const wanted = search.toLowerCase();
  const found = useMemo(
    () => (wanted === "" ? none : lines.filter(({ text }) => text.toLowerCase().includes(wanted))),
    [lines, wanted],
  );
  const shown = onlyFound && wanted !== "" ? found : lines;
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => box.current,
    estimateSize: () => lineHeight,
    overscan: 20,
  });
  useEffect(() => {
    if (!isHeld && shown.length > 0 && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [shown, isHeld]);
  const onScroll = () => {
    const element = box.current;
    if (element === null) return;
    const left = element.scrollHeight - element.scrollTop - element.clientHeight;
    setIsHeld(left > 3 * lineHeight);
  };
  const names = new Map(sources.map(({ key, name }, index) => [key, { name, index }]));
  const goTo = (line: Line | undefined) => {
    if (line === undefined) return;
    setIsHeld(true);
    virtual.scrollToIndex(shown.indexOf(line), { align: "center" });
  };
  return (
    <div className="log-view">
      <div className="tools">
        <input
          type="search"
          aria-label="Search the output"
          placeholder="Search"
          value={search}
          onChange={({ target }) => setSearch(target.value)}
          onKeyDown={({ key }) => {
            if (key === "Enter") goTo(found.at(-1));
          }}
        />
        <label className="row">
          <input
            type="checkbox"
            checked={onlyFound}
            onChange={({ target }) => setOnlyFound(target.checked)}
          />
          Only lines with it
        </label>
        {wanted === "" ? null : <span className="soft">{`${count(found.length)} lines`}</span>}
        {tools}
        <span className="soft end">{isHeld ? "held" : "following"}</span>
        {isHeld ? (
          <button type="button" onClick={() => setIsHeld(false)}>
            To the newest
          </button>
        ) : null}
      </div>
      {buffer?.problem === undefined ? null : <Notice tone="bad">{buffer.problem}</Notice>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <section ref={box} className="log" tabIndex={0} aria-label="Output" onScroll={onScroll}>
        {shown.length === 0 ? <p className="soft">No output yet.</p> : null}
        <div className="log-lines" style={{ height: virtual.getTotalSize() }}>
          <div style={{ transform: `translateY(${virtual.getVirtualItems()[0]?.start ?? 0}px)` }}>
            {virtual.getVirtualItems().map(({ index }) => {
              const line = shown[index];
              if (line === undefined) return null;
              const source = sources.length > 1 ? names.get(line.source) : undefined;
              return <LogLine key={line.number} line={line} source={source} search={wanted} />;
            })}
          </div>
        </div>
      </section>
      {buffer !== undefined && buffer.dropped > 0 ? (
        <p className="soft small-print">{`${count(buffer.dropped)} older lines are no longer here: download the file for all of it.`}</p>
      ) : null}
    </div>
  );
}
