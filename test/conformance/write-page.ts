/**
 * Writes the generated parts of `docs/compatibility.md`: `node test/conformance/write-page.ts`.
 *
 * Mesos's come from a fresh conformance run, Marathon's from claims and the tests that they name; `--marathon`
 * writes these alone, which takes no cluster.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compatibilityTable, withTable } from "./compatibility.ts";
import { marathonMarks, marathonTables } from "./marathon-page.ts";
import { runConformance } from "./run.ts";

const path = join(import.meta.dirname, "../../docs/compatibility.md");
if (existsSync(path))
  writeFileSync(path, withTable(readFileSync(path, "utf8"), marathonTables(), marathonMarks));
if (!process.argv.includes("--marathon")) await writeMesos();

async function writeMesos(): Promise<void> {
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
}
