/**
 * Label selectors (`?label=`): `name`, `name==value`, `name!=value`, `name in (a, b)`, `name notin (a, b)`,
 * joined by commas, all of which must hold. A backslash takes away the meaning of what follows it.
 */

type Labels = Readonly<Record<string, string>>;
export type LabelSelector = (labels: Labels) => boolean;

export type ParsedSelector =
  | { readonly ok: true; readonly selector: LabelSelector }
  | { readonly ok: false; readonly message: string };

export function parseLabelSelector(text: string): ParsedSelector {
  const parts = splitOutsideBrackets(text).map((part) => part.trim());
  const selectors: LabelSelector[] = [];
  for (const part of parts) {
    const selector = parsePart(part);
    if (selector === undefined) {
      return { ok: false, message: `Cannot read ${JSON.stringify(part)} in the label selector.` };
    }
    selectors.push(selector);
  }
  return { ok: true, selector: (labels) => selectors.every((selector) => selector(labels)) };
}

const word = String.raw`((?:[^\s,()=!\\]|\\.)+)`;
const forms = {
  exists: new RegExp(`^${word}$`),
  compare: new RegExp(String.raw`^${word}\s*(==|!=)\s*${word}$`),
  oneOf: new RegExp(String.raw`^${word}\s+(in|notin)\s*\(([^()]*)\)$`),
};

function parsePart(part: string): LabelSelector | undefined {
  const exists = forms.exists.exec(part);
  if (exists !== null) {
    const name = plain(exists[1]);
    return (labels) => Object.hasOwn(labels, name);
  }
  const compare = forms.compare.exec(part);
  if (compare !== null) {
    const name = plain(compare[1]);
    const value = plain(compare[3]);
    return compare[2] === "=="
      ? (labels) => labelOf(labels, name) === value
      : (labels) => labelOf(labels, name) !== value;
  }
  const oneOf = forms.oneOf.exec(part);
  if (oneOf === null) return undefined;
  const name = plain(oneOf[1]);
  const values = (oneOf[3] ?? "").split(",").map((value) => plain(value.trim()));
  const isIn: LabelSelector = (labels) => {
    const value = labelOf(labels, name);
    return value !== undefined && values.includes(value);
  };
  return oneOf[2] === "in" ? isIn : (labels) => !isIn(labels);
}

const labelOf = (labels: Labels, name: string): string | undefined =>
  Object.hasOwn(labels, name) ? labels[name] : undefined;

const plain = (text: string | undefined): string => (text ?? "").replace(/\\(.)/g, "$1");

function splitOutsideBrackets(text: string): string[] {
  const parts: string[] = [""];
  let depth = 0;
  for (const [index, letter] of [...text].entries()) {
    if (letter === "(") depth += 1;
    if (letter === ")") depth -= 1;
    if (letter === "," && depth === 0 && text[index - 1] !== "\\") parts.push("");
    else parts[parts.length - 1] += letter;
  }
  return parts;
}
