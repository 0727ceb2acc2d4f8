/**
 * The timeline: what happened in the cluster, filtered, between two moments; new events come at the top by themselves.
 *
 * The moments stand in the address (`from`, `until`), so that any view may later be asked for as it was then.
 */

import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { TimelineKind, TimelineParams, TimelineRow } from "#console/timeline.ts";
import { useView } from "../../live/use-view.ts";
import { Empty, Panel, Since, Tag } from "../../parts/basics.tsx";
import { EventRow } from "../../parts/events.tsx";
import { FilterText } from "../../parts/filters.tsx";
import { Await, Head } from "../../parts/page.tsx";
import { useSearchWriter } from "../../parts/table-search.ts";
import { listOf } from "../../search.ts";
import { get } from "../../session/send.ts";
import { InBetween, WindowTools } from "./window-tools.tsx";

const route = getRouteApi("/timeline");

const kinds: readonly TimelineKind[] = [
  "service",
  "deployment",
  "task",
  "health",
  "node",
  "framework",
  "operator",
  "cluster",
];

export function TimelinePage() {
  const search = route.useSearch();
  const { text, service, task, node, framework, from, until } = search;
  const kind = listOf(search.kind) as readonly TimelineKind[] | undefined;
  const params: TimelineParams = {
    limit: 100,
    ...(kind === undefined ? {} : { kind }),
    ...(text === undefined ? {} : { text }),
    ...(service === undefined ? {} : { service }),
    ...(task === undefined ? {} : { task }),
    ...(node === undefined ? {} : { node }),
    ...(framework === undefined ? {} : { framework }),
    ...momentOf("fromMs", from),
    ...momentOf("untilMs", until),
  };
  const view = useView("timeline", params, true);
  return (
    <Await view={view} missing="There is no cluster">
      {(value) => (
        <>
          <Head
            title="Timeline"
            marks={
              value.oldestMs === null ? undefined : (
                <span className="soft">
                  back to <Since ms={value.oldestMs} />
                </span>
              )
            }
          />
          <Filters kind={kind} />
          <WindowTools />
          {value.between === null ? null : <InBetween between={value.between} />}
          <Panel>
            {value.rows.length === 0 ? (
              <Empty title="Nothing happened">
                With these filters nothing is remembered. What changes in the cluster appears here by itself.
              </Empty>
            ) : (
              <ol className="events">
                {value.rows.map((row) => (
                  <EventRow key={row.key} row={row} />
                ))}
                <Older key={JSON.stringify(params)} params={params} next={value.next} />
              </ol>
            )}
          </Panel>
        </>
      )}
    </Await>
  );
}

function momentOf(name: "fromMs" | "untilMs", text: string | undefined): TimelineParams {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? {} : { [name]: ms };
}

function Filters({ kind }: { readonly kind: readonly TimelineKind[] | undefined }) {
  const search = route.useSearch();
  const write = useSearchWriter();
  const toggle = (one: TimelineKind) => {
    const now = kind ?? [];
    const next = now.includes(one) ? now.filter((other) => other !== one) : [...now, one];
    write({ kind: next.length === 0 ? undefined : next.join(",") });
  };
  const things = (["service", "task", "node", "framework"] as const).filter(
    (name) => search[name] !== undefined,
  );
  return (
    <div className="tools">
      <FilterText label="Filter events" hint="words" />
      {kinds.map((one) => (
        <button
          key={one}
          type="button"
          className={kind?.includes(one) === true ? "primary" : ""}
          aria-pressed={kind?.includes(one) === true}
          onClick={() => toggle(one)}
        >
          {one}
        </button>
      ))}
      {things.map((name) => (
        <Tag key={name}>
          {name} {search[name]}{" "}
          <button
            type="button"
            className="link"
            aria-label={`No longer only this ${name}`}
            onClick={() => write({ [name]: undefined })}
          >
            ×
          </button>
        </Tag>
      ))}
    </div>
  );
}

type OlderProps = { readonly params: TimelineParams; readonly next: string | null };
type Page = { readonly rows: readonly TimelineRow[]; readonly next: string | null };

/** Older events do not change: they are read once, page by page, below the live ones. */
function Older({ params, next }: OlderProps) {
  const [first] = useState(next);
  const [pages, setPages] = useState<readonly Page[]>([]);
  const before = pages.length === 0 ? first : (pages.at(-1)?.next ?? null);
  const more = async () => {
    if (before === null) return;
    const query = encodeURIComponent(JSON.stringify({ ...params, before }));
    setPages([...pages, await get<Page>(`/unum/v1/views/timeline?params=${query}`)]);
  };
  return (
    <>
      {pages.flatMap(({ rows }) => rows.map((row) => <EventRow key={row.key} row={row} />))}
      {before === null ? null : (
        <li>
          <button type="button" onClick={() => void more()}>
            Older
          </button>
        </li>
      )}
    </>
  );
}
