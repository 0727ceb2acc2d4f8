/**
 * All views by name: what each is a function of, and which topics make it worth another look.
 */

import type { ConsoleViews, ViewName } from "#wire/unum/console/live.ts";
import type { Topic } from "../desk/marks.ts";
import type { View } from "../desk/world.ts";
import { viewAbout } from "./about.ts";
import { viewFramework, viewFrameworks } from "./frameworks.ts";
import { viewNode } from "./node.ts";
import { viewNodeMap, viewNodes } from "./nodes.ts";
import { viewOverview } from "./overview.ts";
import { viewRoles } from "./roles.ts";
import { viewSearch } from "./search.ts";
import { viewService } from "./service.ts";
import { viewServices } from "./services.ts";
import { viewTask } from "./task.ts";
import { viewTasks } from "./tasks.ts";
import { viewTimeline } from "./timeline.ts";

type Row<Name extends ViewName> = {
  readonly view: View<ConsoleViews[Name]["params"], ConsoleViews[Name]["value"]>;
  readonly topics: readonly Topic[];
};

export const views: { readonly [Name in ViewName]: Row<Name> } = {
  overview: {
    view: viewOverview,
    topics: ["nodes", "tasks", "services", "frameworks", "timeline", "usage"],
  },
  nodes: { view: viewNodes, topics: ["nodes", "usage"] },
  "node-map": { view: viewNodeMap, topics: ["nodes", "usage"] },
  node: { view: viewNode, topics: ["nodes", "tasks", "usage"] },
  services: { view: viewServices, topics: ["services", "usage"] },
  service: { view: viewService, topics: ["services", "tasks", "timeline", "usage"] },
  tasks: { view: viewTasks, topics: ["tasks", "usage"] },
  task: { view: viewTask, topics: ["tasks", "services", "timeline", "usage"] },
  frameworks: { view: viewFrameworks, topics: ["frameworks", "tasks"] },
  framework: { view: viewFramework, topics: ["frameworks", "tasks", "nodes"] },
  roles: { view: viewRoles, topics: ["frameworks", "tasks", "nodes"] },
  timeline: { view: viewTimeline, topics: ["timeline"] },
  about: { view: viewAbout, topics: ["nodes", "usage"] },
  search: { view: viewSearch, topics: ["services", "nodes"] },
};
