/**
 * A deployment, step by step: what is done, what is being done and waits for what, what is to come.
 */

import type { DeploymentView } from "#console/services.ts";
import { Mark, Panel, Since } from "../../parts/basics.tsx";
import type { Tone } from "../../parts/format.ts";
import { ServiceLink } from "../../parts/links.tsx";

export function DeploymentSteps({ deployment }: { readonly deployment: DeploymentView }) {
  const { steps, currentStep, waits, startedAtMs, deadlineAtMs } = deployment;
  const toneOf = (index: number): Tone =>
    index < currentStep ? "good" : index === currentStep ? "wait" : "idle";
  const wordOf = (index: number): string =>
    index < currentStep ? "done" : index === currentStep ? "under way" : "to come";
  return (
    <Panel
      title="Steps"
      end={
        <span className="soft">
          begun <Since ms={startedAtMs} ago />
          {deadlineAtMs === null ? "" : ", taken back at "}
          {deadlineAtMs === null ? null : <Since ms={deadlineAtMs} />}
        </span>
      }
    >
      <ol className="states">
        {steps.map(({ actions }, index) => (
          <li key={actions.map(({ action, service }) => `${action} ${service}`).join()}>
            <span className="soft">{index + 1}</span>
            <Mark tone={toneOf(index)}>{wordOf(index)}</Mark>
            <div>
              {actions.map(({ action, service }) => (
                <div key={`${action} ${service}`}>
                  {action} <ServiceLink id={service} />
                </div>
              ))}
              {index === currentStep
                ? waits.map(({ service, text, sinceMs }) => (
                    <div key={`${service} ${text}`} className="wait">
                      waits: {text}
                      {sinceMs === null ? null : (
                        <>
                          {", since "}
                          <Since ms={sinceMs} />
                        </>
                      )}
                    </div>
                  ))
                : null}
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
