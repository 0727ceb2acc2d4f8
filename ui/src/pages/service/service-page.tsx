/**
 * One service: its instances, what it waits for and why, its configuration with versions, output, use, events.
 */

import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { ServiceView } from "#console/services.ts";
import { useView } from "../../live/use-view.ts";
import { Mark, Notice, Panel, Since } from "../../parts/basics.tsx";
import { Events } from "../../parts/events.tsx";
import { TaskLink } from "../../parts/links.tsx";
import { Await, Head, Tabs } from "../../parts/page.tsx";
import { windowOf } from "../../parts/table-search.ts";
import { UsageCharts } from "../../parts/usage-charts.tsx";
import { DeploymentNotice } from "../services/deployments-now.tsx";
import { ServiceMenu } from "../services/service-menu.tsx";
import { serviceTone } from "../services/service-tone.ts";
import { Configuration } from "./configuration.tsx";
import { DeploymentSteps } from "./deployment-steps.tsx";
import { Instances } from "./instances.tsx";
import { Placement } from "./placement.tsx";
import { ServiceFacts } from "./service-facts.tsx";
import { ServiceLog } from "./service-log.tsx";

const route = getRouteApi("/services/$");

export function ServicePage() {
  const { _splat = "" } = route.useParams();
  const { tab = "instances", sort } = route.useSearch();
  const id = `/${_splat}`;
  const [offset, setOffset] = useState(0);
  // Other tabs show the first of them, wherever the table is.
  const found = useView("service", { id, ...windowOf(tab === "instances" ? offset : 0, sort) }, true);
  // What is kept while another order comes must not stand for another service.
  const isOther = found.value?.service.key !== undefined && found.value.service.key !== id;
  const view = isOther ? { ...found, value: undefined } : found;
  return (
    <Await view={view} missing={`There is no service ${id}`}>
      {(value) => (
        <div className="page-fill">
          <Head
            title={id}
            marks={<Mark tone={serviceTone(value.service.status)}>{value.service.status}</Mark>}
          >
            <Link to="/edit/$" params={{ _splat }} className="button primary">
              Edit
            </Link>
            <ServiceMenu service={value.service} isPage />
          </Head>
          <State view={value} />
          <Tabs
            label="Of this service"
            tabs={tabsOf(value)}
            current={tab}
            link={(key, name, isCurrent) => (
              <Link
                key={key}
                to="/services/$"
                params={{ _splat }}
                search={{ tab: key }}
                aria-current={isCurrent ? "page" : undefined}
              >
                {name}
              </Link>
            )}
          />
          <ServiceTab tab={tab} view={value} onWindow={setOffset} />
        </div>
      )}
    </Await>
  );
}

const tabsOf = ({ placement, deployment, versions, total }: ServiceView) => [
  { key: "instances", name: `Instances (${total})` },
  ...(placement === null
    ? []
    : [{ key: "placement", name: <strong className="bad">Why not placed</strong> }]),
  ...(deployment === null ? [] : [{ key: "deployment", name: "Deployment" }]),
  { key: "log", name: "Logs" },
  { key: "metrics", name: "Metrics" },
  { key: "configuration", name: `Configuration (${versions.length})` },
  { key: "about", name: "Endpoints" },
  { key: "events", name: "Events" },
];

/** What is to be known before anything else: what it waits for, why it fails. */
function State({ view }: { readonly view: ServiceView }) {
  const { service, deployment, placement, lastFailure, frameworkId } = view;
  return (
    <div className="stack deployments">
      {deployment === null ? null : <DeploymentNotice deployment={deployment} />}
      {placement === null ? null : (
        <Notice
          tone="bad"
          end={
            <Link to="/services/$" params={{ _splat: service.key.slice(1) }} search={{ tab: "placement" }}>
              Why not placed
            </Link>
          }
        >
          {placement.summary}
        </Notice>
      )}
      {lastFailure === null || service.status === "running" ? null : (
        <Notice tone="bad">
          The last failure, <Since ms={lastFailure.atMs} ago /> on {lastFailure.hostname}:{" "}
          {lastFailure.message}{" "}
          <TaskLink
            taskKey={frameworkId === "" ? lastFailure.taskId : `${frameworkId}/${lastFailure.taskId}`}
          >
            look at that task
          </TaskLink>
        </Notice>
      )}
    </div>
  );
}

type TabProps = {
  readonly tab: string;
  readonly view: ServiceView;
  readonly onWindow: (offset: number) => void;
};

function ServiceTab({ tab, view, onWindow }: TabProps): ReactNode {
  const { sort } = route.useSearch();
  switch (tab) {
    case "placement":
      return view.placement === null ? (
        <Notice tone="good">Nothing is missing: every instance that is wanted has found its place.</Notice>
      ) : (
        <Placement placement={view.placement} service={view.service} />
      );
    case "deployment":
      return view.deployment === null ? (
        <Notice tone="good">Nothing is being deployed.</Notice>
      ) : (
        <DeploymentSteps deployment={view.deployment} />
      );
    case "log":
      return <ServiceLog view={view} />;
    case "metrics":
      return (
        <Panel title="Of all instances together">
          <UsageCharts usage={view.usage} promised={view.service.allocated} />
        </Panel>
      );
    case "configuration":
      return <Configuration view={view} />;
    case "about":
      return <ServiceFacts view={view} />;
    case "events":
      return (
        <Panel>
          <Events rows={view.events} about={{ service: view.service.key }} />
        </Panel>
      );
    default:
      return <Instances view={view} sort={sort} onWindow={onWindow} />;
  }
}
