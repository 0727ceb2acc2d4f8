/**
 * The pages' code, each a file of its own: loaded when it is first wanted, or ahead of that when there is nothing else
 * to do.
 */

export const pages = {
  overview: () => import("./pages/overview/overview-page.tsx"),
  services: () => import("./pages/services/services-page.tsx"),
  service: () => import("./pages/service/service-page.tsx"),
  create: () => import("./pages/edit/create-page.tsx"),
  edit: () => import("./pages/edit/edit-page.tsx"),
  tasks: () => import("./pages/tasks/tasks-page.tsx"),
  task: () => import("./pages/task/task-page.tsx"),
  nodes: () => import("./pages/nodes/nodes-page.tsx"),
  node: () => import("./pages/node/node-page.tsx"),
  frameworks: () => import("./pages/frameworks/frameworks-page.tsx"),
  framework: () => import("./pages/frameworks/framework-page.tsx"),
  roles: () => import("./pages/frameworks/roles-page.tsx"),
  timeline: () => import("./pages/timeline/timeline-page.tsx"),
  about: () => import("./pages/about/about-page.tsx"),
} as const;

/** After the first picture. */
const restMs = 1_000;

/** All of them, one after the other, whenever nothing else is to be done. A failure is met when the page is opened. */
export function loadAllWhenIdle(): void {
  const loaders = Object.values(pages);
  const next = (): void => {
    const load = loaders.shift();
    if (load === undefined) return;
    const soon = () => requestIdleCallback(next);
    load().then(soon, soon);
  };
  setTimeout(() => requestIdleCallback(next), restMs);
}
