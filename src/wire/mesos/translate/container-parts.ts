/**
 * A container's message as a whole, for tasks and executors alike: its files, volumes, network, bounds and settings.
 *
 * What is said in Docker's parameters is put where it belongs, beside what the rest of the message says.
 */

import { limits } from "#base/limits.ts";
import type { ContainerNetwork } from "#model/container-network.ts";
import type { Volume } from "#model/container-volume.ts";
import { type ContainerWishes, withNetworkWishes } from "#model/container-wishes.ts";
import type { Rlimit, RootFilesystem } from "#model/task.ts";
import type { MessageOf } from "../proto/tables.ts";
import { rootFromMessage } from "./container.ts";
import { wishesFromMessage } from "./container-settings.ts";
import { networkFromMessage } from "./networks.ts";
import { rlimitsFromMessage } from "./rlimits.ts";
import { type Translated, translated, untranslated } from "./translated.ts";
import { volumesFromMessages } from "./volumes.ts";

export type ContainerParts = {
  readonly root: RootFilesystem;
  readonly rlimits?: readonly Rlimit[];
  readonly volumes?: readonly Volume[];
  readonly network?: ContainerNetwork;
};

export function containerParts(message: MessageOf<"ContainerInfo"> | undefined): Translated<{
  readonly parts: ContainerParts;
  /** What concerns more than the container. */
  readonly wishes: ContainerWishes;
}> {
  const root = rootFromMessage(message);
  if (!root.ok) return root;
  const wishes = wishesFromMessage(message);
  if (!wishes.ok) return wishes;
  const ownRlimits = rlimitsFromMessage(message?.rlimit_info);
  if (!ownRlimits.ok) return ownRlimits;
  const ownVolumes = volumesFromMessages(message?.volumes);
  if (!ownVolumes.ok) return ownVolumes;
  const ownNetwork = networkFromMessage(message);
  if (!ownNetwork.ok) return ownNetwork;
  const rlimits = [...(ownRlimits.value ?? []), ...wishes.value.rlimits];
  const volumes = [...(ownVolumes.value ?? []), ...wishes.value.volumes];
  const network = withNetworkWishes(ownNetwork.value, wishes.value);
  if (volumes.length > limits.volumesPerTaskMax)
    return untranslated(`it has ${volumes.length} volumes; ${limits.volumesPerTaskMax} are possible`);
  const types = rlimits.map(({ type }) => type);
  const twice = types.find((type, index) => types.indexOf(type) < index);
  if (twice !== undefined) return untranslated(`the limit ${twice} is given twice`);
  return translated({
    parts: {
      root: root.value,
      ...(rlimits.length === 0 ? {} : { rlimits }),
      ...(volumes.length === 0 ? {} : { volumes }),
      ...(network === undefined ? {} : { network }),
    },
    wishes: wishes.value,
  });
}
