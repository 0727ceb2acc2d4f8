/**
 * What is wrong now, in words, the gravest first; or that nothing is.
 */

import type { OverviewView, ProblemView } from "#console/overview.ts";
import { Notice, Since } from "../../parts/basics.tsx";
import { counted, type Tone } from "../../parts/format.ts";
import { ThingLink } from "../../parts/links.tsx";

const tones: Readonly<Record<ProblemView["severity"], Tone>> = {
  critical: "bad",
  warning: "wait",
  info: "idle",
};

export function Problems({ view }: { readonly view: OverviewView }) {
  const { problems, problemsLeftOut, nodes, services } = view;
  if (problems.length === 0)
    return (
      <Notice tone={nodes.total === 0 ? "wait" : "good"}>
        {nodes.total === 0
          ? "There are no nodes yet: start `unum agent` on each server, and it appears here."
          : `All is well: ${counted(nodes.active, "node")} and ${counted(services.total, "service")}, nothing waits and nothing fails.`}
      </Notice>
    );
  return (
    <section aria-labelledby="problems" className="stack problems">
      <h2 id="problems">{counted(problems.length + problemsLeftOut, "thing")} to look at</h2>
      <ul className="stack">
        {problems.map(({ key, severity, text, advice, link, sinceMs }) => (
          <li key={key}>
            <Notice
              tone={tones[severity]}
              end={
                sinceMs === null ? undefined : (
                  <span className="soft">
                    since <Since ms={sinceMs} />
                  </span>
                )
              }
            >
              <Sentence text={text} link={link} /> <span className="soft">{advice}</span>
            </Notice>
          </li>
        ))}
      </ul>
      {problemsLeftOut > 0 ? <p className="soft">{`${problemsLeftOut} more are not shown.`}</p> : null}
    </section>
  );
}

/** The name in the sentence leads to what it names. */
function Sentence({ text, link }: Pick<ProblemView, "text" | "link">) {
  const at = text.indexOf(link.name);
  if (at < 0)
    return (
      <>
        <strong>{text}</strong> <ThingLink link={link} />
      </>
    );
  return (
    <strong>
      {text.slice(0, at)}
      <ThingLink link={link} />
      {text.slice(at + link.name.length)}
    </strong>
  );
}
