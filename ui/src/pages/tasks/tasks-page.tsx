/**
 * All tasks of the cluster, whoever's they are: those that run, or those that ended of late.
 */

import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import type { TasksParams } from "#console/tasks.ts";
import { useView } from "../../live/use-view.ts";
import { Empty, Tag } from "../../parts/basics.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { FilterText, SelectFilter } from "../../parts/filters.tsx";
import { count, plainState } from "../../parts/format.ts";
import { Await, Head } from "../../parts/page.tsx";
import { sortOf, useSearchWriter, windowOf } from "../../parts/table-search.ts";
import { listOf } from "../../search.ts";
import { allTaskColumns, taskColumns } from "./task-columns.tsx";

const route = getRouteApi("/tasks");
const endedColumns = allTaskColumns();

const whichNames = [
  { value: "ended", name: "ended" },
  { value: "all", name: "all" },
] as const;

export function TasksPage() {
  const search = route.useSearch();
  const write = useSearchWriter();
  const [offset, setOffset] = useState(0);
  const state = listOf(search.state);
  const { text, service, node, framework, which } = search;
  const params: TasksParams = {
    ...windowOf(offset, search.sort),
    ...(text === undefined ? {} : { text }),
    ...(state === undefined ? {} : { state }),
    ...(which === "ended" || which === "all" ? { which } : {}),
    ...(service === undefined ? {} : { service }),
    ...(node === undefined ? {} : { node }),
    ...(framework === undefined ? {} : { framework }),
  };
  const view = useView("tasks", params, true);
  const fixed = Object.entries({ service, node, framework }).filter(([, value]) => value !== undefined);
  return (
    <Await view={view} missing="There is no cluster">
      {(value) => (
        <div className="page-fill">
          <Head
            title="Tasks"
            marks={<span className="soft">{`${count(value.total)} with these filters`}</span>}
          />
          <div className="tools">
            <FilterText label="Filter tasks" hint="id or name" />
            <SelectFilter label="Show" name="which" any="active" choices={whichNames} />
            <SelectFilter
              label="State"
              name="state"
              choices={Object.entries(value.states).map(([name, many]) => ({
                value: name,
                name: `${plainState(name)} (${count(many)})`,
              }))}
            />
            {fixed.map(([name, id]) => (
              <Tag key={name}>
                {name} {id}{" "}
                <button
                  type="button"
                  className="link"
                  aria-label={`No longer only ${name} ${id}`}
                  onClick={() => write({ [name]: undefined })}
                >
                  ×
                </button>
              </Tag>
            ))}
          </div>
          <DataTable
            label="Tasks"
            fill
            columns={which === undefined ? taskColumns : endedColumns}
            rows={value.rows}
            total={value.total}
            offset={value.offset}
            onWindow={setOffset}
            rowKey={(row) => row.key}
            sort={sortOf(search.sort)}
            onSort={(sort) => write({ sort: `${sort.descending ? "-" : ""}${sort.by}` })}
            empty={<NoTasks isFiltered={Object.values(search).some((one) => one !== undefined)} />}
          />
        </div>
      )}
    </Await>
  );
}

const NoTasks = ({ isFiltered }: { readonly isFiltered: boolean }) =>
  isFiltered ? (
    <Empty title="No task is like that" action={<Link to="/tasks">Show all that run</Link>} />
  ) : (
    <Empty
      title="No tasks"
      action={
        <Link to="/tasks" search={{ which: "ended" }}>
          Show those that ended
        </Link>
      }
    >
      Each instance of a service is a task, and so is whatever another framework runs.
    </Empty>
  );
