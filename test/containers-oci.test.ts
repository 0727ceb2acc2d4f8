/** Containers of the OCI runtimes on this host: the contract. */

import { it } from "node:test";
import { detectHost } from "#shell/containers/detect.ts";
import { containersContract } from "./containers-contract.ts";
import { realSubject } from "./containers-real.ts";

for (const runtime of ["crun", "runc"] as const) {
  const host = await detectHost({ runtime });
  if (host.kind === "oci") containersContract(runtime, () => realSubject(host));
  else it(`containers of ${runtime}`, { skip: host.why }, () => {});
}
