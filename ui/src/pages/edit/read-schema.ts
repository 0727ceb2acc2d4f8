/**
 * The schemas of definitions, as the gateway publishes them: read once for the page.
 */

import { get } from "../../session/send.ts";
import type { Kind } from "./definitions.ts";
import type { Schema } from "./schema.ts";

type Document = { readonly components: { readonly schemas: Readonly<Record<string, Schema>> } };

let reading: Promise<Document> | undefined;

/** Without schemas there is no completion, and nothing else is missing. */
export async function schemaOf(kind: Kind): Promise<Schema> {
  reading ??= get<Document>("/v2/openapi.json");
  const { components } = await reading.catch(() => ({
    components: { schemas: {} as Record<string, Schema> },
  }));
  return components.schemas[kind === "app" ? "App" : "Pod"] ?? {};
}
