/**
 * A node's tasks as tiles, as large as the share of it that they are promised; each leads to its task.
 */

import { useRouter } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { NodeView } from "#console/nodes.ts";
import { Empty } from "../../parts/basics.tsx";
import { cpus, mebibytes } from "../../parts/format.ts";
import { addressOf } from "../../parts/links.tsx";
import { squarify } from "./squarify.ts";

const height = 380;
const tones = 6;

export function Treemap({ rows }: { readonly rows: NodeView["treemap"] }) {
  const router = useRouter();
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [by, setBy] = useState<"mem" | "cpus">("mem");
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  if (rows.length === 0) return <Empty title="Nothing runs here" />;
  const sorted = rows.toSorted((left, right) => right[by] - left[by]);
  const services = [...new Set(sorted.map(({ service }) => service ?? ""))];
  return (
    <>
      <label className="row">
        <span className="soft">Size</span>
        <select value={by} onChange={({ target }) => setBy(target.value === "cpus" ? "cpus" : "mem")}>
          <option value="mem">memory</option>
          <option value="cpus">processors</option>
        </select>
      </label>
      <div ref={box} className="treemap" style={{ height }}>
        {squarify(
          sorted.map((row) => row[by]),
          width,
          height,
        ).map(({ index, ...tile }) => {
          const row = sorted[index];
          if (row === undefined) return null;
          const href = addressOf({ kind: "task", id: row.key });
          return (
            <a
              key={row.key}
              href={href}
              className={`tile t${services.indexOf(row.service ?? "") % tones}`}
              title={`${row.name}: ${cpus(row.cpus)} cpus, ${mebibytes(row.mem)}`}
              style={{ left: tile.x, top: tile.y, width: tile.width, height: tile.height }}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey) return;
                event.preventDefault();
                void router.navigate({ to: href });
              }}
            >
              <span>{row.service ?? row.name}</span>
              <small>{by === "mem" ? mebibytes(row.mem) : `${cpus(row.cpus)} cpus`}</small>
            </a>
          );
        })}
      </div>
    </>
  );
}
