import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultAppDefinition } from "#model/app-defaults.ts";
import { appId } from "#model/ids.ts";
import { malformedBodies } from "../../../test/support/malformed-bodies.ts";
import { parseJson } from "../json/parse-json.ts";
import type { Parsed } from "../json/problem.ts";
import { parseApp, parseAppPatch } from "./app-parse.ts";

const whole = (bytes: Uint8Array): Parsed<unknown> => {
  const body = parseJson(bytes);
  return body.ok ? parseApp(body.value) : body;
};

const patch = (bytes: Uint8Array): Parsed<unknown> => {
  const body = parseJson(bytes);
  const base = { ...defaultAppDefinition(appId("/web")), command: { kind: "shell", text: "x" } as const };
  return body.ok ? parseAppPatch(body.value, base) : body;
};

test("there are more than a hundred malformed bodies, each with a name of its own", () => {
  const names = malformedBodies().map(({ name }) => name);
  assert.ok(names.length > 100, `${names.length}`);
  assert.equal(new Set(names).size, names.length);
});

for (const [way, parse] of [
  ["created", whole],
  ["changed", patch],
] as const) {
  for (const { name, bytes, field } of malformedBodies()) {
    test(`malformed: no app is ${way} from ${name}`, () => {
      const outcome = parse(bytes);
      assert.ok(!outcome.ok, "it was taken");
      const { status, message, details } = outcome.problem;
      assert.ok(status === 400 || status === 422);
      assert.ok(message !== "");
      assert.ok(JSON.stringify(details).length < 5_000, "the answer repeats the body");
      if (field === undefined) return;
      assert.ok(Array.isArray(details), `no place is named: ${String(details)}`);
      assert.ok(
        details.some(({ path }: { path: string }) => path.includes(field)),
        `${field} is not among ${JSON.stringify(details)}`,
      );
    });
  }
}
