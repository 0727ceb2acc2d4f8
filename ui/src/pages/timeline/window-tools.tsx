/**
 * The two moments between which the timeline looks, how to choose them quickly, and what happened in between, counted.
 */

import { getRouteApi } from "@tanstack/react-router";
import type { TimelineView } from "#console/timeline.ts";
import { Mark, Panel, Since } from "../../parts/basics.tsx";
import { count, type Tone } from "../../parts/format.ts";
import { useSearchWriter } from "../../parts/table-search.ts";

const route = getRouteApi("/timeline");

const minuteMs = 60_000;
const spans = [
  { name: "10 minutes", ms: 10 * minuteMs },
  { name: "hour", ms: 60 * minuteMs },
  { name: "day", ms: 24 * 60 * minuteMs },
] as const;

/** As a field for moments has it: in the time of the place, to the minute. */
const localText = (ms: number): string =>
  new Date(ms - new Date(ms).getTimezoneOffset() * minuteMs).toISOString().slice(0, 16);

export function WindowTools() {
  const { from, until } = route.useSearch();
  const write = useSearchWriter();
  return (
    <div className="tools">
      <label className="row">
        <span className="soft">From</span>
        <input
          type="datetime-local"
          value={from ?? ""}
          onChange={({ target }) => write({ from: target.value || undefined })}
        />
      </label>
      <label className="row">
        <span className="soft">until</span>
        <input
          type="datetime-local"
          value={until ?? ""}
          onChange={({ target }) => write({ until: target.value || undefined })}
        />
      </label>
      <span className="soft">or the last</span>
      {spans.map(({ name, ms }) => (
        <button
          key={name}
          type="button"
          onClick={() => write({ from: localText(Date.now() - ms), until: undefined })}
        >
          {name}
        </button>
      ))}
      {from === undefined && until === undefined ? null : (
        <button type="button" onClick={() => write({ from: undefined, until: undefined })}>
          All there is
        </button>
      )}
    </div>
  );
}

type Between = NonNullable<TimelineView["between"]>;

const tones: Readonly<Record<Between[number]["tone"], { readonly tone: Tone; readonly word: string }>> = {
  bad: { tone: "bad", word: "went wrong" },
  good: { tone: "good", word: "went well" },
  neutral: { tone: "idle", word: "besides" },
};

const nouns: Readonly<Record<Between[number]["kind"], string>> = {
  service: "services",
  deployment: "deployments",
  task: "tasks",
  health: "health",
  node: "nodes",
  framework: "frameworks",
  operator: "operators",
  cluster: "the cluster",
};

export function InBetween({ between }: { readonly between: Between }) {
  const { from, until } = route.useSearch();
  const write = useSearchWriter();
  const sum = between.reduce((total, { many }) => total + many, 0);
  if (sum === 0) return null;
  return (
    <Panel
      title={
        <>
          {`${count(sum)} ${sum === 1 ? "event" : "events"} `}
          {from === undefined ? "" : "from "}
          {from === undefined ? null : <Since ms={Date.parse(from)} />}
          {until === undefined ? " to now" : " until "}
          {until === undefined ? null : <Since ms={Date.parse(until)} />}
        </>
      }
    >
      <ul className="row between">
        {between.map(({ kind, tone, many }) => (
          <li key={`${kind} ${tone}`}>
            <button type="button" className="plain" onClick={() => write({ kind })}>
              <Mark tone={tones[tone].tone}>
                {nouns[kind]}: <strong>{count(many)}</strong> <span className="soft">{tones[tone].word}</span>
              </Mark>
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
