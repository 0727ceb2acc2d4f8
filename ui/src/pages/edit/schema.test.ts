import assert from "node:assert/strict";
import { test } from "node:test";
import { membersAt, type Schema, valuesAt } from "./schema.ts";

const schema: Schema = {
  properties: {
    id: { type: "string", description: "A path" },
    env: {
      additionalProperties: { anyOf: [{ type: "string" }, { properties: { secret: { type: "string" } } }] },
    },
    healthChecks: {
      items: { properties: { protocol: { enum: ["HTTP", "TCP"] }, ignore: { type: "boolean" } } },
    },
  },
};

const labels = (...path: readonly (string | number)[]) => membersAt(schema, path).map(({ label }) => label);

test("members are those of the place: of the top, of array members, of what any name leads to", () => {
  assert.deepEqual(labels(), ["id", "env", "healthChecks"]);
  assert.deepEqual(labels("healthChecks", 3), ["protocol", "ignore"]);
  assert.deepEqual(labels("env", "PASSWORD"), ["secret"]);
  assert.deepEqual(labels("id"), []);
  assert.deepEqual(labels("nothing", "of", 1), []);
});

test("values are those that the schema lists", () => {
  assert.deepEqual(valuesAt(schema, ["healthChecks", 0, "protocol"]), ['"HTTP"', '"TCP"']);
  assert.deepEqual(valuesAt(schema, ["healthChecks", 0, "ignore"]), ["true", "false"]);
});
