/**
 * The overview: whether all is well, the fleet as one computer, the map of its nodes, what changed of late.
 */

import { getRouteApi, Link } from "@tanstack/react-router";
import { useView } from "../../live/use-view.ts";
import { Empty, Panel } from "../../parts/basics.tsx";
import { Events } from "../../parts/events.tsx";
import { Await, Head } from "../../parts/page.tsx";
import { NodeMap } from "../nodes/node-map.tsx";
import { Counts } from "./counts.tsx";
import { Problems } from "./problems.tsx";
import { ResourceCards } from "./resource-cards.tsx";

const route = getRouteApi("/");

export function OverviewPage() {
  const { history = "hour" } = route.useSearch();
  const view = useView("overview", { history: history === "day" ? "day" : "hour" }, true);
  return (
    <Await view={view} missing="There is no cluster">
      {(value) => (
        <div className="stack">
          <Head title={value.clusterName} marks={<span className="soft">{`Unum ${value.version}`}</span>}>
            <Link
              to="/"
              search={{ history: "hour" }}
              className={`button${history === "day" ? "" : " primary"}`}
            >
              Hour
            </Link>
            <Link
              to="/"
              search={{ history: "day" }}
              className={`button${history === "day" ? " primary" : ""}`}
            >
              Day
            </Link>
          </Head>
          <Problems view={value} />
          {value.services.total === 0 ? <FirstSteps /> : null}
          <Counts view={value} />
          <ResourceCards resources={value.resources} history={value.history} />
          <div className="grid">
            <div className="span-7">
              <NodeMap height={260} />
            </div>
            <Panel
              title="What changed of late"
              end={<Link to="/timeline">All of it</Link>}
              className="span-5 recent"
            >
              <Events rows={value.recent} />
            </Panel>
          </div>
        </div>
      )}
    </Await>
  );
}

const FirstSteps = () => (
  <Panel>
    <Empty
      title="Nothing runs here yet"
      action={
        <div className="row">
          <Link to="/new" search={{ example: "web" }} className="button primary">
            Deploy the example app
          </Link>
          <Link to="/new" className="button">
            Write an app of your own
          </Link>
        </div>
      }
    >
      An app is a command or an image, with how much of the fleet it may have and how many of it should run.
      Unum finds the nodes, starts it, and starts it again wherever it fails.
    </Empty>
  </Panel>
);
