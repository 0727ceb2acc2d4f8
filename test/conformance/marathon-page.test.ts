/** What the page on compatibility says of Marathon's API is shown, whole, and on the page. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { marathonTables, unclaimedOfMarathon, unnamedTraps, unprovenOfMarathon } from "./marathon-page.ts";

const page = join(import.meta.dirname, "../../docs/compatibility.md");

test("what is claimed of Marathon's API is shown by a test that is there", () => {
  assert.deepEqual(unprovenOfMarathon(), []);
});

test("every endpoint, query parameter and field of Marathon's API is claimed, and no other field", () => {
  assert.deepEqual(unclaimedOfMarathon(), []);
});

test("of each trap a test is named after its number", () => {
  assert.deepEqual(unnamedTraps(), []);
  const known = Array.from({ length: 17 }, (_, index) => `${index + 1}. as it is`);
  assert.deepEqual(unnamedTraps([...known, "18. of which there is none", "20. out of order"]), [
    "18. of which there is none",
    "20. out of order",
  ]);
});

test("the page says what is claimed of Marathon's API", () => {
  const hint = "write it anew: node test/conformance/write-page.ts --marathon";
  assert.ok(readFileSync(page, "utf8").includes(marathonTables()), hint);
});

test("a claim that nothing shows is named, and so is one whose test does not name the event", () => {
  const nothing = {
    there: {},
    missing: { tests: ["no test is called so, and none ever will"] },
    no: { state: "no" },
  };
  assert.deepEqual(unprovenOfMarathon([{ title: "T", what: "W", claims: nothing as never }]), [
    "T: there",
    "T: missing",
  ]);
  const claims = { no_such_event: { tests: ["an event that says a lot stays one event"] } };
  assert.deepEqual(unprovenOfMarathon([{ title: "T", what: "W", claims, isNamed: true }]), [
    "T: no_such_event",
  ]);
});
