/** Which colour and form the mark of a node's status has. */

import type { NodeStatus } from "#console/nodes.ts";
import type { Tone } from "../../parts/format.ts";

const tones: Readonly<Record<NodeStatus, Tone>> = {
  active: "good",
  draining: "wait",
  drained: "idle",
  deactivated: "idle",
  disconnected: "wait",
  unreachable: "bad",
  incompatible: "bad",
};

export const nodeTone = (status: NodeStatus): Tone => tones[status];
