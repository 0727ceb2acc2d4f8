/**
 * What a client would rather read, by its `Accept` header: text, a page, or JSON.
 *
 * Weights only; what a door then answers, and with which preference of its own, is the door's to say.
 */

export type Accepted = { readonly plain: number; readonly html: number; readonly json: number };

/** From 0 (not at all) to 1. Without a header everything is as good as anything. */
export function acceptedTypes(accept = ""): Accepted {
  const wanted = (accept === "" ? "*/*" : accept).split(",").map(readRange);
  const weight = (type: string, group: string): number =>
    Math.max(0, ...wanted.filter(({ range }) => [type, group, "*/*"].includes(range)).map(({ q }) => q));
  return {
    plain: weight("text/plain", "text/*"),
    html: weight("text/html", "text/*"),
    json: weight("application/json", "application/*"),
  };
}

function readRange(text: string): { readonly range: string; readonly q: number } {
  const [range = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const given = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  const q = given === undefined ? 1 : Number(given);
  return { range, q: Number.isFinite(q) ? q : 0 };
}
