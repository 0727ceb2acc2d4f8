/**
 * How many nodes, services, tasks and frameworks there are, and in which state; each figure leads to the list.
 */

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { OverviewView } from "#console/overview.ts";
import { Mark } from "../../parts/basics.tsx";
import { count, type Tone } from "../../parts/format.ts";

type Part = { readonly many: number; readonly word: string; readonly tone: Tone; readonly link?: string };

const Card = (props: {
  readonly name: string;
  readonly whole: number;
  readonly link: ReactNode;
  readonly parts: readonly Part[];
}) => (
  <section className="panel span-3 count-card">
    <h2>{props.link}</h2>
    <p className="big">{count(props.whole)}</p>
    <ul className="row">
      {props.parts
        .filter(({ many }) => many > 0)
        .map(({ many, word, tone, link }) => (
          <li key={word}>
            <Mark tone={tone}>
              {link === undefined ? (
                `${count(many)} ${word}`
              ) : (
                <Link to={link}>{`${count(many)} ${word}`}</Link>
              )}
            </Mark>
          </li>
        ))}
    </ul>
  </section>
);

export function Counts({ view: { nodes, services, tasks, frameworks } }: { readonly view: OverviewView }) {
  const rest = Math.max(0, services.running);
  return (
    <div className="grid">
      <Card
        name="Nodes"
        whole={nodes.total}
        link={<Link to="/nodes">Nodes</Link>}
        parts={[
          { many: nodes.active - nodes.draining, word: "active", tone: "good" },
          { many: nodes.draining, word: "draining", tone: "wait", link: "/nodes?status=draining" },
          { many: nodes.deactivated, word: "deactivated", tone: "idle", link: "/nodes?status=deactivated" },
          {
            many: nodes.disconnected,
            word: "disconnected",
            tone: "wait",
            link: "/nodes?status=disconnected",
          },
          { many: nodes.unreachable, word: "unreachable", tone: "bad", link: "/nodes?status=unreachable" },
        ]}
      />
      <Card
        name="Services"
        whole={services.total}
        link={<Link to="/services">Services</Link>}
        parts={[
          { many: rest, word: "running", tone: "good" },
          { many: services.deploying, word: "deploying", tone: "wait", link: "/services?status=deploying" },
          { many: services.waiting, word: "waiting", tone: "wait", link: "/services?status=waiting,delayed" },
          { many: services.unhealthy, word: "unhealthy", tone: "bad", link: "/services?status=unhealthy" },
          { many: services.suspended, word: "suspended", tone: "idle", link: "/services?status=suspended" },
        ]}
      />
      <Card
        name="Tasks"
        whole={tasks.running + tasks.starting + tasks.ending + tasks.unreachable}
        link={<Link to="/tasks">Tasks</Link>}
        parts={[
          { many: tasks.running, word: "running", tone: "good", link: "/tasks?state=TASK_RUNNING" },
          {
            many: tasks.starting,
            word: "starting",
            tone: "wait",
            link: "/tasks?state=TASK_STAGING,TASK_STARTING",
          },
          { many: tasks.ending, word: "ending", tone: "idle", link: "/tasks?state=TASK_KILLING" },
          {
            many: tasks.unreachable,
            word: "unreachable",
            tone: "bad",
            link: "/tasks?state=TASK_UNREACHABLE",
          },
          { many: tasks.unhealthy, word: "unhealthy", tone: "bad" },
        ]}
      />
      <Card
        name="Frameworks"
        whole={frameworks.active + frameworks.disconnected}
        link={<Link to="/frameworks">Frameworks</Link>}
        parts={[
          { many: frameworks.active, word: "active", tone: "good" },
          {
            many: frameworks.disconnected,
            word: "disconnected",
            tone: "wait",
            link: "/frameworks?state=disconnected",
          },
        ]}
      />
    </div>
  );
}
