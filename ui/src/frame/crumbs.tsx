/**
 * Where one is, as links: from the address alone, and the title of the browser's tab with it.
 */

import { Link, useLocation } from "@tanstack/react-router";
import { useEffect, useSyncExternalStore } from "react";
import { listenNames, nameAt } from "./crumb-names.ts";
import { places } from "./nav.tsx";

type Crumb = { readonly name: string; readonly href: string };

export function crumbsOf(path: string): readonly Crumb[] {
  const [first = "", ...rest] = path.split("/").filter((part) => part !== "");
  const place = places.find(({ to }) => to === `/${first}`);
  if (first === "new")
    return [
      { name: "Services", href: "/services" },
      { name: "New", href: path },
    ];
  if (first === "edit" || first === "services") {
    const begin = { name: "Services", href: "/services" };
    const groups = rest.slice(0, -1).map((name, index) => ({
      name,
      href: `/services?group=${encodeURIComponent(`/${rest.slice(0, index + 1).join("/")}`)}`,
    }));
    const last = rest.at(-1);
    if (last === undefined) return [begin];
    const own = { name: last, href: `/services/${rest.join("/")}` };
    return [begin, ...groups, own, ...(first === "edit" ? [{ name: "Edit", href: path }] : [])];
  }
  const begin = { name: place?.name ?? first, href: place?.to ?? "/" };
  const last = rest.at(-1);
  return last === undefined ? [begin] : [begin, { name: decodeURIComponent(last), href: path }];
}

export function Crumbs() {
  const { pathname } = useLocation();
  const name = useSyncExternalStore(listenNames, () => nameAt(pathname));
  const plain = pathname === "/" ? [{ name: "Overview", href: "/" }] : crumbsOf(pathname);
  const crumbs = plain.map((crumb, index) =>
    name !== undefined && index === plain.length - 1 ? { ...crumb, name } : crumb,
  );
  const title = `${crumbs
    .map(({ name }) => name)
    .toReversed()
    .join(" · ")} – Unum`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <nav className="crumbs" aria-label="Where you are">
      <ol className="crumbs">
        {crumbs.map(({ name, href }, index) => (
          <li key={href} aria-current={index === crumbs.length - 1 ? "page" : undefined}>
            {index === crumbs.length - 1 ? name : <Link to={href}>{name}</Link>}
          </li>
        ))}
      </ol>
    </nav>
  );
}
