/**
 * Our answers against those of a real Mesos: every recorded exchange, field by field.
 *
 * A difference that nobody has allowed fails, and so does an allowance that nothing needs any more.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { temporaryDirectory } from "../temporary.ts";
import { allowances } from "./allowed.ts";
import { differences } from "./compare.ts";
import { compatibilityTable, unproven } from "./compatibility.ts";
import type { Result } from "./judge.ts";
import { runConformance } from "./run.ts";

const page = join(import.meta.dirname, "../../docs/compatibility.md");

suite("conformance with recorded Mesos answers", { timeout: 240_000 }, () => {
  const home = temporaryDirectory("unum-conformance-");
  let results: readonly Result[] = [];
  before(async () => {
    results = await runConformance(home);
  });

  test("every answer is equal, but for what is allowed", (t) => {
    const counts = new Map<string, number>();
    for (const { outcome } of results) counts.set(outcome.kind, (counts.get(outcome.kind) ?? 0) + 1);
    t.diagnostic([...counts].map(([kind, count]) => `${kind} ${count}`).join(", "));
    const different = results.flatMap(({ recording, outcome }) =>
      outcome.kind === "different"
        ? outcome.differences.map(
            ({ path, recorded, live }) =>
              `${recording.name}: ${path}: ${JSON.stringify(recorded)} became ${JSON.stringify(live)}`,
          )
        : [],
    );
    assert.deepEqual(different, []);
    const compared = results.length - (counts.get("not-compared") ?? 0);
    assert.ok(compared >= 290, `${compared} were compared`);
  });

  test("every allowance is needed", () => {
    const used = new Set(
      results.flatMap(({ outcome }) => {
        if (outcome.kind === "gap") return [...outcome.reasons, ...outcome.gaps];
        return outcome.kind === "allowed" ? outcome.reasons : [];
      }),
    );
    const idle = allowances.filter(({ reason }) => !used.has(reason)).map(({ reason }) => reason);
    assert.deepEqual(idle, []);
  });

  test("what the page on compatibility claims is shown by a recording or a test", () => {
    assert.deepEqual(unproven(results), []);
  });

  test("the page on compatibility says what was found", () => {
    const expected = compatibilityTable(results);
    const hint = "write it anew: node test/conformance/write-page.ts";
    assert.ok(readFileSync(page, "utf8").includes(expected), hint);
  });
});

test("a difference is found wherever it is, and named by its path", () => {
  assert.deepEqual(differences({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }), []);
  assert.deepEqual(differences({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }], c: null }), [
    { path: "a[1].b", recorded: 2, live: 3 },
    { path: "c", recorded: "(absent)", live: null },
  ]);
  assert.deepEqual(differences([1], [1, 2]), [{ path: "[1]", recorded: "(absent)", live: 2 }]);
});

test("a claim that nothing shows is named", () => {
  const bare = unproven([]);
  assert.ok(bare.includes("Scheduler API: calls: DECLINE"), "only recordings show it");
  assert.ok(!bare.includes("Operations on offers: GROW_VOLUME"), "a test shows it");
});
