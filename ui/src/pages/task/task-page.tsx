/**
 * One task: how it went from state to state, what it uses of what it may, its output, its files, a terminal in it.
 */

import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense } from "react";
import type { TaskView } from "#console/tasks.ts";
import { useCrumbName } from "../../frame/crumb-names.ts";
import { useView } from "../../live/use-view.ts";
import { Empty, Panel, Skeleton } from "../../parts/basics.tsx";
import { Events } from "../../parts/events.tsx";
import { shortTask } from "../../parts/format.ts";
import { Await, Head, Tabs } from "../../parts/page.tsx";
import { TaskState } from "../tasks/task-columns.tsx";
import { TaskFacts } from "./task-facts.tsx";
import { TaskFiles } from "./task-files.tsx";
import { TaskLog } from "./task-log.tsx";
import { TaskMenu } from "./task-menu.tsx";

const TaskTerminal = lazy(() =>
  import("./task-terminal.tsx").then((file) => ({ default: file.TaskTerminal })),
);

const route = getRouteApi("/tasks/$framework/$task");

const tabs = [
  { key: "summary", name: "Summary" },
  { key: "log", name: "Log" },
  { key: "files", name: "Files" },
  { key: "terminal", name: "Terminal" },
  { key: "events", name: "Events" },
] as const;

export function TaskPage() {
  const { framework, task } = route.useParams();
  const { tab = "summary" } = route.useSearch();
  const view = useView("task", framework === "any" ? { id: task } : { id: task, framework });
  useCrumbName(shortTask(task));
  return (
    <Await view={view} missing={`There is no task ${task}`}>
      {(value) => (
        <>
          <Head
            title={<span className="mono task-id">{value.task.id}</span>}
            marks={<TaskState state={value.task.state} healthy={value.task.healthy} />}
          >
            <TaskMenu task={value.task} />
          </Head>
          <Tabs
            label="Of this task"
            tabs={tabs}
            current={tab}
            link={(key, name, isCurrent) => (
              <Link
                key={key}
                to="/tasks/$framework/$task"
                params={{ framework, task }}
                search={{ tab: key }}
                aria-current={isCurrent ? "page" : undefined}
              >
                {name}
              </Link>
            )}
          />
          <TaskTab tab={tab} view={value} />
        </>
      )}
    </Await>
  );
}

function TaskTab({ tab, view }: { readonly tab: string; readonly view: TaskView }): ReactNode {
  const hasFiles = view.sandbox !== "" && view.task.nodeId !== "";
  const noFiles = (
    <Empty title="Its files are gone">Its node is not known any more, and its sandbox was there.</Empty>
  );
  switch (tab) {
    case "log":
      return hasFiles ? <TaskLog view={view} /> : noFiles;
    case "files":
      return hasFiles ? <TaskFiles view={view} /> : noFiles;
    case "terminal":
      return view.canExec ? (
        <Suspense fallback={<Skeleton />}>
          <TaskTerminal task={view.task} />
        </Suspense>
      ) : (
        <Empty title="No terminal can be opened in it">
          It must run, in a container, on a node that is connected. Of a task that ended, look at its log and
          its files.
        </Empty>
      );
    case "events":
      return (
        <Panel>
          <Events rows={view.events} about={{ task: view.task.id }} />
        </Panel>
      );
    default:
      return <TaskFacts view={view} />;
  }
}
