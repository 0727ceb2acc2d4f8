/**
 * The agent program on a host whose start is named by a file of a test's, so that a test can restart the host.
 */

import { runAgent } from "../../src/programs/agent/agent.ts";
import { readBootIdFrom } from "../../src/shell/containers/process-identity.ts";

const [file = "", , ...argv] = process.argv.slice(2);
readBootIdFrom(file);
process.exitCode = await runAgent(argv);
process.exit();
