/**
 * One node: what it has and gives, its tasks as a list and as a treemap, reservations, draining with the plan first.
 */

import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { NodeView } from "#console/nodes.ts";
import { useCrumbName } from "../../frame/crumb-names.ts";
import { useView } from "../../live/use-view.ts";
import { Empty, Mark, Notice, Panel, Since } from "../../parts/basics.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { counted } from "../../parts/format.ts";
import { Await, Head, Tabs } from "../../parts/page.tsx";
import { sortOf, useSearchWriter, windowOf } from "../../parts/table-search.ts";
import { UsageCharts } from "../../parts/usage-charts.tsx";
import { nodeTone } from "../nodes/node-tone.ts";
import { taskColumns } from "../tasks/task-columns.tsx";
import { MaintenanceNotice } from "./maintenance.tsx";
import { NodeEvents } from "./node-events.tsx";
import { NodeResources, WhatItIs } from "./node-facts.tsx";
import { NodeMenu } from "./node-menu.tsx";
import { Reservations } from "./reservations.tsx";
import { Treemap } from "./treemap.tsx";

const route = getRouteApi("/nodes/$node");

/** Its name is the page's. */
const ownColumns = taskColumns.filter(({ key }) => key !== "nodeName");

const tabs = [
  { key: "tasks", name: "Tasks" },
  { key: "map", name: "Treemap" },
  { key: "resources", name: "Resources" },
  { key: "events", name: "Events" },
] as const;

export function NodePage() {
  const { node } = route.useParams();
  const { tab = "tasks", sort } = route.useSearch();
  const [offset, setOffset] = useState(0);
  const view = useView("node", { id: node, ...windowOf(offset, sort) });
  useCrumbName(view.value?.node.name);
  return (
    <Await view={view} missing={`There is no node ${node}`}>
      {(value) => (
        <div className="page-fill">
          <Head
            title={value.node.name}
            marks={<Mark tone={nodeTone(value.node.status)}>{value.node.status}</Mark>}
          >
            <NodeMenu view={value} />
          </Head>
          <NodeState view={value} />
          <NodeResources view={value} />
          <Tabs
            label="Of this node"
            tabs={tabs}
            current={tab}
            link={(key, name, isCurrent) => (
              <Link
                key={key}
                to="/nodes/$node"
                params={{ node }}
                search={{ tab: key }}
                aria-current={isCurrent ? "page" : undefined}
              >
                {name}
              </Link>
            )}
          />
          <NodeTab tab={tab} view={value} onWindow={setOffset} />
        </div>
      )}
    </Await>
  );
}

function NodeState({ view }: { readonly view: NodeView }) {
  const { node, drain } = view;
  return (
    <div className="stack deployments">
      {node.unreachableSinceMs === null ? null : (
        <Notice tone="bad">
          It has not been heard of since <Since ms={node.unreachableSinceMs} />. Its tasks may still run
          there; Unum starts others elsewhere as their apps ask for, and ends the old ones when it comes back.
        </Notice>
      )}
      {drain === null ? null : (
        <Notice tone="wait">
          {drain.state === "drained"
            ? "It is drained: nothing runs on it, and nothing is placed on it."
            : "It drains: "}
          {drain.state === "drained" ? "" : `${counted(drain.tasksLeft, "task")} still run on it`}
          {drain.markGone ? ", then it is marked as gone for good." : "."} Since <Since ms={drain.sinceMs} />.
        </Notice>
      )}
      <MaintenanceNotice view={view} />
    </div>
  );
}

type TabProps = {
  readonly tab: string;
  readonly view: NodeView;
  readonly onWindow: (offset: number) => void;
};

function NodeTab({ tab, view, onWindow }: TabProps): ReactNode {
  const { sort } = route.useSearch();
  const write = useSearchWriter();
  if (tab === "map")
    return (
      <Panel title="Its tasks, by what they are promised">
        <Treemap rows={view.treemap} />
      </Panel>
    );
  if (tab === "resources")
    return (
      <div className="grid">
        <Panel title="Really used by its tasks" className="span-12">
          <UsageCharts
            usage={view.usage}
            promised={{
              cpus: view.node.resources.cpus.allocated,
              mem: view.node.resources.mem.allocated,
            }}
          />
        </Panel>
        <WhatItIs view={view} />
        <Reservations view={view} />
      </div>
    );
  if (tab === "events") return <NodeEvents nodeId={view.node.key} />;
  return (
    <DataTable
      label={`Tasks of ${view.node.name}`}
      fill
      columns={ownColumns}
      rows={view.rows}
      total={view.total}
      offset={view.offset}
      onWindow={onWindow}
      rowKey={(row) => row.key}
      sort={sortOf(sort)}
      onSort={(next) => write({ sort: `${next.descending ? "-" : ""}${next.by}` })}
      empty={<Empty title="Nothing runs here">It is free: the next offers go out with all it has.</Empty>}
    />
  );
}
