/**
 * What is measured inside of the page: when it shows something useful, how long a change of view takes, how evenly
 * frames come. Each function runs in the browser, and so may use nothing but what it is given.
 */

import type { Page } from "playwright-core";

/** Before anything of the page runs: remembers the first frame in which no skeleton is left. */
export function watchFirstPicture(): void {
  const look = (): void => {
    const title = document.querySelector("main h1")?.textContent ?? "";
    const isThere = title !== "" && document.querySelector("[aria-busy=true]") === null;
    if (isThere) Object.assign(window, { firstPictureMs: performance.now() });
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

export async function firstPictureMs(page: Page): Promise<number> {
  const found = await page.waitForFunction(() => (window as { firstPictureMs?: number }).firstPictureMs);
  return (await found.jsonValue()) ?? Number.NaN;
}

/** By its link in the navigation: from the click to the first frame that shows it, without skeletons. */
export const switchView = (page: Page, name: string): Promise<number> =>
  page.evaluate(
    (wanted) =>
      new Promise<number>((resolve, reject) => {
        const links = [...document.querySelectorAll<HTMLAnchorElement>("nav[aria-label=Views] li a")];
        const link = links.find(({ textContent }) => textContent?.trim() === wanted);
        if (link === undefined) return reject(new Error(`there is no link ${wanted}`));
        const before = document.querySelector("main h1");
        const startedMs = performance.now();
        link.click();
        const look = (): void => {
          const head = document.querySelector("main h1");
          const isThere = head !== null && head !== before && head.isConnected;
          const takenMs = performance.now() - startedMs;
          if (isThere && document.querySelector("main [aria-busy=true]") === null) resolve(takenMs);
          else if (takenMs > 30_000) reject(new Error(`${wanted} is not shown`));
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
    name,
  );

/** Milliseconds from each frame to the next; `step` pixels of the table are scrolled in each, up and down again. */
export const frameGaps = (page: Page, durationMs: number, step: number): Promise<readonly number[]> =>
  page.evaluate(
    ([length, pixels]) =>
      new Promise<number[]>((resolve) => {
        const box = document.querySelector(".table-box");
        const gaps: number[] = [];
        let last = performance.now();
        const endMs = last + length;
        let way = pixels;
        let before = -1;
        const frame = (): void => {
          const now = performance.now();
          gaps.push(now - last);
          last = now;
          if (box !== null && way !== 0) {
            // Read at the beginning of a frame, and once, where it costs no layout.
            const at = box.scrollTop;
            if (at === before) way = -way;
            before = at;
            box.scrollTop = at + way;
          }
          if (now > endMs) resolve(gaps.slice(1));
          else requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      }),
    [durationMs, step] as const,
  );

/** A table of 60 rows in a page of its own, without any code but what moves it: the same gaps, as little as can be. */
export async function movePlainTable(
  page: Page,
  durationMs: number,
  step: number,
): Promise<readonly number[]> {
  const cells = Array.from({ length: 8 }, (_, place) => `<span>some words ${place}</span>`).join("");
  await page.setContent(
    `<style>body{margin:0;font:14px system-ui;background:#fff}main{height:850px;width:1200px;overflow:hidden}
    p{margin:0;display:flex;height:34px;border-bottom:1px solid #ccc}span{width:150px;padding:6px 11px}</style>
    <main><div>${`<p>${cells}</p>`.repeat(60)}</div></main>`,
  );
  return page.evaluate(
    ([length, pixels]) =>
      new Promise<number[]>((resolve) => {
        const table = document.querySelector<HTMLElement>("main > div");
        const gaps: number[] = [];
        let last = performance.now();
        const endMs = last + length;
        let at = 0;
        let way = pixels;
        const frame = (): void => {
          const now = performance.now();
          gaps.push(now - last);
          last = now;
          if (at + way < 0 || at + way > 60 * 34 - 850) way = -way;
          at += way;
          if (table !== null) table.style.transform = `translateY(${-at}px)`;
          if (now > endMs) resolve(gaps.slice(1));
          else requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      }),
    [durationMs, step] as const,
  );
}

export type Loaded = { readonly files: number; readonly bytes: number };

/** What came over the line for the page itself; the views' data not counted. */
export const loaded = (page: Page): Promise<Loaded> =>
  page.evaluate(() => {
    const entries = performance.getEntries().filter((entry) => entry instanceof PerformanceResourceTiming);
    const files = entries.filter(({ name }) => !name.includes("/unum/"));
    return {
      files: files.length,
      bytes: files.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    };
  });
