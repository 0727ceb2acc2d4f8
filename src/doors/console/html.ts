/**
 * HTML by template: every value that goes in is escaped, unless it is HTML made here.
 *
 * Invariant: only `html` and `joinHtml` make `Html`, so text from tasks or users never becomes markup.
 */

class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type { Html };

export function html(parts: TemplateStringsArray, ...values: readonly (string | number | Html)[]): Html {
  return new Html(parts.reduce((text, part, index) => text + render(values[index - 1]) + part));
}

export const joinHtml = (list: readonly Html[]): Html => new Html(list.map(({ text }) => text).join(""));

function render(value: string | number | Html | undefined): string {
  if (value === undefined) return "";
  return value instanceof Html ? value.text : escapeText(String(value));
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Fit for text and for attribute values in double quotes. */
const escapeText = (text: string): string => text.replace(/[&<>"']/g, (letter) => entities[letter] ?? letter);
