import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { Heap } from "./heap.ts";

it("heap: gives back what was pushed, the least first, with pops in between", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { nil: undefined })), (steps) => {
      const heap = new Heap<number>((a, b) => a < b);
      const model: number[] = [];
      for (const step of steps) {
        if (step === undefined) {
          assert.equal(heap.pop(), model.shift());
        } else {
          heap.push(step);
          model.push(step);
          model.sort((a, b) => a - b);
        }
        assert.deepEqual([heap.peek(), heap.size], [model[0], model.length]);
      }
    }),
  );
});
