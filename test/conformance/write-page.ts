/**
 * Writes the generated part of `docs/compatibility.md` from a fresh conformance run:
 * `node test/conformance/write-page.ts`.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compatibilityTable, withTable } from "./compatibility.ts";
import { runConformance } from "./run.ts";

const path = join(import.meta.dirname, "../../docs/compatibility.md");
const home = mkdtempSync(join(tmpdir(), "unum-conformance-"));
try {
  const results = await runConformance(home);
  for (const { recording, outcome } of results)
    if (outcome.kind === "different")
      for (const { path: field, recorded, live } of outcome.differences)
        console.error(
          `${recording.name}: ${field}: ${JSON.stringify(recorded)} became ${JSON.stringify(live)}`,
        );
  const page = existsSync(path) ? readFileSync(path, "utf8") : "# Compatibility with Apache Mesos\n";
  writeFileSync(path, withTable(page, compatibilityTable(results)));
} finally {
  rmSync(home, { recursive: true, force: true });
}
