/**
 * `/v2/openapi.json`: Marathon's API for tools.
 */

import type { DoorRequest, Respond } from "#ports/door.ts";
import { openApiDocument } from "#wire/marathon/openapi/document.ts";
import { jsonAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";

export function showOpenApi(_request: DoorRequest, { info }: ClusterContext, respond: Respond): void {
  respond(jsonAnswer(200, openApiDocument(info.version)));
}
