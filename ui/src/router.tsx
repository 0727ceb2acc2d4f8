/**
 * Which address shows which view. Everything that a view shows is in its address: views, filters, selections.
 *
 * Each view is a file of its own that is loaded when it is first wanted. A new view is a row here, a page below
 * `pages/`, and, if people go there themselves, a line in `frame/nav.tsx`. None of them begins like a path of an API.
 */

import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { Failure } from "./frame/failure.tsx";
import { Frame } from "./frame/frame.tsx";
import { NotFound } from "./frame/not-found.tsx";
import { searchOf } from "./search.ts";

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound });

const overview = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: searchOf("history", "by", "group"),
  component: lazyRouteComponent(() => import("./pages/overview/overview-page.tsx"), "OverviewPage"),
});
// A parent of its own: a splat beside `/services` would take that address, too.
const allServices = createRoute({ getParentRoute: () => root, path: "/services" });
const services = createRoute({
  getParentRoute: () => allServices,
  path: "/",
  validateSearch: searchOf("group", "text", "status", "kind", "sort", "flat"),
  component: lazyRouteComponent(() => import("./pages/services/services-page.tsx"), "ServicesPage"),
});
const service = createRoute({
  getParentRoute: () => allServices,
  path: "$",
  validateSearch: searchOf("tab", "version", "sort", "file"),
  component: lazyRouteComponent(() => import("./pages/service/service-page.tsx"), "ServicePage"),
});
const create = createRoute({
  getParentRoute: () => root,
  path: "/new",
  validateSearch: searchOf("group", "kind", "example"),
  component: lazyRouteComponent(() => import("./pages/edit/create-page.tsx"), "CreatePage"),
});
const edit = createRoute({
  getParentRoute: () => root,
  path: "/edit/$",
  validateSearch: searchOf("patch"),
  component: lazyRouteComponent(() => import("./pages/edit/edit-page.tsx"), "EditPage"),
});
const tasks = createRoute({
  getParentRoute: () => root,
  path: "/tasks",
  validateSearch: searchOf("text", "state", "which", "service", "node", "framework", "sort"),
  component: lazyRouteComponent(() => import("./pages/tasks/tasks-page.tsx"), "TasksPage"),
});
const task = createRoute({
  getParentRoute: () => root,
  path: "/tasks/$framework/$task",
  validateSearch: searchOf("tab", "file", "path"),
  component: lazyRouteComponent(() => import("./pages/task/task-page.tsx"), "TaskPage"),
});
const nodes = createRoute({
  getParentRoute: () => root,
  path: "/nodes",
  validateSearch: searchOf("show", "text", "status", "zone", "sort", "by", "group"),
  component: lazyRouteComponent(() => import("./pages/nodes/nodes-page.tsx"), "NodesPage"),
});
const node = createRoute({
  getParentRoute: () => root,
  path: "/nodes/$node",
  validateSearch: searchOf("tab", "sort"),
  component: lazyRouteComponent(() => import("./pages/node/node-page.tsx"), "NodePage"),
});
const frameworks = createRoute({
  getParentRoute: () => root,
  path: "/frameworks",
  validateSearch: searchOf("text", "state", "sort"),
  component: lazyRouteComponent(() => import("./pages/frameworks/frameworks-page.tsx"), "FrameworksPage"),
});
const framework = createRoute({
  getParentRoute: () => root,
  path: "/frameworks/$framework",
  component: lazyRouteComponent(() => import("./pages/frameworks/framework-page.tsx"), "FrameworkPage"),
});
const roles = createRoute({
  getParentRoute: () => root,
  path: "/roles",
  validateSearch: searchOf("text", "sort", "role"),
  component: lazyRouteComponent(() => import("./pages/frameworks/roles-page.tsx"), "RolesPage"),
});
const timeline = createRoute({
  getParentRoute: () => root,
  path: "/timeline",
  validateSearch: searchOf("kind", "text", "service", "task", "node", "framework", "from", "until"),
  component: lazyRouteComponent(() => import("./pages/timeline/timeline-page.tsx"), "TimelinePage"),
});
const about = createRoute({
  getParentRoute: () => root,
  path: "/about",
  component: lazyRouteComponent(() => import("./pages/about/about-page.tsx"), "AboutPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    allServices.addChildren([services, service]),
    create,
    edit,
    tasks,
    task,
    nodes,
    node,
    frameworks,
    framework,
    roles,
    timeline,
    about,
  ]),
  defaultPreload: "intent",
  defaultErrorComponent: Failure,
  scrollRestoration: true,
  scrollToTopSelectors: ["#page"],
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
