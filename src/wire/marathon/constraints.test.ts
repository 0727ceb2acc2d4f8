import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultAppDefinition } from "#model/app-defaults.ts";
import { appId } from "#model/ids.ts";
import { parseAppPatch } from "./app-parse.ts";

const patterns = (count: number, pattern: string) => ({
  cmd: "true",
  constraints: Array.from({ length: count }, (_, index) => [`field-${index}`, "LIKE", pattern]),
});

const parse = (body: unknown) => parseAppPatch(body, defaultAppDefinition(appId("/web")));

test("regular expressions that would take each agent's offer long are refused together, though each is good", () => {
  assert.equal(parse(patterns(1, ".*".repeat(400))).ok, true);
  const refused = parse(patterns(2, ".*".repeat(400)));
  assert.ok(!refused.ok);
  assert.equal(refused.problem.status, 422);
  assert.deepEqual(refused.problem.details, [
    { path: "/constraints", errors: ["the regular expressions are together too complex"] },
  ]);
});

test("as many constraints as there may be, with regular expressions as people write them, are good", () => {
  assert.equal(parse(patterns(64, "rack-[0-9]+|zone-.*")).ok, true);
});
