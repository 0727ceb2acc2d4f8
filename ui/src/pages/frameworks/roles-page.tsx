/**
 * Roles: their share beside what would be fair, weights and quota, which can be changed here.
 */

import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { RoleRow } from "#console/frameworks.ts";
import { useView } from "../../live/use-view.ts";
import { Empty, Meter } from "../../parts/basics.tsx";
import { type Column, DataTable } from "../../parts/data-table.tsx";
import { FilterText } from "../../parts/filters.tsx";
import { count, cpus, mebibytes, percent } from "../../parts/format.ts";
import { FrameworkLink } from "../../parts/links.tsx";
import { Menu } from "../../parts/menu.tsx";
import { Await, Head } from "../../parts/page.tsx";
import { sortOf, useSearchWriter, windowOf } from "../../parts/table-search.ts";
import { useRefusal } from "../../session/use-session.ts";
import { QuotaDialog, WeightDialog } from "./role-dialogs.tsx";

const route = getRouteApi("/roles");

const bounds = ({ cpus: processors, mem }: RoleRow["limit"]): string =>
  [processors === null ? "" : `${cpus(processors)} cpus`, mem === null ? "" : mebibytes(mem)]
    .filter((part) => part !== "")
    .join(", ") || "–";

const columns: readonly Column<RoleRow>[] = [
  { key: "key", title: "Role", width: "minmax(100px, 1fr)", isSortable: true, cell: ({ key }) => key },
  {
    key: "weight",
    title: "Weight",
    width: "72px",
    isNumber: true,
    isSortable: true,
    cell: ({ weight }) => weight,
  },
  {
    key: "share",
    title: "Share",
    width: "140px",
    isSortable: true,
    cell: ({ share }) => (
      <span>
        <Meter label="share" whole={1} part={0} used={share} small /> {percent(share, 1)}
      </span>
    ),
  },
  {
    key: "fairShare",
    title: "Fair share",
    width: "140px",
    cell: ({ fairShare }) => (
      <span>
        <Meter label="fair share" whole={1} part={fairShare} small /> {percent(fairShare, 1)}
      </span>
    ),
  },
  {
    key: "allocated",
    title: "Holds",
    width: "minmax(152px, 0.8fr)",
    cell: ({ allocated }) => `${cpus(allocated.cpus)} cpus, ${mebibytes(allocated.mem)}`,
  },
  {
    key: "guarantee",
    title: "Guaranteed",
    width: "minmax(112px, 0.7fr)",
    cell: ({ guarantee }) => bounds(guarantee),
  },
  { key: "limit", title: "At most", width: "minmax(112px, 0.7fr)", cell: ({ limit }) => bounds(limit) },
  {
    key: "reserved",
    title: "Reserved",
    width: "minmax(112px, 0.7fr)",
    cell: ({ reserved }) =>
      reserved.cpus + reserved.mem + reserved.disk === 0
        ? "–"
        : `${cpus(reserved.cpus)} cpus, ${mebibytes(reserved.mem)}`,
  },
  {
    key: "frameworks",
    title: "Frameworks",
    width: "minmax(110px, 1fr)",
    cell: ({ frameworks }) => (
      <span className="row nowrap">
        {frameworks.slice(0, 3).map(({ id, name }) => (
          <FrameworkLink key={id} id={id}>
            {name}
          </FrameworkLink>
        ))}
        {frameworks.length > 3 ? `and ${count(frameworks.length - 3)} more` : ""}
      </span>
    ),
  },
  { key: "act", title: "Actions", width: "78px", cell: (row) => <RoleMenu role={row} /> },
];

function RoleMenu({ role }: { readonly role: RoleRow }) {
  const refused = useRefusal();
  const [dialog, setDialog] = useState<"weight" | "quota" | undefined>(undefined);
  const close = () => setDialog(undefined);
  return (
    <>
      <Menu
        label={`Actions for ${role.key}`}
        actions={[
          { name: "Weight…", refused, run: () => setDialog("weight") },
          { name: "Quota…", refused, run: () => setDialog("quota") },
        ]}
      />
      {dialog === "weight" ? <WeightDialog role={role} onClose={close} /> : null}
      {dialog === "quota" ? <QuotaDialog role={role} onClose={close} /> : null}
    </>
  );
}

export function RolesPage() {
  const search = route.useSearch();
  const write = useSearchWriter();
  const [offset, setOffset] = useState(0);
  const text = search.text ?? search.role;
  const view = useView(
    "roles",
    { ...windowOf(offset, search.sort), ...(text === undefined ? {} : { text }) },
    true,
  );
  return (
    <Await view={view} missing="There is no cluster">
      {(value) => (
        <div className="page-fill">
          <Head
            title="Roles"
            marks={<span className="soft">resources are shared out by role, as the weights say</span>}
          />
          <div className="tools">
            <FilterText label="Filter roles" hint="name" />
          </div>
          <DataTable
            label="Roles"
            fill
            columns={columns}
            rows={value.rows}
            total={value.total}
            offset={value.offset}
            onWindow={setOffset}
            rowKey={(row) => row.key}
            sort={sortOf(search.sort)}
            onSort={(sort) => write({ sort: `${sort.descending ? "-" : ""}${sort.by}` })}
            empty={
              <Empty title="No role is known">
                A role appears with its first framework, reservation, weight or quota.
              </Empty>
            }
          />
        </div>
      )}
    </Await>
  );
}
