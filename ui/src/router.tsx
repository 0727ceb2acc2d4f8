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
import { pages } from "./pages.ts";
import { searchOf } from "./search.ts";

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound });

const overview = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: searchOf("history", "by", "group"),
  component: lazyRouteComponent(pages.overview, "OverviewPage"),
});
// A parent of its own: a splat beside `/services` would take that address, too.
const allServices = createRoute({ getParentRoute: () => root, path: "/services" });
const services = createRoute({
  getParentRoute: () => allServices,
  path: "/",
  validateSearch: searchOf("group", "text", "status", "kind", "sort", "flat"),
  component: lazyRouteComponent(pages.services, "ServicesPage"),
});
const service = createRoute({
  getParentRoute: () => allServices,
  path: "$",
  validateSearch: searchOf("tab", "version", "sort", "file"),
  component: lazyRouteComponent(pages.service, "ServicePage"),
});
const create = createRoute({
  getParentRoute: () => root,
  path: "/new",
  validateSearch: searchOf("group", "kind", "example"),
  component: lazyRouteComponent(pages.create, "CreatePage"),
});
const edit = createRoute({
  getParentRoute: () => root,
  path: "/edit/$",
  validateSearch: searchOf("patch"),
  component: lazyRouteComponent(pages.edit, "EditPage"),
});
const tasks = createRoute({
  getParentRoute: () => root,
  path: "/tasks",
  validateSearch: searchOf("text", "state", "which", "service", "node", "framework", "sort"),
  component: lazyRouteComponent(pages.tasks, "TasksPage"),
});
const task = createRoute({
  getParentRoute: () => root,
  path: "/tasks/$framework/$task",
  validateSearch: searchOf("tab", "file", "path"),
  component: lazyRouteComponent(pages.task, "TaskPage"),
});
const nodes = createRoute({
  getParentRoute: () => root,
  path: "/nodes",
  validateSearch: searchOf("show", "text", "status", "zone", "sort", "by", "group"),
  component: lazyRouteComponent(pages.nodes, "NodesPage"),
});
const node = createRoute({
  getParentRoute: () => root,
  path: "/nodes/$node",
  validateSearch: searchOf("tab", "sort"),
  component: lazyRouteComponent(pages.node, "NodePage"),
});
const frameworks = createRoute({
  getParentRoute: () => root,
  path: "/frameworks",
  validateSearch: searchOf("text", "state", "sort"),
  component: lazyRouteComponent(pages.frameworks, "FrameworksPage"),
});
const framework = createRoute({
  getParentRoute: () => root,
  path: "/frameworks/$framework",
  component: lazyRouteComponent(pages.framework, "FrameworkPage"),
});
const roles = createRoute({
  getParentRoute: () => root,
  path: "/roles",
  validateSearch: searchOf("text", "sort", "role"),
  component: lazyRouteComponent(pages.roles, "RolesPage"),
});
const timeline = createRoute({
  getParentRoute: () => root,
  path: "/timeline",
  validateSearch: searchOf("kind", "text", "service", "task", "node", "framework", "from", "until"),
  component: lazyRouteComponent(pages.timeline, "TimelinePage"),
});
const about = createRoute({
  getParentRoute: () => root,
  path: "/about",
  component: lazyRouteComponent(pages.about, "AboutPage"),
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
