/**
 * The product's version: the package's.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";

export function productVersion(): string {
  const text = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8");
  return String((JSON.parse(text) as { readonly version?: unknown }).version ?? "unknown");
}
