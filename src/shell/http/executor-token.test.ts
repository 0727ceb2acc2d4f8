/**
 * Endpoints for executors: the server asks for a token, which the door looks at, and which opens nothing else.
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { request } from "undici";
import type { Endpoint } from "#ports/door.ts";
import { createLog } from "../log/log.ts";
import { createAccess } from "./access.ts";
import { bindEndpoints } from "./router.ts";
import { createHttpServer, type HttpServer } from "./server.ts";

const token = "s3cret-token";

const show: Endpoint<undefined>["handle"] = ({ executorToken, principal }, _context, respond) =>
  respond({ kind: "body", status: 200, headers: {}, body: JSON.stringify({ executorToken, principal }) });

const table: readonly Endpoint<undefined>[] = [
  { method: "POST", path: "/executor", permission: "executor", summary: "", handle: show },
  { method: "GET", path: "/read", permission: "read", summary: "", handle: show },
  { method: "POST", path: "/write", permission: "write", summary: "", handle: show },
  { method: "POST", path: "/either", permission: "write-or-executor", summary: "", handle: show },
];

const servers: HttpServer[] = [];
after(() => Promise.all(servers.map((server) => server.close())));

async function listen(isOpen: boolean): Promise<string> {
  const server = createHttpServer({
    routes: bindEndpoints(table, undefined),
    access: createAccess(token, isOpen, Date.now, new Map([["spark", "secret"]])),
    hostNames: [],
    log: createLog("test", () => {}),
  });
  servers.push(server);
  return `http://127.0.0.1:${await server.listen("127.0.0.1", 0)}`;
}

async function ask(url: string, authorization: string | undefined, method: "GET" | "POST" = "POST") {
  const answer = await request(url, {
    method,
    headers: authorization === undefined ? {} : { authorization },
  });
  const challenge = answer.headers["www-authenticate"];
  return { status: answer.statusCode, challenge, text: await answer.body.text() };
}

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;

test("an executor's endpoint asks for a bearer's token, and for nothing else", async () => {
  const url = await listen(false);
  for (const wrong of [
    undefined,
    basic(`x:${token}`),
    basic("spark:secret"),
    `token=${token}`,
    "Bearer",
    "Bearer a b",
  ]) {
    const { status, challenge } = await ask(`${url}/executor`, wrong);
    assert.equal(status, 401, String(wrong));
    assert.equal(challenge, 'Bearer realm="mesos-agent-executor"');
  }
  // Whose it is the door finds out; the cluster's own is no executor's.
  for (const shown of ["executors-own", token]) {
    const { text } = await ask(`${url}/executor`, `Bearer ${shown}`);
    assert.equal(text, JSON.stringify({ executorToken: shown }));
  }
});

test("what an executor shows opens nothing else", async () => {
  const url = await listen(false);
  assert.equal((await ask(`${url}/read`, "Bearer executors-own", "GET")).status, 401);
  assert.equal((await ask(`${url}/write`, "Bearer executors-own")).status, 401);
  assert.equal((await ask(`${url}/write`, `Bearer ${token}`)).text, "{}", "and no other door sees a token");
});

test("where nothing is asked for, nothing is looked at", async () => {
  const url = await listen(true);
  for (const shown of [undefined, "Bearer executors-own"])
    assert.equal((await ask(`${url}/executor`, shown)).text, "{}");
});

test("where both may come, who writes is known, and any other token is the door's to look at", async () => {
  const url = `${await listen(false)}/either`;
  assert.equal((await ask(url, `Bearer ${token}`)).text, "{}");
  assert.equal((await ask(url, basic("spark:secret"))).text, JSON.stringify({ principal: "spark" }));
  assert.equal(
    (await ask(url, "Bearer executors-own")).text,
    JSON.stringify({ executorToken: "executors-own" }),
  );
  assert.equal((await ask(url, undefined)).status, 401);
  assert.equal((await ask(url, basic("spark:wrong"))).status, 401);
  assert.equal((await ask(`${await listen(true)}/either`, "Bearer x")).text, "{}");
});
