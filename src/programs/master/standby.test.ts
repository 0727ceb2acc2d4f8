/**
 * A standby whose own, earlier leadership has not run out yet: nobody leads then, and no request goes round in circles.
 * And what it does with browsers.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { textAnswer } from "#doors/answers.ts";
import { createAccess } from "#shell/http/access.ts";
import { createLoginRoutes } from "#shell/http/login.ts";
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

test("browsers are sent to the leader's console, links are made there, and the API stays closed to strangers", async (t) => {
  const [port = 0, gatewayPort = 0, leaderPort = 0] = await freePorts(3);
  const access = createAccess(token);
  const log = createLog("test", () => {});
  const door = { access, hostNames: [hostname], entry: createLoginRoutes(access), log };
  const leader = createHttpServer({ ...door, routes: createLoginRoutes(createAccess(token)) });
  await leader.listen(hostname, leaderPort);
  t.after(() => leader.close());
  const argv = ["--address", hostname, "--hostname", hostname, "--token-file", "token", "--data", "data"];
  const ports = ["--port", String(port), "--gateway-port", String(gatewayPort)];
  const standby = await openStandby(parseMasterConfig([...argv, ...ports], "/"), door);
  t.after(() => standby.close());
  standby.serve({ hostname, port: leaderPort, gatewayPort: leaderPort });
  const base = `http://${hostname}:${gatewayPort}`;
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${base}${path}`, { redirect: "manual", ...init });

  for (const path of ["/", "/services/shop/web?tab=logs", "/nodes", "/assets/index.js", "/login?code=1"]) {
    const { status, headers } = await ask(path, { headers: { accept: "text/html" } });
    assert.equal(status, 307, path);
    assert.equal(headers.get("location"), `http://${hostname}:${leaderPort}${path}`);
  }
  for (const path of ["/v2/apps", "/unum/v1/live?views=[]", "/unum/v1/views/about", "/mesos/state", "/v2"])
    assert.equal((await ask(path, { headers: { accept: "text/html" } })).status, 401, path);
  assert.equal((await ask("/login", { method: "POST" })).status, 401);
  assert.equal((await ask("/nodes", { method: "POST" })).status, 401);

  const authorization = `Bearer ${token}`;
  const made = await ask("/login", { method: "POST", headers: { authorization } });
  const { path } = (await made.json()) as { path: string };
  // Only who made it can redeem it; the browser keeps what stands behind the `#` of where it is sent.
  const entered = await fetch(`${base}${path}`, { redirect: "manual" });
  const there = await fetch(entered.headers.get("location") ?? "", { redirect: "manual" });
  assert.equal(there.status, 303);
  assert.match(there.headers.get("location") ?? "", /^\/#enter=/);
});
