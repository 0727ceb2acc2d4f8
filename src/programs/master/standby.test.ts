/**
 * A standby whose own, earlier leadership has not run out yet: nobody leads then, and no request goes round in circles.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { textAnswer } from "#doors/answers.ts";
import { createAccess } from "#shell/http/access.ts";
import { bindEndpoints } from "#shell/http/router.ts";
import { createHttpServer } from "#shell/http/server.ts";
import { createLog } from "#shell/log/log.ts";
import { freePorts } from "../../../test/support/free-ports.ts";
import { until } from "../../../test/until.ts";
import { parseMasterConfig } from "./config.ts";
import { openStandby } from "./standby.ts";

const token = "a".repeat(64);
const hostname = "127.0.0.1";

test("a master that reads its own name as the leader's asks itself nothing, and waits for the next leader", async (t) => {
  const [port = 0, gatewayPort = 0, nextPort = 0] = await freePorts(3);
  const access = createAccess(token);
  let passes = 0;
  const createPass: typeof access.createPass = (pass) => {
    passes += 1;
    return access.createPass(pass);
  };
  const door = {
    access: { ...access, createPass },
    hostNames: [hostname],
    entry: [],
    log: createLog("test", () => {}),
  };
  const next = createHttpServer({
    ...door,
    routes: bindEndpoints(
      [
        {
          method: "GET",
          path: "/v2/apps",
          permission: "read",
          summary: "",
          handle: (_request, _context, respond) => respond(textAnswer(200, "the next leader")),
        },
      ],
      undefined,
    ),
  });
  await next.listen(hostname, nextPort);
  t.after(() => next.close());
  const argv = ["--address", hostname, "--hostname", hostname, "--token-file", "token", "--data", "data"];
  const ports = ["--port", String(port), "--gateway-port", String(gatewayPort)];
  const standby = await openStandby(parseMasterConfig([...argv, ...ports], "/"), door);
  t.after(() => standby.close());
  standby.serve({ hostname, port, gatewayPort });
  const sentAtMs = performance.now();
  const answer = fetch(`http://${hostname}:${gatewayPort}/v2/apps`, {
    headers: { Authorization: `token=${token}` },
  });
  await until("the request to arrive", () => standby.gateway.idleMs() < performance.now() - sentAtMs);
  standby.serve({ hostname, port: nextPort, gatewayPort: nextPort });
  assert.equal(await (await answer).text(), "the next leader");
  assert.equal(passes, 1);
});
