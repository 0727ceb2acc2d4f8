/** Plain processes, where there is no root or no runtime: the contract. */

import { detectHost } from "#shell/containers/detect.ts";
import { containersContract } from "./containers-contract.ts";
import { realSubject } from "./containers-real.ts";

const host = await detectHost({ forcePlain: true });
containersContract("plain processes", () => realSubject(host));
