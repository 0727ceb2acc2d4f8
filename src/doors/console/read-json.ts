/**
 * A query parameter that holds JSON: bounded, and as safe as a body (`parseJson`).
 */

import { limits } from "#base/limits.ts";
import { parseJson } from "#wire/json/parse-json.ts";
import { failed, type Parsed } from "#wire/json/problem.ts";
import { encodeUtf8 } from "#wire/json/text.ts";

export function readJson(text: string, name: string): Parsed<unknown> {
  if (text.length > limits.consoleParametersCharactersMax) {
    const message = `The query parameter ${name} may have ${limits.consoleParametersCharactersMax} characters.`;
    return failed({ status: 400, message, details: message });
  }
  return parseJson(encodeUtf8(text));
}
