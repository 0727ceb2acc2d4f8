/**
 * `POST /unum/v1/backup`: all that the masters have stored, as it is at one moment, as a file that `unum restore` reads.
 *
 * It holds every definition with its environment, and so asks for the right to change things, as no reading does.
 */

import type { DoorRequest, Endpoint, Respond } from "#ports/door.ts";
import { messageAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";

export const backupEndpoint: Endpoint<ClusterContext> = {
  method: "POST",
  path: "/unum/v1/backup",
  permission: "write",
  summary: "A backup of all that is stored, as it is now, for `unum restore`",
  handle: makeBackup,
};

function makeBackup(_request: DoorRequest, { backups }: ClusterContext, respond: Respond): void {
  if (backups === undefined) return respond(messageAnswer(404, "This master has no store to back up."));
  const backup = backups.start();
  if (backup === undefined) {
    const text = "A backup is being made already, as many as may be at once; try again when it is done.";
    return respond(messageAnswer(503, text, { "Retry-After": "5" }));
  }
  respond({
    kind: "flow",
    headers: { "Content-Type": backup.contentType, "Cache-Control": "no-store" },
    open: (sink) => backup.write(sink),
    refused: () => backup.cancel(),
  });
}
