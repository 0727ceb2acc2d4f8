/**
 * The output of a service's instances, merged.
 */

import { useState } from "react";
import type { InstanceRow, ServiceView } from "#console/services.ts";
import type { Source } from "../../logs/log-stream.ts";
import { LogView } from "../../logs/log-view.tsx";
import { Empty } from "../../parts/basics.tsx";
import { shortTask } from "../../parts/format.ts";
import { Menu } from "../../parts/menu.tsx";
import { downloadPath } from "../task/sandbox-paths.ts";

/** As many files as the server puts into one stream. */
const atOnceMost = 32;
const namedMost = 64;

export function ServiceLog({ view: { rows } }: { readonly view: ServiceView }) {
  const [file, setFile] = useState("stdout");
  const [left, setLeft] = useState<readonly string[]>([]);
  const all = rows.flatMap((row) => sourcesOf(row, file));
  const chosen = all.filter(({ key }) => !left.includes(key)).slice(0, atOnceMost);
  if (all.length === 0)
    return (
      <Empty title="Nothing has written yet">As soon as an instance runs, what it writes appears here.</Empty>
    );
  const toggle = (key: string) => {
    if (chosen.some((source) => source.key === key)) return setLeft([...left, key]);
    // One more is shown in place of those beyond the bound: the first of them gives way.
    const others = chosen.length < atOnceMost ? [] : chosen.slice(0, 1).map((source) => source.key);
    const before = all
      .slice(
        0,
        all.findIndex((source) => source.key === key),
      )
      .map((source) => source.key);
    const unseen = before.filter((one) => !chosen.some((source) => source.key === one));
    return setLeft([...left.filter((one) => one !== key), ...others, ...unseen]);
  };
  return (
    <>
      <fieldset className="tools plain-set">
        <legend className="hidden">Instances whose output is shown</legend>
        {all.slice(0, namedMost).map(({ key, name }) => (
          <label key={key} className="row">
            <input
              type="checkbox"
              checked={chosen.some((source) => source.key === key)}
              onChange={() => toggle(key)}
            />
            {name}
          </label>
        ))}
        {all.length > atOnceMost ? <span className="soft">{`${atOnceMost} at a time`}</span> : null}
      </fieldset>
      <LogView
        sources={chosen}
        tools={
          <>
            <label className="row">
              <span className="soft">File</span>
              <select value={file} onChange={({ target }) => setFile(target.value)}>
                <option>stdout</option>
                <option>stderr</option>
              </select>
            </label>
            <Menu
              label="Download the whole file"
              actions={chosen.map(({ name, nodeId, path }) => ({
                name: `Download ${file} of ${name}`,
                run: () => download(downloadPath(nodeId, path)),
              }))}
            />
          </>
        }
      />
    </>
  );
}

function download(href: string): void {
  const link = document.createElement("a");
  link.href = href;
  link.download = "";
  link.click();
}

function sourcesOf({ tasks, sandboxes, nodeId, nodeName }: InstanceRow, file: string): readonly Source[] {
  return tasks.flatMap(({ id, name }, index) => {
    const sandbox = sandboxes[index];
    if (sandbox === undefined || sandbox === "") return [];
    const short = shortTask(id).split(" ").at(-1) ?? id;
    const who = `${nodeName} ${tasks.length > 1 ? name : short}`;
    return [{ key: id, name: who, nodeId, path: `${sandbox}/${file}` }];
  });
}
