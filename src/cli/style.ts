/**
 * Colours, only where they are wanted: on a terminal, and not when NO_COLOR is set (or TERM is dumb).
 */

type Paint = (text: string) => string;

export type Style = {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly warn: Paint;
  readonly bad: Paint;
  /** In a colour that `id` has among many, always the same. */
  readonly oneOfMany: (id: string, text: string) => string;
};

type Environment = Readonly<Record<string, string | undefined>>;

export function createStyle(isTerminal: boolean, env: Environment): Style {
  const { NO_COLOR: noColor = "", TERM: term } = env;
  const on = isTerminal && noColor === "" && term !== "dumb";
  const paint =
    (open: number, close: number): Paint =>
    (text) =>
      on ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    good: paint(32, 39),
    warn: paint(33, 39),
    bad: paint(31, 39),
    oneOfMany: (id, text) => paint(manyColours[hashOf(id) % manyColours.length] ?? 39, 39)(text),
  };
}

/** Cyan, magenta, blue and their bright ones, bright green and yellow: none that says good or bad. */
const manyColours = [36, 35, 34, 96, 95, 94, 92, 93];

const hashOf = (text: string): number =>
  [...text].reduce((hash, char) => (Math.imul(hash, 31) + (char.codePointAt(0) ?? 0)) >>> 0, 7);

/** The state of a task, as Mesos spells it or without `TASK_`, in the colour of how good it is. */
export function paintState(style: Style, state: string): string {
  const word = state
    .replace(/^TASK_/, "")
    .toLowerCase()
    .replaceAll("_", " ");
  if (word === "running" || word === "finished" || word === "active") return style.good(word);
  if (/staging|starting|killing|killed/.test(word)) return style.warn(word);
  return style.bad(word);
}

const escapes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

/** How many columns the text takes, without its colours. */
export const visibleLength = (text: string): number => text.replace(escapes, "").length;

/**
 * Text from the cluster (a task's message, an id) with everything taken out that could move the cursor or
 * colour the terminal.
 */
export const withoutControls = (text: string): string =>
  text
    .replaceAll(escapes, "")
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, (char) => (char === "\t" || char === "\n" ? " " : ""));
