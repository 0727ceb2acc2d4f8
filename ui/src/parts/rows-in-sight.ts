/**
 * Which rows of a table are to be in the document: those in sight, and some more on the way one scrolls.
 *
 * They change a few at a time, so that most frames of a scroll draw nothing new at all: React is not asked, nothing is
 * laid out. It never looks at the layout while one scrolls, but for how far one is.
 */

import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { busy } from "../live/calm.ts";

export const rowHeight = 34;
/** A window begins at a multiple of this, and holds three times as many rows. */
export const windowStep = 100;
/** They come and go so many at a time. */
const step = 4;
const ahead = 12;
const behind = 4;
/** What is not in sight waits until a view that is new has been drawn. */
const settledMs = 200;

type RowsInSight = { readonly first: number; readonly end: number };

/** `from` and `height`: what of the rows is in sight, in pixels. */
export function rowsInSight(from: number, height: number, total: number, isDown: boolean): RowsInSight {
  const before = isDown ? behind : ahead;
  const first = Math.floor((Math.floor(from / rowHeight) - before) / step) * step;
  // One length for all places: both ends move at the same moment, and so half as often.
  const end = first + Math.ceil(height / rowHeight) + 1 + behind + ahead + step;
  const bound = (row: number): number => Math.max(0, Math.min(total, row));
  return { first: bound(first), end: bound(end) };
}

/** Where the window begins that has `first` in its middle: also of a list that is short by now, and was long. */
export const windowFor = (first: number): number =>
  Math.max(0, Math.floor((first - windowStep) / windowStep) * windowStep);

type Place = { from: number; height: number; isDown: boolean; isSettled: boolean; total: number };

export function useRowsInSight(box: RefObject<HTMLElement | null>, total: number): RowsInSight {
  const [rows, setRows] = useState<RowsInSight>(() => ({
    first: 0,
    end: Math.ceil(innerHeight / rowHeight),
  }));
  const place = useRef<Place>({ from: 0, height: 0, isDown: true, isSettled: false, total });
  const look = useCallback((): void => {
    const { from, height, isDown, isSettled, total: many } = place.current;
    if (!isSettled) return;
    const next = rowsInSight(from, height, many, isDown);
    setRows((old) => (next.first === old.first && next.end === old.end ? old : next));
  }, []);
  useEffect(() => {
    place.current.total = total;
    look();
  }, [look, total]);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const scrolled = (): void => {
      const { from } = place.current;
      const now = element.scrollTop;
      if (now === from) return;
      Object.assign(place.current, { from: now, isDown: now > from, isSettled: true });
      busy();
      look();
    };
    const observer = new ResizeObserver(([entry]) => {
      place.current.height = entry?.contentRect.height ?? 0;
      look();
    });
    const settle = setTimeout(() => {
      place.current.isSettled = true;
      look();
    }, settledMs);
    observer.observe(element);
    element.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      clearTimeout(settle);
      observer.disconnect();
      element.removeEventListener("scroll", scrolled);
    };
  }, [box, look]);
  return { first: Math.min(rows.first, total), end: Math.min(rows.end, total) };
}
