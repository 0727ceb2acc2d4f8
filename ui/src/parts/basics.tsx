/**
 * The small parts: panel, mark, meter, notice, empty state, skeleton, facts. No state, no requests.
 *
 * A colour never says anything alone: marks differ in form, and a word stands beside them.
 */

import type { ReactNode } from "react";
import { duration, moment, percent, type Tone, wholeTime } from "./format.ts";
import { useNow } from "./use-now.ts";

type PanelProps = {
  readonly title?: ReactNode;
  readonly end?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
};

export const Panel = ({ title, end, className = "", children }: PanelProps) => (
  <section className={`panel ${className}`}>
    {title === undefined ? null : (
      <header>
        <h2>{title}</h2>
        {end === undefined ? null : <div className="end">{end}</div>}
      </header>
    )}
    {children}
  </section>
);

export const Mark = ({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) => (
  <span className={`mark ${tone}`}>{children}</span>
);

export const Tag = ({ children }: { readonly children: ReactNode }) => (
  <span className="tag">{children}</span>
);

type NoticeProps = { readonly tone: Tone; readonly end?: ReactNode; readonly children: ReactNode };

export const Notice = ({ tone, end, children }: NoticeProps) => (
  <div className={`notice ${tone}`} role={tone === "bad" ? "alert" : undefined}>
    <div>{children}</div>
    {end === undefined ? null : <div className="end row">{end}</div>}
  </div>
);

type MeterProps = {
  readonly label: string;
  readonly whole: number;
  /** Promised to tasks. */
  readonly part: number;
  /** Really used; unknown where agents do not tell. */
  readonly used?: number | null | undefined;
  readonly small?: boolean;
};

const shareOf = (part: number, whole: number): string =>
  `${whole <= 0 ? 0 : Math.min(100, Math.max(0, (100 * part) / whole))}%`;

/** What is promised of a whole, and over it what is really used. */
export const Meter = ({ label, whole, part, used, small = false }: MeterProps) => (
  <span
    className={`meter${small ? " small" : ""}`}
    role="img"
    aria-label={`${label}: ${percent(part, whole)} allocated${
      used === undefined || used === null ? "" : `, ${percent(used, whole)} used`
    }`}
  >
    <i style={{ width: shareOf(part, whole) }} />
    {used === undefined || used === null ? null : (
      <i className="used" style={{ width: shareOf(used, whole) }} />
    )}
  </span>
);

/** Instances that are well, wait and fail, as shares of what is wanted. */
export const HealthBar = (props: {
  readonly wanted: number;
  readonly good: number;
  readonly waiting: number;
  readonly bad: number;
}) => {
  const whole = Math.max(props.wanted, props.good + props.waiting + props.bad, 1);
  const parts = [
    ["good", props.good],
    ["wait", props.waiting],
    ["bad", props.bad],
  ] as const;
  let left = 0;
  return (
    <span
      className="meter small"
      role="img"
      aria-label={`${props.good} well, ${props.waiting} on their way, ${props.bad} unwell, of ${props.wanted}`}
    >
      {parts.map(([tone, many]) => {
        const style = { left: shareOf(left, whole), width: shareOf(many, whole) };
        left += many;
        return <i key={tone} className={tone} style={style} />;
      })}
    </span>
  );
};

type EmptyProps = {
  readonly title: string;
  /** It is all that the page says. */
  readonly isPage?: boolean;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
};

/** Says what would be here, and how it comes about. */
export const Empty = ({ title, isPage = false, children, action }: EmptyProps) => (
  <div className="empty">
    {isPage ? <h1>{title}</h1> : <h2>{title}</h2>}
    {children === undefined ? null : <p>{children}</p>}
    {action}
  </div>
);

const lines = ["one", "two", "three", "four", "five", "six", "seven", "eight"] as const;

export const Skeleton = ({ rows = 4 }: { readonly rows?: number }) => (
  <div aria-busy="true">
    <span className="hidden">Loading</span>
    {lines.slice(0, rows).map((line) => (
      <span key={line} className="skeleton" />
    ))}
  </div>
);

export const Facts = ({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }) => (
  <dl className="facts">
    {facts.map(([name, value]) => (
      <div key={name} style={{ display: "contents" }}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

/** A moment, with how long ago that is; both to the second in its title. */
export const Since = ({ ms, ago = false }: { readonly ms: number | null; readonly ago?: boolean }) => {
  const now = useNow();
  if (ms === null) return <span className="soft">–</span>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={wholeTime(ms)}>
      {ago ? `${duration(now - ms)} ago` : moment(ms)}
    </time>
  );
};

/** What is broader than its place can be moved sideways, by keys as well. */
export const Scroll = ({ label, children }: { readonly label: string; readonly children: ReactNode }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
  <section className="scroll" aria-label={label} tabIndex={0}>
    {children}
  </section>
);
