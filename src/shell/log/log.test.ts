import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "./log.ts";

const lineOf = (run: (log: ReturnType<typeof createLog>) => void): string => {
  const lines: string[] = [];
  run(createLog("agent-1", (line) => lines.push(line)));
  assert.equal(lines.length, 1);
  return lines.join("");
};

test("a line has time, level, who, text and details", () => {
  const line = lineOf((log) =>
    log.warn("the link closed", { session: "abc", reason: "too slow", code: undefined }),
  );
  assert.match(
    line,
    /^\d{4}-\d\d-\d\dT[\d:.]+Z WARN {2}agent-1: the link closed session=abc reason="too slow"\n$/,
  );
});

test("no text can make a second line or reach the terminal", () => {
  const line = lineOf((log) => log.error("one\n  two\u001b[31m", { name: "a\nb\u0007" }));
  assert.match(line, /agent-1: one \| two\?\[31m name="a \| b\?"\n$/);
});
