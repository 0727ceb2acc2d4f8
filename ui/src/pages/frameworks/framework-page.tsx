/**
 * One framework: what it holds and is offered, and why it is not offered more.
 */

import { getRouteApi, Link } from "@tanstack/react-router";
import type { FrameworkView } from "#console/frameworks.ts";
import { useCrumbName } from "../../frame/crumb-names.ts";
import { useView } from "../../live/use-view.ts";
import { Facts, Mark, Notice, Panel, Scroll, Since, Tag } from "../../parts/basics.tsx";
import { counted, cpus, duration, mebibytes, percent } from "../../parts/format.ts";
import { NodeLink, RoleLink } from "../../parts/links.tsx";
import { Await, Head } from "../../parts/page.tsx";
import { frameworkTones } from "./frameworks-page.tsx";

const route = getRouteApi("/frameworks/$framework");

export function FrameworkPage() {
  const { framework } = route.useParams();
  const view = useView("framework", { id: framework });
  useCrumbName(view.value?.framework.name);
  return (
    <Await view={view} missing={`There is no framework ${framework}`}>
      {(value) => (
        <>
          <Head
            title={value.framework.name}
            marks={<Mark tone={frameworkTones[value.framework.state]}>{value.framework.state}</Mark>}
          >
            <Link to="/tasks" search={{ framework }} className="button">
              {counted(value.framework.tasks, "task")}
            </Link>
          </Head>
          <div className="grid">
            <Why view={value} />
            <WhoItIs view={value} />
            <Offers view={value} />
          </div>
        </>
      )}
    </Await>
  );
}

function Why({ view: { explanation, filters, suppressed } }: { readonly view: FrameworkView }) {
  const { summary, agents, open, gates } = explanation;
  return (
    <Panel title="Why it is not offered more" className="span-7">
      <p className="answer">{summary}</p>
      {suppressed.length > 0 ? (
        <Notice tone="wait">
          It wants no offers now in {suppressed.join(", ")}: it said so itself (SUPPRESS).
        </Notice>
      ) : null}
      <p className="soft">
        {open} of {counted(agents, "node")} are open to it
        {filters > 0 ? `; it declined offers of ${counted(filters, "node")} for a while` : ""}.
      </p>
      <ul className="stack">
        {gates.map(({ text, agents: many, examples }) => (
          <li key={text}>
            <strong>{counted(many, "node")}</strong> {text}{" "}
            <span className="soft">{examples.join(", ")}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function WhoItIs({ view }: { readonly view: FrameworkView }) {
  const { framework, principal, capabilities, failoverTimeoutMs } = view;
  const { key, user, hostname, webuiUrl, roles, allocated, share, registeredAtMs, inside } = framework;
  return (
    <Panel title="What it is" className="span-5">
      <Facts
        facts={[
          ["Id", <code key="id">{key}</code>],
          ["Kind", inside ? "Unum's own app service" : "from outside"],
          ["Roles", roles.map((role) => <RoleLink key={role} name={role} />)],
          [
            "Holds",
            `${cpus(allocated.cpus)} cpus, ${mebibytes(allocated.mem)}; ${percent(share, 1)} of the cluster`,
          ],
          ["User, host", `${user || "–"}, ${hostname ?? "–"}`],
          ["Principal", principal ?? "–"],
          [
            "Its own page",
            webuiUrl === null ? (
              "–"
            ) : (
              <a key="web" href={webuiUrl} rel="noreferrer">
                {webuiUrl}
              </a>
            ),
          ],
          ["Registered", <Since key="since" ms={registeredAtMs} />],
          [
            "May be away for",
            failoverTimeoutMs === 0 ? "no time: its tasks end with it" : duration(failoverTimeoutMs),
          ],
          ["Capabilities", capabilities.map((one) => <Tag key={one}>{one}</Tag>)],
        ]}
      />
    </Panel>
  );
}

const Offers = ({ view: { offers } }: { readonly view: FrameworkView }) => (
  <Panel title="Offers out" className="span-12">
    {offers.length === 0 ? (
      <p className="soft">None: it has used or declined what it was offered.</p>
    ) : (
      <Scroll label="Offers">
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col">Role</th>
              <th scope="col">What</th>
              <th scope="col">Since</th>
            </tr>
          </thead>
          <tbody>
            {offers.map(({ id, nodeId, nodeName, role, resources, sinceMs }) => (
              <tr key={id}>
                <th scope="row">
                  <NodeLink id={nodeId}>{nodeName}</NodeLink>
                </th>
                <td>{role}</td>
                <td>{resources}</td>
                <td>
                  <Since ms={sinceMs} ago />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    )}
  </Panel>
);
