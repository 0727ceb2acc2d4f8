/**
 * All views by name: what each is a function of, and which topics make it worth another look. Those that look at every
 * task do so in slices.
 */

import type { ConsoleViews, ViewName } from "#wire/unum/console/live.ts";
import type { Topic } from "../desk/marks.ts";
import type { Slices } from "../desk/slices.ts";
import type { View, World } from "../desk/world.ts";
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

type Value<Name extends ViewName> = ConsoleViews[Name]["value"];
type Params<Name extends ViewName> = ConsoleViews[Name]["params"];

type Row<Name extends ViewName> = { readonly topics: readonly Topic[] } & (
  | { readonly view: View<Params<Name>, Value<Name>> }
  | { readonly slices: View<Params<Name>, Slices<Value<Name>>> }
);

export const slicesOf = <Name extends ViewName>(
  name: Name,
  world: World,
  params: Params<Name>,
): Slices<Value<Name>> => {
  const row: Row<Name> = views[name];
  return "slices" in row ? row.slices(world, params) : atOnce(() => row.view(world, params));
};

// biome-ignore lint/correctness/useYield: it is over before a turn could end
function* atOnce<Made>(make: () => Made): Slices<Made> {
  return make();
}

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
  tasks: { slices: viewTasks, topics: ["tasks", "usage"] },
  task: { view: viewTask, topics: ["tasks", "services", "timeline", "usage"] },
  frameworks: { view: viewFrameworks, topics: ["frameworks", "tasks"] },
  framework: { view: viewFramework, topics: ["frameworks", "tasks", "nodes"] },
  roles: { view: viewRoles, topics: ["frameworks", "tasks", "nodes"] },
  timeline: { view: viewTimeline, topics: ["timeline"] },
  about: { view: viewAbout, topics: ["nodes", "usage"] },
  search: { slices: viewSearch, topics: ["services", "nodes"] },
};
