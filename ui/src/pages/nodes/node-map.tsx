/**
 * The map of all nodes on one canvas: a cell each, by zone or rack, its heat how much of it is in use.
 *
 * The pointer or the arrow keys choose one, which is told in words below; a click or Enter goes there. A node that is
 * not well has a frame in its colour, whatever its heat.
 */

import { getRouteApi, useNavigate, useRouter } from "@tanstack/react-router";
import { type KeyboardEvent, type MouseEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import type { NodeMapView } from "#console/nodes.ts";
import { useView } from "../../live/use-view.ts";
import { Empty, Panel, Skeleton } from "../../parts/basics.tsx";
import { counted } from "../../parts/format.ts";
import { useThemeTurn } from "../../parts/use-theme-turn.ts";
import { drawMap, type Heat, heats, inWords } from "./map-drawing.ts";
import { layOut, neighbourOf, nodeAt } from "./map-layout.ts";

const search = getRouteApi("__root__");

const groupings = ["none", "zone", "rack", "region"] as const;

export function NodeMap({ height }: { readonly height: number }) {
  const { by, group } = search.useSearch() as { readonly by?: string; readonly group?: string };
  const navigate = useNavigate();
  const heat = heats.find(({ key }) => key === by) ?? heats[0];
  const groupBy = groupings.find((one) => one === group) ?? "zone";
  const { value } = useView("node-map", { groupBy }, true);
  const choose = (name: "by" | "group", chosen: string) =>
    void navigate({ to: ".", search: (old: object) => ({ ...old, [name]: chosen }), replace: true });
  const controls = (
    <>
      <label className="row">
        <span className="soft">Heat</span>
        <select value={heat.key} onChange={({ target }) => choose("by", target.value)}>
          {heats.map(({ key, name }) => (
            <option key={key} value={key}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label className="row">
        <span className="soft">Groups</span>
        <select value={groupBy} onChange={({ target }) => choose("group", target.value)}>
          {groupings.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
    </>
  );
  return (
    <Panel title="Map of nodes" end={controls}>
      {value === undefined ? <Skeleton /> : <MapCanvas view={value} heat={heat} height={height} />}
    </Panel>
  );
}

type CanvasProps = { readonly view: NodeMapView; readonly heat: Heat; readonly height: number };

function MapCanvas({ view, heat, height }: CanvasProps) {
  const router = useRouter();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [chosen, setChosen] = useState<number | undefined>(undefined);
  const turn = useThemeTurn();
  const wordsId = useId();
  const layout = useMemo(() => layOut(countGroups(view), width, height), [view, width, height]);
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.parentElement?.clientWidth ?? 0));
    if (element.parentElement !== null) observer.observe(element.parentElement);
    return () => observer.disconnect();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useEffect(() => {
    if (canvas.current !== null && width > 0) drawMap(canvas.current, { view, layout, heat, chosen, width });
  }, [view, layout, heat, chosen, width, turn]);
  if (view.rows.length === 0)
    return <Empty title="No nodes yet">Start `unum agent` on each server: it appears here as a cell.</Empty>;
  const open = (index: number | undefined) => {
    const row = index === undefined ? undefined : view.rows[index];
    if (row !== undefined) void router.navigate({ to: "/nodes/$node", params: { node: row[0] } });
  };
  const at = ({ nativeEvent }: MouseEvent) => nodeAt(layout, nativeEvent.offsetX, nativeEvent.offsetY);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") return open(chosen);
    if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    setChosen(chosen === undefined ? 0 : neighbourOf(layout, chosen, event.key));
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: an application has keys of its own */}
      <canvas
        ref={canvas}
        className="node-map"
        role="application"
        aria-label={`${counted(view.rows.length, "node")}: arrow keys choose one, Enter opens it`}
        aria-describedby={wordsId}
        tabIndex={0}
        onMouseMove={(event) => setChosen(at(event))}
        onMouseLeave={() => setChosen(undefined)}
        onClick={(event) => open(at(event))}
        onKeyDown={onKeyDown}
      />
      <p id={wordsId} className="soft small-print" aria-live="polite">
        {inWords(view, chosen, heat)}
      </p>
    </>
  );
}

function countGroups({
  groups,
  rows,
}: NodeMapView): readonly { readonly name: string; readonly many: number }[] {
  const counts = new Map<number, number>();
  for (const [, , group] of rows) counts.set(group, (counts.get(group) ?? 0) + 1);
  return [...counts].map(([group, many]) => ({ name: groups[group] ?? "", many }));
}
