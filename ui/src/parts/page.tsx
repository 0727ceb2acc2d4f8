/**
 * What every page begins with: its title with marks and actions; and what stands there while its view is not there.
 */

import { type ReactNode, useEffect, useRef } from "react";
import type { ViewState } from "../live/use-view.ts";
import { Empty, Notice, Skeleton } from "./basics.tsx";

type HeadProps = { readonly title: ReactNode; readonly marks?: ReactNode; readonly children?: ReactNode };

export const Head = ({ title, marks, children }: HeadProps) => (
  <div className="head">
    <h1>{title}</h1>
    {marks}
    {children === undefined ? null : <div className="actions">{children}</div>}
  </div>
);

type AwaitProps<Value> = {
  readonly view: ViewState<Value | null>;
  /** Said when there is no such thing. */
  readonly missing: string;
  readonly children: (value: Value) => ReactNode;
};

export function Await<Value>({ view, missing, children }: AwaitProps<Value>) {
  if (view.fault !== undefined)
    return (
      <Notice tone="bad">
        {view.fault}. The page asks again by itself when the line to the cluster comes back; if it stays, load
        it again.
      </Notice>
    );
  if (view.value === undefined) return <Skeleton rows={8} />;
  if (view.value === null)
    return (
      <Empty isPage title={missing}>
        It may have ended so long ago that it is forgotten.
      </Empty>
    );
  return <>{children(view.value)}</>;
}

type TabsProps = {
  readonly label: string;
  readonly tabs: readonly { readonly key: string; readonly name: ReactNode }[];
  readonly current: string;
  readonly link: (key: string, name: ReactNode, isCurrent: boolean) => ReactNode;
};

/** Tabs that are links: each has an address. Where not all of them have room, the current one is in sight. */
export function Tabs({ label, tabs, current, link }: TabsProps) {
  const nav = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another current tab is to be brought into sight
  useEffect(() => {
    const tab = nav.current?.querySelector<HTMLElement>("[aria-current=page]");
    if (nav.current === null || tab === null || tab === undefined) return;
    const left = tab.offsetLeft - nav.current.offsetLeft;
    const isInSight =
      left >= nav.current.scrollLeft &&
      left + tab.offsetWidth <= nav.current.scrollLeft + nav.current.clientWidth;
    if (!isInSight) nav.current.scrollLeft = left - (nav.current.clientWidth - tab.offsetWidth) / 2;
  }, [current]);
  return (
    <nav ref={nav} className="tabs" aria-label={label}>
      {tabs.map(({ key, name }) => link(key, name, key === current))}
    </nav>
  );
}
