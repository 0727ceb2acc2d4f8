import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { holdsResources, isTerminal, mayFollow, type TaskState, taskStates } from "./task-state.ts";

/** The full matrix, written out: rows are from, columns to, in the order of `taskStates`. */
const matrix: Readonly<Record<TaskState, string>> = {
  //                  sta str run kil fin fai kld err los dro unr gon gbo unk
  staging: "            1   1   1   1   1   1   1   1   1   1   1   1   1   0",
  starting: "           0   1   1   1   1   1   1   1   1   1   1   1   1   0",
  running: "            0   0   1   1   1   1   1   1   1   1   1   1   1   0",
  killing: "            0   0   0   1   1   1   1   1   1   1   1   1   1   0",
  finished: "           0   0   0   0   0   0   0   0   0   0   0   0   0   0",
  failed: "             0   0   0   0   0   0   0   0   0   0   0   0   0   0",
  killed: "             0   0   0   0   0   0   0   0   0   0   0   0   0   0",
  error: "              0   0   0   0   0   0   0   0   0   0   0   0   0   0",
  lost: "               0   0   0   0   0   0   0   0   0   0   0   0   0   0",
  dropped: "            0   0   0   0   0   0   0   0   0   0   0   0   0   0",
  unreachable: "        1   1   1   1   1   1   1   1   1   1   1   1   1   0",
  gone: "               0   0   0   0   0   0   0   0   0   0   0   0   0   0",
  "gone-by-operator": " 0   0   0   0   0   0   0   0   0   0   0   0   0   0",
  unknown: "            1   1   1   1   1   1   1   1   1   1   1   1   1   1",
};

describe("task states", () => {
  it("follow each other as the matrix says, and in no other way", () => {
    for (const from of taskStates) {
      const row = matrix[from].trim().split(/\s+/);
      assert.equal(row.length, taskStates.length);
      taskStates.forEach((to, column) => {
        assert.equal(mayFollow(from, to), row[column] === "1", `${from} → ${to}`);
      });
    }
  });

  it("are terminal exactly where nothing may follow", () => {
    for (const state of taskStates) {
      assert.equal(
        isTerminal(state),
        taskStates.every((to) => !mayFollow(state, to)),
        state,
      );
    }
  });

  it("hold resources until terminal or unreachable", () => {
    assert.deepEqual(taskStates.filter(holdsResources), ["staging", "starting", "running", "killing"]);
  });
});
