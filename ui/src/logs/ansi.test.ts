import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLine, plain } from "./ansi.ts";

const e = String.fromCharCode(27);

test("colours begin and end where the sequences say, and last into the next line", () => {
  const { pieces, end } = parseLine(`a${e}[31mred${e}[1mbold${e}[0mz${e}[92m`, plain);
  assert.deepEqual(pieces, [
    { text: "a", style: {} },
    { text: "red", style: { ink: 1 } },
    { text: "bold", style: { ink: 1, isBold: true } },
    { text: "z", style: {} },
  ]);
  assert.deepEqual(parseLine("on", end).pieces, [{ text: "on", style: { ink: 10 } }]);
});

test("256 colours, true colours, backgrounds and their ends", () => {
  const styles = (text: string) => parseLine(text, plain).pieces.map(({ style }) => style);
  assert.deepEqual(styles(`${e}[38;5;196mx`), [{ ink: "#ff0000" }]);
  assert.deepEqual(styles(`${e}[38;5;244mx`), [{ ink: "#808080" }]);
  assert.deepEqual(styles(`${e}[48;2;1;2;300mx`), [{ ground: "#0102ff" }]);
  assert.deepEqual(styles(`${e}[1;44mx${e}[22;49my`), [{ isBold: true, ground: 4 }, {}]);
});

test("other sequences leave no trace, and a carriage return overwrites", () => {
  const text = (line: string) =>
    parseLine(line, plain)
      .pieces.map((piece) => piece.text)
      .join("");
  assert.equal(text(`${e}[2K${e}]0;title${String.fromCharCode(7)}a${e}[?25lb${e}[10;3Hc`), "abc");
  assert.equal(text("10 %\r50 %\rdone\r"), "done");
  assert.equal(text("dos line\r"), "dos line");
});
