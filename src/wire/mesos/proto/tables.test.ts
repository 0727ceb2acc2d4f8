/**
 * The tables against the facts of the interface, as protobuf's own compiler reads them from Mesos's files.
 *
 * `fixtures/interface-facts.json` has every message, field, number, type, label, default, deprecation and
 * enum value of Mesos c1b42f79 (1.12.0), in the order of declaration and in the notation of the tables.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { EnumTable, MessageTable } from "./definition.ts";
import { enums, type MessageOf, messages } from "./tables.ts";

const facts: { readonly messages: MessageTable; readonly enums: EnumTable } = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/interface-facts.json"), "utf8"),
);
const messageTable: MessageTable = messages;
const enumTable: EnumTable = enums;

/** Far above all that Mesos numbers. */
const firstOfOurOwn = 10_000;

test("tables: every message has the fields, numbers and types of the interface, in its order", () => {
  assert.ok(Object.keys(facts.messages).length > 300);
  assert.deepEqual(Object.keys(messageTable).toSorted(), Object.keys(facts.messages).toSorted());
  for (const [name, fields] of Object.entries(facts.messages)) {
    const theirs = Object.entries(messageTable[name] ?? {}).filter(([, [number]]) => number < firstOfOurOwn);
    // As texts, so that the order counts.
    assert.equal(JSON.stringify(Object.fromEntries(theirs)), JSON.stringify(fields), name);
  }
});

test("tables: what is added to the interface is told apart by its number, and by its name", () => {
  const own = Object.entries(messageTable).flatMap(([message, fields]) =>
    Object.entries(fields)
      .filter(([, [number]]) => number >= firstOfOurOwn)
      .map(([field]) => `${message}.${field}`),
  );
  assert.deepEqual(
    own.filter((each) => !each.startsWith("ResourceStatistics.pressure_")),
    [],
  );
});

test("tables: every enum has the values of the interface, in its order", () => {
  assert.ok(Object.keys(facts.enums).length >= 50);
  assert.deepEqual(Object.keys(enumTable).toSorted(), Object.keys(facts.enums).toSorted());
  for (const [name, values] of Object.entries(facts.enums)) {
    assert.equal(JSON.stringify(enumTable[name]), JSON.stringify(values), name);
  }
});

test("tables: what the codecs rely on holds for every field", () => {
  for (const [name, fields] of Object.entries(messageTable)) {
    for (const [field, [number, type, label = "optional", extras = {}]] of Object.entries(fields)) {
      const where = `${name}.${field}`;
      assert.ok(Number.isInteger(number) && number >= 1 && number < 19_000, where);
      assert.equal(Reflect.get(Object.prototype, field), undefined, where);
      if (extras.oneof !== undefined || extras.implicit) assert.equal(label, "optional", where);
      const values = enumTable[type];
      if (values !== undefined && extras.default !== undefined) {
        assert.ok(String(extras.default) in values, where);
      }
    }
  }
});

test("tables: the type of a message in memory is drawn from them", () => {
  const offer: MessageOf<"Offer"> = {
    id: { value: "o" },
    framework_id: { value: "f" },
    agent_id: { value: "a" },
    hostname: "h",
    resources: [
      { name: "ports", type: "RANGES", ranges: { range: [{ begin: 1n, end: 2n }] } },
      // @ts-expect-error a scalar's value is a number
      { name: "cpus", type: "SCALAR", scalar: { value: "1" } },
      // @ts-expect-error there is no such type of value
      { name: "cpus", type: "SCALARS" },
    ],
  };
  // @ts-expect-error a task needs its id and its agent
  const task: MessageOf<"TaskInfo"> = { name: "t" };
  const limits: MessageOf<"TaskInfo">["limits"] = new Map([["cpus", { value: 1 }]]);
  assert.ok(offer && task && limits);
});
