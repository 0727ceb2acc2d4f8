/**
 * The deployments that are under way, with what each waits for, and the ways to end them.
 */

import type { DeploymentView } from "#console/services.ts";
import { Notice, Since } from "../../parts/basics.tsx";
import { counted } from "../../parts/format.ts";
import { ServiceLink } from "../../parts/links.tsx";
import { useAct } from "../../session/use-act.ts";

const shownMost = 5;

export function DeploymentsNow({ deployments }: { readonly deployments: readonly DeploymentView[] }) {
  if (deployments.length === 0) return null;
  return (
    <div className="stack deployments">
      {deployments.slice(0, shownMost).map((deployment) => (
        <DeploymentNotice key={deployment.id} deployment={deployment} />
      ))}
      {deployments.length > shownMost ? (
        <p className="soft">{counted(deployments.length - shownMost, "more deployment")}</p>
      ) : null}
    </div>
  );
}

export function DeploymentNotice({ deployment }: { readonly deployment: DeploymentView }) {
  const { id, services, currentStep, steps, waits, startedAtMs } = deployment;
  const { act, refused } = useAct();
  const path = `/v2/deployments/${encodeURIComponent(id)}`;
  return (
    <Notice
      tone="wait"
      end={
        <>
          <button
            type="button"
            disabled={refused !== undefined}
            title={refused ?? "Takes back what it changed"}
            onClick={() => act("The deployment is being rolled back", "DELETE", path)}
          >
            Roll back
          </button>
          <button
            type="button"
            disabled={refused !== undefined}
            title={refused ?? "Leaves everything as it is now"}
            onClick={() => act("The deployment was ended where it stood", "DELETE", `${path}?force=true`)}
          >
            Stop here
          </button>
        </>
      }
    >
      <strong>Deploying</strong>{" "}
      {services.slice(0, 3).map((service) => (
        <span key={service}>
          <ServiceLink id={service} />{" "}
        </span>
      ))}
      {services.length > 3 ? `and ${services.length - 3} more ` : ""}
      <span className="soft">
        step {Math.min(currentStep + 1, steps.length)} of {steps.length}, since <Since ms={startedAtMs} />
      </span>
      {waits.map(({ service, text }) => (
        <div key={`${service} ${text}`} className="soft">
          waits: {text}
        </div>
      ))}
    </Notice>
  );
}
