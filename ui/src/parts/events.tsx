/**
 * What happened, newest first, with links to what it concerned.
 */

import { Link } from "@tanstack/react-router";
import type { TimelineRow } from "#console/timeline.ts";
import { Mark, Since } from "./basics.tsx";
import type { Tone } from "./format.ts";
import { ThingLink } from "./links.tsx";

const tones: Readonly<Record<TimelineRow["tone"], Tone>> = { good: "good", bad: "bad", neutral: "idle" };

/** Of links that name the same thing in the sentence only the first is shown. */
const linksShown = 2;

export const EventRow = ({ row }: { readonly row: TimelineRow }) => (
  <li className="event">
    <Since ms={row.atMs} />
    <Mark tone={tones[row.tone]}>
      <span className="kind">{row.kind}</span>
    </Mark>
    <span className="text">
      {row.text}{" "}
      {row.links.slice(0, linksShown).map((link) => (
        <span key={`${link.kind} ${link.id}`} className="about">
          <ThingLink link={link} />
        </span>
      ))}
    </span>
  </li>
);

type About = { readonly service?: string; readonly task?: string; readonly node?: string };

type EventsProps = {
  readonly rows: readonly TimelineRow[];
  /** What they are all about: the timeline has the older ones. */
  readonly about?: About;
};

export const Events = ({ rows, about }: EventsProps) =>
  rows.length === 0 ? (
    <p className="soft">Nothing has happened here yet.</p>
  ) : (
    <>
      <ol className="events">
        {rows.map((row) => (
          <EventRow key={row.key} row={row} />
        ))}
      </ol>
      {about === undefined ? null : (
        <p className="small-print">
          <Link to="/timeline" search={about}>
            All of it, in the timeline
          </Link>
        </p>
      )}
    </>
  );
