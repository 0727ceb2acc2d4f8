/**
 * The cluster itself: how it is, what it is made of, how this console looks; and whose work is in it.
 */

import { licences } from "virtual:licences";
import type { AboutView } from "#console/about.ts";
import { applyTheme, currentTheme } from "../../frame/theme.ts";
import { useView } from "../../live/use-view.ts";
import { Facts, Mark, Notice, Panel, Since, Tag } from "../../parts/basics.tsx";
import { count, counted } from "../../parts/format.ts";
import { Await, Head } from "../../parts/page.tsx";
import { useRefusal } from "../../session/use-session.ts";

export function AboutPage() {
  const view = useView("about", {});
  return (
    <Await view={view} missing="There is no cluster">
      {(value) => (
        <>
          <Head title={value.clusterName} marks={<span className="soft">{`Unum ${value.version}`}</span>} />
          <div className="grid">
            <Health view={value} />
            <Settings />
            <Figures view={value} />
            <Licences />
          </div>
        </>
      )}
    </Await>
  );
}

function Health({ view }: { readonly view: AboutView }) {
  const { leader, store, backlog, appServiceConnected, startedAtMs, masterId } = view;
  const { writeMs } = store;
  return (
    <Panel title="Health" className="span-7">
      <Facts
        facts={[
          [
            "Leading master",
            `${leader.hostname}: Mesos's API at ${leader.masterPort}, gateway at ${leader.gatewayPort}`,
          ],
          ["Master id", <code key="id">{masterId ?? "–"}</code>],
          ["Started", <Since key="since" ms={startedAtMs} />],
          [
            "App service",
            <Mark key="apps" tone={appServiceConnected ? "good" : "bad"}>
              {appServiceConnected ? "connected to the master" : "not connected to the master"}
            </Mark>,
          ],
          [
            "Store",
            `${store.kind}${
              writeMs === null
                ? ""
                : `: a write takes ${writeMs.median} ms, the slowest hundredth ${writeMs.p99} ms`
            }`,
          ],
          ["Waiting decisions", count(backlog)],
          [
            "Plugins",
            view.plugins.length === 0 ? "none" : view.plugins.map((one) => <Tag key={one}>{one}</Tag>),
          ],
        ]}
      />
    </Panel>
  );
}

function Settings() {
  const refused = useRefusal();
  return (
    <Panel title="This browser" className="span-5">
      <div className="stack">
        <Notice tone={refused === undefined ? "good" : "wait"}>
          {refused ?? "It may look and act: it came by a one-time link."}
        </Notice>
        <label className="field">
          <span>Appearance</span>
          <select
            defaultValue={currentTheme()}
            onChange={({ target }) =>
              applyTheme(target.value === "light" || target.value === "dark" ? target.value : "system")
            }
          >
            <option value="system">as the system</option>
            <option value="light">light</option>
            <option value="dark">dark</option>
          </select>
        </label>
        <p className="soft">
          Keys: <kbd>Ctrl K</kbd> or <kbd>/</kbd> finds anything and does things, <kbd>↑</kbd> <kbd>↓</kbd>{" "}
          move through tables, <kbd>Enter</kbd> opens.
        </p>
        <p className="soft">Users, permissions and secrets will have their place here.</p>
      </div>
    </Panel>
  );
}

const Figures = ({ view: { figures, agentVersions } }: { readonly view: AboutView }) => (
  <Panel title="Size" className="span-7">
    <Facts
      facts={[
        ["Nodes", count(figures.agents)],
        [
          "Their versions",
          agentVersions.map(({ version, agents }) => `${version} (${agents})`).join(", ") || "–",
        ],
        ["Services", count(figures.services)],
        ["Tasks", count(figures.tasks)],
        ["Frameworks", count(figures.frameworks)],
        ["Consoles open", count(figures.viewers)],
      ]}
    />
  </Panel>
);

const Licences = () => (
  <Panel title="Licences" className="span-5">
    <p>Unum is free software under the Apache License 2.0. This console contains the work of others:</p>
    <details>
      <summary>{counted(licences.length, "package")}</summary>
      <ul className="licences">
        {licences.map(({ name, version, licence }) => (
          <li key={name}>
            {name} {version} <span className="soft">{licence}</span>
          </li>
        ))}
      </ul>
    </details>
  </Panel>
);
