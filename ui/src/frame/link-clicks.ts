/**
 * Follows plain links of the console (`data-here`) without loading the page anew: one listener for all of them, since
 * each of the router's own links costs as much to draw as a whole row of a table.
 *
 * It leaves to the browser whatever a browser does with a link otherwise: new tabs, windows, downloads.
 */

import { router } from "../router.tsx";

/** The link that is marked, around what an event is about. */
function linkAt(target: EventTarget | null): HTMLAnchorElement | null {
  return target instanceof Element ? target.closest<HTMLAnchorElement>("a[data-here]") : null;
}

export function followLinks(page: Document): void {
  page.addEventListener("click", (event) => {
    const link = linkAt(event.target);
    if (link === null || event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.history.push(link.pathname + link.search + link.hash);
  });
}
