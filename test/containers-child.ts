/** An agent's containers in a process of their own, to be killed: reads what to do, writes each outcome. */

import { createInterface } from "node:readline";
import { createContainers } from "#shell/containers/create-containers.ts";

for await (const line of createInterface({ input: process.stdin })) {
  const { host, directory, specs, allowedImageDirectories } = JSON.parse(line);
  const containers = createContainers({ host, directory, agentName: "bench", allowedImageDirectories });
  containers.onOutcome((outcome) => process.stdout.write(`${JSON.stringify(outcome)}\n`));
  for (const spec of specs) containers.perform({ type: "launch", spec });
}
