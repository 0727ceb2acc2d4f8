/**
 * How tasks want to be found, between Mesos's messages and our own terms.
 *
 * Ports are kept apart from the rest, because apps have them too; in the message they are together again.
 */

import { limits } from "#base/limits.ts";
import { type Discovery, type TaskPort, type TaskSpec, type Visibility, visibilities } from "#model/task.ts";
import type { EnumOf, MessageOf } from "../proto/tables.ts";
import { labelList, labelListMessage } from "./basics.ts";
import { type Translated, translateAll, translated, untranslated } from "./translated.ts";

type Message = MessageOf<"DiscoveryInfo">;
type PortMessage = MessageOf<"Port">;
type VisibilityName = EnumOf<"DiscoveryInfo.Visibility">;

export type Found = {
  readonly discovery: Discovery | undefined;
  readonly ports: readonly TaskPort[];
};

export function discoveryFromMessage(message: Message | undefined): Translated<Found> {
  if (message === undefined) return translated({ discovery: undefined, ports: [] });
  const { visibility, name, environment, location, version, labels } = message;
  const given = message.ports?.ports ?? [];
  if (given.length > limits.portsPerAppMax)
    return untranslated(`Task has ${given.length} ports; ${limits.portsPerAppMax} are possible`);
  const ports = translateAll(given, portFromMessage);
  if (!ports.ok) return ports;
  const discovery = {
    visibility: ours(visibility),
    name,
    environment,
    location,
    version,
    labels: labelList(labels),
  };
  return translated({ discovery, ports: ports.value });
}

function portFromMessage({ number, name, protocol, visibility, labels }: PortMessage): Translated<TaskPort> {
  if (number > 65_535) return untranslated(`Task has port ${number}; 65535 is the last one`);
  return translated({
    number,
    name,
    protocol: protocol ?? "tcp",
    ...(visibility === undefined ? {} : { visibility: ours(visibility) }),
    ...(labels === undefined ? {} : { labels: labelList(labels) }),
  });
}

const names: Readonly<Record<Visibility, VisibilityName>> = {
  framework: "FRAMEWORK",
  cluster: "CLUSTER",
  external: "EXTERNAL",
};

const ours = (name: VisibilityName): Visibility =>
  visibilities.find((visibility) => names[visibility] === name) ?? "framework";

/** A task with ports and without a word on discovery is found by its framework, under its own name. */
export function discoveryMessage(spec: TaskSpec): Message | undefined {
  const { discovery, ports } = spec;
  if (discovery === undefined && ports.length === 0) return undefined;
  const shownPorts = ports.length === 0 ? {} : { ports: { ports: ports.map(portMessage) } };
  if (discovery === undefined) return { visibility: "FRAMEWORK", name: spec.name, ...shownPorts };
  const { name, environment, location, version } = discovery;
  const labels = labelListMessage(discovery.labels);
  return {
    visibility: names[discovery.visibility],
    ...(name === undefined ? {} : { name }),
    ...(environment === undefined ? {} : { environment }),
    ...(location === undefined ? {} : { location }),
    ...(version === undefined ? {} : { version }),
    ...shownPorts,
    ...(labels === undefined ? {} : { labels }),
  };
}

function portMessage({ number, name, protocol, visibility, labels }: TaskPort): PortMessage {
  const shownLabels = labelListMessage(labels ?? []);
  return {
    number,
    ...(name === undefined ? {} : { name }),
    protocol,
    ...(visibility === undefined ? {} : { visibility: names[visibility] }),
    ...(shownLabels === undefined ? {} : { labels: shownLabels }),
  };
}
