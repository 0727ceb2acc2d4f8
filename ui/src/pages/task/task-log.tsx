/**
 * What a task writes: its output or its errors, followed, or both merged.
 */

import { getRouteApi } from "@tanstack/react-router";
import type { TaskView } from "#console/tasks.ts";
import { LogView } from "../../logs/log-view.tsx";
import { useSearchWriter } from "../../parts/table-search.ts";
import { downloadPath } from "./sandbox-paths.ts";

const route = getRouteApi("/tasks/$framework/$task");

export function TaskLog({ view: { task, sandbox } }: { readonly view: TaskView }) {
  const { file = "both" } = route.useSearch();
  const write = useSearchWriter();
  const names = file === "both" ? ["stdout", "stderr"] : [file];
  return (
    <LogView
      sources={names.map((name) => ({ key: name, name, nodeId: task.nodeId, path: `${sandbox}/${name}` }))}
      tools={
        <>
          <label className="row">
            <span className="soft">File</span>
            <select value={file} onChange={({ target }) => write({ file: target.value })}>
              <option>both</option>
              <option>stdout</option>
              <option>stderr</option>
              {["both", "stdout", "stderr"].includes(file) ? null : <option>{file}</option>}
            </select>
          </label>
          {names.map((name) => (
            <a key={name} href={downloadPath(task.nodeId, `${sandbox}/${name}`)} download>
              Download {name}
            </a>
          ))}
        </>
      }
    />
  );
}
