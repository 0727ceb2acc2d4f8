/**
 * What must hold between an app's networks and its ports. The sentences are Marathon's.
 */

import { limits } from "#base/limits.ts";
import { type AppDefinition, isOnHostNetwork } from "#model/app.ts";

type Report = (path: string, error: string) => void;

export function checkNetworks(app: AppDefinition, report: Report): void {
  const { networks = [], root } = app;
  const say = (error: string): void => report("/networks", error);
  const inMode = (mode: string) => networks.filter((network) => network.mode === mode);
  const [hosts, bridges, others] = [inMode("host"), inMode("container/bridge"), inMode("container")];
  if (hosts.some(({ name, labels }) => (name ?? "") !== "" || Object.keys(labels).length > 0))
    say("Host networks may not have names or labels");
  if (bridges.some(({ name }) => (name ?? "") !== "")) say("Bridge networks may not have names");
  if (others.some(({ name }) => (name ?? "") === ""))
    say("Network name must be specified when container network is selected.");
  const names = others.flatMap(({ name }) => name ?? []);
  if (new Set(names).size < names.length) say("Duplicate networks are not allowed");
  const kinds = [hosts, bridges, others].filter(({ length }) => length > 0).length;
  if (kinds > 1 || hosts.length > 1 || bridges.length > 1)
    say("May specify a single host network, single bridge network, or else 1-to-n container networks");
  if (root.kind === "image" && root.container === "docker" && others.length > 1)
    say("may only specify a single container network when using the Docker container engine");
  const wrong = names.find((name) => name.length > limits.networkNameLengthMax || /[\0/\s]/.test(name));
  if (wrong !== undefined) say(`the name ${JSON.stringify(wrong.slice(0, 80))} names no network`);
  if (!isOnHostNetwork(app)) checkMappings(app, names, report);
}

function checkMappings({ ports }: AppDefinition, names: readonly string[], report: Report): void {
  ports.forEach(({ networkNames = [], unmapped, containerPort = 0 }, index) => {
    const at = `/container/portMappings(${index})`;
    if (!Number.isInteger(containerPort) || containerPort < 0 || containerPort > 65_535)
      report(`${at}/containerPort`, "must be between 0 and 65535");
    const unknown = networkNames.find((name) => !names.includes(name));
    if (unknown !== undefined) report(`${at}/networkNames`, `${unknown} is none of the app's networks`);
    if (names.length > 1 && unmapped !== true && networkNames.length !== 1)
      report(
        at,
        "networkNames must be a single item list when hostPort is specified and more than 1 container network is defined",
      );
  });
}
