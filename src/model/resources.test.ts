import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { portRanges } from "./port-ranges.ts";
import * as r from "./resources.ts";

const amount = fc.integer({ min: 0, max: 64_000 }).map((value) => value / 1000);
const anyResources = fc
  .record({
    cpus: amount,
    mem: amount,
    disk: amount,
    gpus: amount,
    ports: fc.array(fc.tuple(fc.nat(50), fc.nat(50)), { maxLength: 4 }).map(portRanges),
  })
  .map(r.resources);

describe("resources", () => {
  it("are exact: thirty tenths of a cpu are three cpus", () => {
    const tenth = r.resources({ cpus: 0.1 });
    assert.equal(r.fromMilli(r.sumResources(Array.from({ length: 30 }, () => tenth)).cpus), 3);
  });

  it("what is added can be taken away again, where ports do not overlap", () => {
    fc.assert(
      fc.property(anyResources, anyResources, (a, b) => {
        const onlyB = { ...b, ports: r.subtractResources(b, a).ports };
        const sum = r.addResources(a, onlyB);
        assert.ok(r.coversResources(sum, a) && r.coversResources(sum, onlyB));
        assert.ok(r.equalResources(r.subtractResources(sum, onlyB), a));
      }),
    );
  });

  it("cover exactly when nothing is short", () => {
    fc.assert(
      fc.property(anyResources, anyResources, (a, b) => {
        const rest = r.subtractResources(a, b);
        const enough = r.scalarNames.every((name) => rest[name] >= 0);
        const ports = r.subtractResources(b, a).ports.length === 0;
        assert.equal(r.coversResources(a, b), enough && ports);
      }),
    );
  });

  it("are written for people", () => {
    assert.equal(r.formatResources(r.resources({ cpus: 0.5, mem: 128 })), "cpus 0.5, mem 128");
    assert.equal(r.formatResources(r.noResources), "nothing");
  });
});
