/**
 * The files of a task's sandbox: directories to walk through, files to look at or to download.
 */

import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { TaskView } from "#console/tasks.ts";
import { Empty, Notice, Panel, Scroll, Since, Skeleton } from "../../parts/basics.tsx";
import { bytes } from "../../parts/format.ts";
import { Icon } from "../../parts/icons.tsx";
import { get, wordsOf } from "../../session/send.ts";
import { browsePath, downloadPath } from "./sandbox-paths.ts";

const route = getRouteApi("/tasks/$framework/$task");

/** As Mesos's agents list them. */
type FileInfo = {
  readonly path: string;
  readonly size: number;
  readonly mtime: number;
  readonly mode: string;
  readonly uid: string;
};

export function TaskFiles({ view: { task, sandbox } }: { readonly view: TaskView }) {
  const { path = "" } = route.useSearch();
  const directory = `${sandbox}${path}`;
  const { data, error, refetch } = useQuery({
    queryKey: ["files", task.nodeId, directory],
    queryFn: () => get<readonly FileInfo[]>(browsePath(task.nodeId, directory)),
  });
  if (error !== null)
    return (
      <Notice
        tone="bad"
        end={
          <button type="button" onClick={() => void refetch()}>
            Try again
          </button>
        }
      >
        {`The files cannot be listed: ${wordsOf(error)}`}
      </Notice>
    );
  if (data === undefined) return <Skeleton />;
  return (
    <Panel
      title={<FilePath path={path} />}
      end={
        <button type="button" onClick={() => void refetch()}>
          Look again
        </button>
      }
    >
      {data.length === 0 ? <Empty title="This directory is empty" /> : null}
      <Scroll label="Files">
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" className="number">
                Size
              </th>
              <th scope="col">Changed</th>
              <th scope="col">Mode</th>
              <th scope="col">Owner</th>
              <th scope="col">
                <span className="hidden">Download</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.map((file) => (
              <FileRow key={file.path} file={file} nodeId={task.nodeId} path={path} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}

function FileRow({
  file,
  nodeId,
  path,
}: {
  readonly file: FileInfo;
  readonly nodeId: string;
  readonly path: string;
}) {
  const params = route.useParams();
  const name = file.path.split("/").at(-1) ?? file.path;
  const isDirectory = file.mode.startsWith("d");
  const search = isDirectory
    ? { tab: "files", path: `${path}/${name}` }
    : { tab: "log", file: `${path}/${name}`.slice(1) };
  return (
    <tr>
      <th scope="row">
        <span className="row nowrap">
          <Icon name={isDirectory ? "folder" : "file"} />
          <Link to="/tasks/$framework/$task" params={params} search={search}>
            {name}
          </Link>
        </span>
      </th>
      <td className="number">{isDirectory ? "" : bytes(file.size)}</td>
      <td>
        <Since ms={file.mtime * 1000} />
      </td>
      <td className="mono nowrap">{file.mode}</td>
      <td>{file.uid}</td>
      <td>
        {isDirectory ? null : (
          <a href={downloadPath(nodeId, file.path)} download aria-label={`Download ${name}`}>
            Download
          </a>
        )}
      </td>
    </tr>
  );
}

function FilePath({ path }: { readonly path: string }) {
  const params = route.useParams();
  const parts = path.split("/").filter((part) => part !== "");
  const link = (name: string, to: string) => (
    <Link to="/tasks/$framework/$task" params={params} search={{ tab: "files", path: to }}>
      {name}
    </Link>
  );
  return (
    <>
      {link("sandbox", "")}
      {parts.map((part, index) => {
        const to = `/${parts.slice(0, index + 1).join("/")}`;
        return (
          <span key={to}>
            {" / "}
            {link(part, to)}
          </span>
        );
      })}
    </>
  );
}
