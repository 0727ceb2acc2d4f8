/**
 * Regular expressions that cannot hang: matched in time linear in the text, whatever the pattern.
 *
 * A user's pattern is tried on every agent of the fleet, so backtracking is out of the question. Supported:
 * literals, `.`, classes, `\d \w \s` and their opposites, groups, `|`, `* + ? {n,m}`, `^`, `$`; no
 * references and no looking around. A pattern matches a whole text or not at all, as RE2's FullMatch does.
 */

import { limits } from "#base/limits.ts";

/** `size`: what a match costs, for each character of the text. */
export type Pattern = { readonly size: number; matches(text: string): boolean };
export type PatternOrFault =
  | { readonly ok: true; readonly pattern: Pattern }
  | { readonly ok: false; readonly fault: string };

type Test = (code: number) => boolean;
/** Instructions of a machine that is in many places at a time. */
type Instruction =
  | { readonly op: "take"; readonly test: Test }
  | { readonly op: "fork"; to: number; or: number }
  | { readonly op: "start" }
  | { readonly op: "end" }
  | { readonly op: "done" };
/** Writes its instructions to the end of the program. */
type Node = (program: Instruction[]) => void;

export function compilePattern(source: string): PatternOrFault {
  if (source.length > limits.patternLengthMax)
    return {
      ok: false,
      fault: `a pattern may have ${limits.patternLengthMax} characters, not ${source.length}`,
    };
  try {
    const program: Instruction[] = [];
    new Parser(source).whole()(program);
    emit(program, { op: "done" });
    return { ok: true, pattern: { size: program.length, matches: (text) => run(program, text) } };
  } catch (error) {
    if (!(error instanceof PatternFault)) throw error;
    return { ok: false, fault: `pattern '${source}': ${error.message}` };
  }
}

class PatternFault extends Error {}

/** Breadth first, on plain arrays of numbers: a place is marked with the character before which it was reached. */
function run(program: readonly Instruction[], text: string): boolean {
  const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const way: Way = {
    program,
    length: codes.length,
    marks: new Uint32Array(program.length),
    open: new Uint32Array(program.length * 2 + 1),
  };
  let places = new Uint32Array(program.length);
  let next = new Uint32Array(program.length);
  let count = enter(way, places, 0, 0, 0);
  for (const [index, code] of codes.entries()) {
    let nextCount = 0;
    for (let at = 0; at < count; at += 1) {
      const place = places[at] ?? 0;
      const instruction = program[place];
      if (instruction?.op === "take" && instruction.test(code))
        nextCount = enter(way, next, nextCount, place + 1, index + 1);
    }
    if (nextCount === 0) return false;
    [places, next, count] = [next, places, nextCount];
  }
  return places.subarray(0, count).some((place) => program[place]?.op === "done");
}

type Way = {
  readonly program: readonly Instruction[];
  readonly length: number;
  readonly marks: Uint32Array;
  readonly open: Uint32Array;
};

/** Adds all places that are reached from here without taking a character; tells how many there are then. */
function enter(
  { program, length, marks, open }: Way,
  places: Uint32Array,
  count: number,
  from: number,
  index: number,
): number {
  let found = count;
  let waiting = 1;
  open[0] = from;
  while (waiting > 0) {
    waiting -= 1;
    const place = open[waiting] ?? 0;
    if (marks[place] === index + 1) continue;
    marks[place] = index + 1;
    places[found] = place;
    found += 1;
    const instruction = program[place];
    if (instruction?.op === "fork") {
      open[waiting] = instruction.or;
      open[waiting + 1] = instruction.to;
      waiting += 2;
    } else if (
      (instruction?.op === "start" && index === 0) ||
      (instruction?.op === "end" && index === length)
    ) {
      open[waiting] = place + 1;
      waiting += 1;
    }
  }
  return found;
}

function emit(program: Instruction[], instruction: Instruction): void {
  if (program.length >= limits.patternStatesMax) throw new PatternFault("it is too complex");
  program.push(instruction);
}

class Parser {
  readonly #characters: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#characters = Array.from(source);
  }

  whole(): Node {
    const node = this.#alternatives();
    if (this.#at < this.#characters.length) throw new PatternFault("a ')' without its '('");
    return node;
  }

  #alternatives(): Node {
    const first = this.#sequence();
    if (!this.#take("|")) return first;
    const rest = this.#alternatives();
    return (program) => {
      const fork: Instruction = { op: "fork", to: program.length + 1, or: 0 };
      emit(program, fork);
      first(program);
      const jump: Instruction = { op: "fork", to: 0, or: 0 };
      emit(program, jump);
      fork.or = program.length;
      rest(program);
      jump.to = program.length;
      jump.or = program.length;
    };
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    while (this.#at < this.#characters.length && !"|)".includes(this.#peek())) nodes.push(this.#repeated());
    return (program) => {
      for (const node of nodes) node(program);
    };
  }

  #repeated(): Node {
    let node = this.#atom();
    for (;;) {
      const counts = this.#quantifier();
      if (counts === undefined) return node;
      // Greedy or not makes no difference to whether a whole text matches.
      this.#take("?");
      node = repeat(node, counts.least, counts.most);
    }
  }

  #quantifier(): { least: number; most: number } | undefined {
    if (this.#take("*")) return { least: 0, most: Number.POSITIVE_INFINITY };
    if (this.#take("+")) return { least: 1, most: Number.POSITIVE_INFINITY };
    if (this.#take("?")) return { least: 0, most: 1 };
    const rest = this.#characters.slice(this.#at).join("");
    const counted = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(rest);
    if (counted === null) return undefined;
    this.#at += counted[0].length;
    const least = Number(counted[1]);
    const most =
      counted[2] === undefined ? least : counted[3] ? Number(counted[3]) : Number.POSITIVE_INFINITY;
    if (most < least) throw new PatternFault(`'${counted[0]}' counts downwards`);
    return { least, most };
  }

  #atom(): Node {
    const character = this.#next();
    switch (character) {
      case "(":
        return this.#group();
      case "[":
        return taking(this.#class());
      case ".":
        return taking((code) => code !== 10);
      case "^":
        return (program) => emit(program, { op: "start" });
      case "$":
        return (program) => emit(program, { op: "end" });
      case "\\":
        return taking(this.#escape());
      case "*":
      case "+":
      case "?":
        throw new PatternFault(`nothing stands before '${character}'`);
      default:
        return taking(only(character));
    }
  }

  #group(): Node {
    if (this.#take("?") && !this.#take(":")) throw new PatternFault("of groups with '?' only '(?:' is known");
    this.#depth += 1;
    if (this.#depth > limits.patternDepthMax) throw new PatternFault("it is nested too deeply");
    const node = this.#alternatives();
    this.#depth -= 1;
    if (!this.#take(")")) throw new PatternFault("a '(' without its ')'");
    return node;
  }

  #class(): Test {
    const negated = this.#take("^");
    const tests: Test[] = [];
    for (let first = true; first || !this.#take("]"); first = false) {
      const from = this.#next();
      const test = from === "\\" ? this.#escape() : only(from);
      if (from !== "\\" && this.#peek() === "-" && this.#peek(1) !== "]") {
        this.#at += 1;
        const [low, high] = [codeOf(from), codeOf(this.#next())];
        if (high < low) throw new PatternFault("a range of characters runs backwards");
        tests.push((code) => code >= low && code <= high);
      } else tests.push(test);
    }
    return (code) => tests.some((test) => test(code)) !== negated;
  }

  #escape(): Test {
    const character = this.#next();
    const known = classes.get(character.toLowerCase());
    if (known !== undefined && /[dws]/i.test(character)) {
      const opposite = character !== character.toLowerCase();
      return (code) => known(code) !== opposite;
    }
    const control = controls.get(character);
    if (control !== undefined) return only(control);
    if (/[a-z0-9]/i.test(character)) throw new PatternFault(`'\\${character}' is not known`);
    return only(character);
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }

  #peek(ahead = 0): string {
    return this.#characters[this.#at + ahead] ?? "";
  }

  #next(): string {
    const character = this.#characters[this.#at];
    if (character === undefined) throw new PatternFault("it ends too early");
    this.#at += 1;
    return character;
  }
}

function repeat(node: Node, least: number, most: number): Node {
  return (program) => {
    for (let count = 0; count < least; count += 1) node(program);
    if (most === Number.POSITIVE_INFINITY) {
      const fork: Instruction = { op: "fork", to: program.length + 1, or: 0 };
      const again = program.length;
      emit(program, fork);
      node(program);
      emit(program, { op: "fork", to: again, or: again });
      fork.or = program.length;
      return;
    }
    for (let count = least; count < most; count += 1) {
      const fork: Instruction = { op: "fork", to: program.length + 1, or: 0 };
      emit(program, fork);
      node(program);
      fork.or = program.length;
    }
  };
}

const codeOf = (character: string): number => character.codePointAt(0) ?? 0;
const only = (character: string): Test => {
  const wanted = codeOf(character);
  return (code) => code === wanted;
};
const taking =
  (test: Test): Node =>
  (program) =>
    emit(program, { op: "take", test });

const isDigit: Test = (code) => code >= 48 && code <= 57;
const isLetter: Test = (code) => (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
const classes: ReadonlyMap<string, Test> = new Map([
  ["d", isDigit],
  ["w", (code: number) => isDigit(code) || isLetter(code) || code === 95],
  ["s", (code: number) => code === 32 || (code >= 9 && code <= 13 && code !== 11)],
]);
const controls: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["f", "\f"],
  ["v", "\v"],
]);
