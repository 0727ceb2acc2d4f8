/**
 * Defects of where the app service places instances, and of what it reserves for them. They are text, and never
 * product code.
 */

import type { PlantedBug } from "./bugs.ts";

export const placementBugs: readonly PlantedBug[] = [
  {
    name: "constraints are not looked at",
    file: "core/apps/match.ts",
    find: "  refusals.push(...crowd.refusalsAt(place.agent));",
    replace: "",
    seed: 3,
  },
  {
    name: "constraints do not count what was placed a moment ago",
    file: "core/apps/placing.ts",
    find: "    crowd.add(agent);",
    replace: "",
    seed: 4,
  },
  {
    name: "an instance forgets what its agent was",
    file: "core/apps/launches.ts",
    find: "{ attributes: agent.attributes }",
    replace: "{}",
    seed: 10,
  },
  {
    name: "what an app has reserved is forgotten in a crash",
    file: "core/apps/records.ts",
    find: "  berth: durable,",
    replace: "  berth: memory,",
    seed: 5,
  },
  {
    name: "what a removed app had reserved stays reserved",
    file: "core/apps/changes.ts",
    find: '  releaseBerthsOf(draft, id, "its app was removed");',
    replace: "",
    seed: 86,
  },
  {
    name: "what was reserved for a lost launch is forgotten",
    file: "core/apps/berths.ts",
    find: 'if (reason === "invalid-offers" && !berth.confirmed)',
    replace: 'if (state !== "running" && !berth.confirmed)',
    seed: 5,
  },
  {
    name: "an upgrade of an app with volumes stops all of it at once",
    file: "core/apps/upgrade.ts",
    find: "{ min: Math.max(0, max - 1), max }",
    replace: "{ min: 0, max }",
    seed: 11,
  },
];
