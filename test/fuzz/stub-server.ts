/**
 * A server with a planted bug, in a process of its own: the fuzz's own tests see whether it is found.
 *
 * It is the product's HTTP server with three endpoints; which of them misbehaves, and how, is the argument.
 */

import type { ClusterContext } from "#doors/endpoint.ts";
import { guardCluster } from "#doors/guard.ts";
import type { Endpoint } from "#ports/door.ts";
import { createAccess } from "#shell/http/access.ts";
import { bindEndpoints } from "#shell/http/router.ts";
import { createHttpServer } from "#shell/http/server.ts";
import { createLog } from "#shell/log/log.ts";

const [, , bug, token = ""] = process.argv;
const kept: unknown[] = [];

/** Most bugs show only when a request says the word. */
const handle: Endpoint<ClusterContext>["handle"] = (request, { master }, respond) => {
  const answer = (body: string): void =>
    respond({ kind: "body", status: 200, headers: { "Content-Type": "application/json" }, body });
  if (bug === "leaks") kept.push(new Uint8Array(4_096));
  if (!request.query.has("force") && !Buffer.from(request.body).includes("fuzz")) return answer("{}");
  if (bug === "throws") throw new Error("planted");
  if (bug === "throws-later")
    return master.read(
      () => undefined,
      () => {
        throw new Error("planted");
      },
    );
  if (bug === "never-answers") return;
  if (bug === "no-json") return answer("{");
  if (bug === "dies") process.exit(3);
  answer("{}");
};

const permission = "write";
/** Its loop answers later, as loops do. */
const context = {
  master: { read: (_view: unknown, done: () => void) => void setImmediate(done) },
  apps: {},
} as unknown as ClusterContext;
const endpoints: readonly Endpoint<ClusterContext>[] = [
  { method: "GET", path: "/v2/apps", permission, summary: "", handle },
  { method: "POST", path: "/v2/apps", permission, summary: "", handle },
  { method: "POST", path: "/api/v1/scheduler", permission, summary: "", handle },
];
const server = createHttpServer({
  routes: bindEndpoints(endpoints, context, guardCluster),
  access: createAccess(token, bug === "open-door"),
  hostNames: [],
  log: createLog("stub"),
});
const port = await server.listen("127.0.0.1", 0);
process.send?.({ port });
// The test that started it is gone.
process.on("disconnect", () => process.exit(0));
