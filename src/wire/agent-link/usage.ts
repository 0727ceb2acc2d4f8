/**
 * The shape of what an agent says is really used; a mirror of `#model/usage-report.ts`.
 */

import { Type } from "typebox";
import { optional, text } from "./nouns.ts";

const figure = Type.Number({ minimum: 0 });

export const usageReport = Type.Object({
  host: optional(
    Type.Object({
      cpuShare: figure,
      memTotalBytes: figure,
      memUsedBytes: figure,
      diskTotalBytes: figure,
      diskUsedBytes: figure,
      load1: figure,
    }),
  ),
  tasks: Type.Array(
    Type.Object({
      frameworkId: text,
      taskId: text,
      cpus: optional(figure),
      memBytes: optional(figure),
      diskBytes: optional(figure),
    }),
  ),
});
