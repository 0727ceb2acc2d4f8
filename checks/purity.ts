/**
 * Purity: what a room's code must not contain, beyond what the compiler refuses.
 *
 * Rooms are replayed by the simulator, so nothing in them may depend on the clock, on chance, on the host or
 * on the order in which promises settle. The search runs over code alone (see `source.ts`); its test plants
 * every form. A rule that a disguise could pass bans the disguise (`globalThis`, `constructor`, escapes).
 */

import { lineAt, scanSource } from "./source.ts";

export type Impurity = { readonly line: number; readonly what: string; readonly instead: string };

type Rule = { readonly what: string; readonly pattern: RegExp; readonly instead: string };

const asEffect = "return an effect; its outcome comes back as an input";
const asArgument = "take it as an argument (`nowMs`, `chance`)";

/** A name that is not a property (`x.name`). */
const names = (list: string): RegExp =>
  new RegExp(`(?<![\\w$.#])(?:${list.split(" ").join("|")})(?![\\w$])`, "g");

const deterministicMath =
  "abs|ceil|floor|round|trunc|sign|min|max|sqrt|imul|clz32|fround|log2|pow|PI|E|hypot|log|exp";

const rules: readonly Rule[] = [
  { what: "async", pattern: /(?<![\w$])async(?![\w$])/g, instead: asEffect },
  { what: "await", pattern: /(?<![\w$])await(?![\w$])/g, instead: asEffect },
  { what: "then", pattern: /\.\s*(?:then|finally)(?![\w$])|\.\s*catch(?![\w$])/g, instead: asEffect },
  { what: "then as a method", pattern: /(?<![\w$.])then\s*[(:=?]/g, instead: "not be a promise in disguise" },
  {
    what: "a promise",
    pattern: names("Promise PromiseLike Awaited AsyncIterable AsyncGenerator"),
    instead: asEffect,
  },
  { what: "fromAsync or asyncIterator", pattern: /\.\s*(?:fromAsync|asyncIterator)\b/g, instead: asEffect },
  { what: "the clock", pattern: names("Date Temporal performance"), instead: asArgument },
  {
    what: "Math beyond its arithmetic",
    pattern: new RegExp(`(?<![\\w$.#])Math(?![\\w$])(?!\\s*\\.\\s*(?:${deterministicMath})(?![\\w$]))`, "g"),
    instead: "draw from `chance` of #base/random.ts",
  },
  { what: "chance", pattern: names("crypto"), instead: "draw from `chance` of #base/random.ts" },
  {
    what: "a timer",
    pattern: names(
      "setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask",
    ),
    instead: "say in `wakeAtMs` when to be woken",
  },
  {
    what: "the world",
    pattern: names("globalThis"),
    instead: asEffect,
  },
  {
    // As a key these are harmless (Marathon's apps have a `fetch`), and as a value the compiler refuses them.
    what: "a global of Node",
    pattern: /(?<![\w$.#])(?:process|require|console|fetch|WebSocket|BroadcastChannel)(?![\w$])(?!\s*\??:)/g,
    instead: asEffect,
  },
  { what: "code made from text", pattern: names("eval Function ShadowRealm"), instead: "write the code" },
  {
    what: "constructor of a value",
    pattern: /\.\s*(?:constructor|__proto__)(?![\w$])/g,
    instead: "name the class",
  },
  {
    what: "dynamic import or import.meta",
    pattern: /(?<![\w$.])import\s*[(.]/g,
    instead: "import at the top",
  },
  { what: "shared memory", pattern: names("Atomics SharedArrayBuffer"), instead: "keep state in the room" },
  {
    what: "garbage collection",
    pattern: names("WeakRef FinalizationRegistry"),
    instead: "delete what is done",
  },
  { what: "the host's language", pattern: names("Intl"), instead: "format by hand" },
  {
    what: "the host's language",
    pattern: /\.\s*(?:toLocale\w*|localeCompare)(?![\w$])/g,
    instead: "compare with < and format by hand",
  },
  { what: "an escaped name", pattern: /\\u/g, instead: "write the name as it is" },
  {
    what: "a declared global",
    pattern: /(?<![\w$.])declare\s+(?!const\s+\w+\s*:\s*unique\s+symbol)(?!type\b|interface\b)/g,
    instead: "use only what the compiler knows in this room",
  },
];

/** So that the test can tell that each rule was seen to bite. */
export const purityRules: readonly string[] = rules.map((rule) => rule.what);

/** Members that a computed access (`x["random"]`) could reach unseen. */
const hiddenMembers = new Set("then catch finally constructor random fromAsync asyncIterator".split(" "));

export function findImpurities(text: string): readonly Impurity[] {
  const { code, strings, comments } = scanSource(text);
  const found: { offset: number; what: string; instead: string }[] = [];
  for (const { what, pattern, instead } of rules) {
    for (const match of code.matchAll(pattern)) {
      found.push({ offset: match.index, what: `${what} (\`${match[0].trim()}\`)`, instead });
    }
  }
  for (const { offset, text: content } of strings) {
    if (hiddenMembers.has(content) && /[[,{]\s*$/.test(code.slice(0, offset))) {
      found.push({ offset, what: `a member by text (\`"${content}"\`)`, instead: "name the member" });
    }
    if (
      /^node:|^(?:fs|os|net|http|child_process|worker_threads|crypto|timers)(?:\/|$)/.test(content) &&
      isImported(code, offset)
    ) {
      found.push({ offset, what: `a module of Node (\`${content}\`)`, instead: asEffect });
    }
  }
  for (const { offset, text: content } of comments) {
    if (/@ts-(?:ignore|expect-error|nocheck)|^\/\/\/\s*<reference/.test(content)) {
      found.push({ offset, what: "a way around the compiler", instead: "satisfy the compiler" });
    }
  }
  return found
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, what, instead }) => ({ line: lineAt(text, offset), what, instead }));
}

const isImported = (code: string, offset: number): boolean =>
  /(?:from|import)\s*$/.test(code.slice(0, offset));
