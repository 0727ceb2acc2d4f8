/**
 * Principals and their secrets, as Mesos writes them to a file: as JSON, or a pair to a line.
 */

import { decodeUtf8 } from "../json/text.ts";
import { decodeMessage } from "./codec/encoding.ts";
import { type Translated, translateAll, translated, untranslated } from "./translate/translated.ts";

type Pair = readonly [principal: string, secret: string];

/** Secrets by principal. A fault never shows a secret. */
export function parseCredentials(bytes: Uint8Array): Translated<ReadonlyMap<string, string>> {
  const text = decodeUtf8(bytes)?.trim();
  if (text === undefined) return untranslated("it is not UTF-8");
  const pairs = text.startsWith("{") ? pairsOfJson(bytes) : pairsOfLines(text);
  if (!pairs.ok) return pairs;
  const byPrincipal = new Map(pairs.value);
  if (byPrincipal.size < pairs.value.length) return untranslated("a principal is named twice");
  return byPrincipal.size === 0 ? untranslated("it names no principal") : translated(byPrincipal);
}

function pairsOfJson(bytes: Uint8Array): Translated<readonly Pair[]> {
  const decoded = decodeMessage("json", "Credentials", bytes);
  if (!decoded.ok) return untranslated("it is no JSON with principals and secrets");
  return translateAll(decoded.value.credentials ?? [], ({ principal, secret }) => pairOf(principal, secret));
}

const pairsOfLines = (text: string): Translated<readonly Pair[]> =>
  translateAll(
    text.split("\n").filter((line) => line.trim() !== ""),
    (line) => {
      const [principal = "", secret, ...more] = line.trim().split(/\s+/);
      return more.length > 0
        ? untranslated("a line has more than a principal and a secret")
        : pairOf(principal, secret);
    },
  );

/** A principal with a colon could not be told from its secret in Basic authentication. */
function pairOf(principal: string, secret: string | undefined): Translated<Pair> {
  if (principal === "" || principal.includes(":"))
    return untranslated(`'${principal}' cannot be a principal`);
  return secret === undefined || secret === ""
    ? untranslated(`principal ${principal} has no secret`)
    : translated([principal, secret]);
}
