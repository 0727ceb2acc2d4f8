/**
 * The flags about where things are and where apps may be: fault domains, and the app service's role and GPUs.
 */

import type { FaultDomain } from "#model/agent.ts";
import { defaultRole, roleFault } from "#model/role.ts";
import { type FlagKind, type Flags, UsageError } from "./flags.ts";

export const domainFlags = {
  region: "text",
  zone: "text",
} as const satisfies Readonly<Record<string, FlagKind>>;

export const domainHelp = `  --region NAME --zone NAME
                        where it is: agents in other regions than the master's are for those apps and frameworks
                        alone that say so (nowhere in particular)
`;

export function parseDomain(flags: Flags): FaultDomain | undefined {
  const [region, zone] = [flags.text("region"), flags.text("zone")];
  if (region === undefined && zone === undefined) return undefined;
  if (region === undefined || zone === undefined || region === "" || zone === "")
    throw new UsageError("--region and --zone go together: a zone is part of a region.");
  return { region, zone };
}

export const appPlacementFlags = {
  "apps-role": "text",
  "gpu-scheduling": "text",
} as const satisfies Readonly<Record<string, FlagKind>>;

export const appPlacementHelp = `  --apps-role ROLE      of apps that say none, as Marathon's --mesos_role (*)
  --gpu-scheduling restricted|unrestricted
                        whether agents with GPUs are only for apps that need some (restricted)
`;

export type AppPlacement = { readonly role: string | undefined; readonly sharesGpuAgents: boolean };

export function parseAppPlacement(flags: Flags): AppPlacement {
  const role = flags.text("apps-role") ?? defaultRole;
  const fault = roleFault(role);
  if (fault !== undefined) throw new UsageError(`--apps-role: ${fault}.`);
  const gpus = flags.text("gpu-scheduling") ?? "restricted";
  if (gpus !== "restricted" && gpus !== "unrestricted")
    throw new UsageError(`--gpu-scheduling ${gpus} is neither restricted nor unrestricted.`);
  return { role: role === defaultRole ? undefined : role, sharesGpuAgents: gpus === "unrestricted" };
}
