/**
 * The ways to the views. On narrow screens it lies at the bottom.
 */

import { Link } from "@tanstack/react-router";
import { readAhead } from "../live/stream.ts";
import { useView } from "../live/use-view.ts";
import { viewsAt } from "../live/views-ahead.ts";
import { Icon, type IconName } from "../parts/icons.tsx";

type Place = {
  readonly to: Parameters<typeof Link>[0]["to"];
  readonly name: string;
  readonly icon: IconName;
};

export const places = [
  { to: "/", name: "Overview", icon: "overview" },
  { to: "/services", name: "Services", icon: "services" },
  { to: "/tasks", name: "Tasks", icon: "tasks" },
  { to: "/nodes", name: "Nodes", icon: "nodes" },
  { to: "/frameworks", name: "Frameworks", icon: "frameworks" },
  { to: "/roles", name: "Roles", icon: "roles" },
  { to: "/timeline", name: "Timeline", icon: "timeline" },
  { to: "/about", name: "About", icon: "about" },
] as const satisfies readonly Place[];

/** Whoever rests on the way to a view will probably go there; whoever only passes over it does not. */
const restMs = 50;
let resting: ReturnType<typeof setTimeout> | undefined;
function restAt(to: string): void {
  clearTimeout(resting);
  resting = setTimeout(() => {
    for (const wanted of viewsAt(to, "")) void readAhead(wanted);
  }, restMs);
}
const leave = (): void => clearTimeout(resting);

export function Nav() {
  const { value } = useView("about", {});
  return (
    <nav className="nav" aria-label="Views">
      <Link to="/" className="brand">
        <img src="/icon.svg" alt="" />
        <span>
          Unum
          <small>{value?.clusterName ?? "…"}</small>
        </span>
      </Link>
      <ul>
        {places.map(({ to, name, icon }) => (
          <li key={to} className={to === "/about" ? "foot" : ""}>
            <Link
              to={to}
              activeOptions={{ exact: to === "/" }}
              activeProps={{ className: "active" }}
              onPointerEnter={() => restAt(to)}
              onPointerLeave={leave}
              onFocus={() => restAt(to)}
              onBlur={leave}
            >
              <Icon name={icon} />
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
