/**
 * What must not hurt a running cluster: bodies of every malformed kind at every endpoint, pages of other
 * origins, and local users without the token.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Agent } from "undici";
import { agentEndpoints } from "#doors/agent/endpoints.ts";
import { consoleEndpoints } from "#doors/console/endpoints.ts";
import { marathonEndpoints } from "#doors/marathon/endpoints.ts";
import { mesosGatewayEndpoints, mesosMasterEndpoints } from "#doors/mesos/endpoints.ts";
import { schedulerGatewayEndpoints, schedulerMasterEndpoints } from "#doors/mesos/scheduler/endpoints.ts";
import { unumEndpoints } from "#doors/unum/endpoints.ts";
import { TestCluster } from "./support/cluster.ts";
import { endpointsWithBodies, malformedBodies } from "./support/malformed-bodies.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const cluster = new TestCluster(temporaryDirectory("unum-abuse-"));
const http = new Agent({ connections: 8 });
let clean: { readonly apps: string; readonly pids: readonly number[] };

before(async () => {
  await cluster.start();
  await cluster.deploy("POST", "/v2/apps", { id: "/web", cmd: "sleep 1000", cpus: 0.05, mem: 32 });
  clean = await snapshot();
});
after(async () => {
  await http.close();
  assert.equal(await cluster.end("SIGTERM"), 0);
});

/** What nobody in these tests may change: the apps with their tasks, and the processes of the cluster. */
async function snapshot() {
  const apps = (await cluster.send("GET", "/v2/apps?embed=apps.tasks")).text;
  return { apps, pids: cluster.file.children.map(({ pid }) => pid) };
}

async function assertUnhurt(): Promise<void> {
  assert.deepEqual(await snapshot(), clean);
}

type Sent = { readonly status: number; readonly text: string };

async function send(
  origin: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: Uint8Array,
): Promise<Sent> {
  const answer = await http.request({ origin, path, method: method as "GET", headers, body: body ?? null });
  if (String(answer.headers["content-type"]).startsWith("text/event-stream")) {
    answer.body.destroy();
    return { status: answer.statusCode, text: "" };
  }
  return { status: answer.statusCode, text: await answer.body.text() };
}

type Target = {
  readonly origin: string;
  readonly method: string;
  readonly path: string;
  readonly permission: string;
};

/** Every endpoint of every server of the cluster, with something in place of its parameters. */
function everyEndpoint(): readonly Target[] {
  const { url, masterUrl, agents } = cluster.file;
  const tables = [
    ...[marathonEndpoints, unumEndpoints, consoleEndpoints, mesosGatewayEndpoints].map((table) => ({
      origin: url,
      table,
    })),
    { origin: masterUrl, table: mesosMasterEndpoints },
    { origin: url, table: schedulerGatewayEndpoints },
    { origin: masterUrl, table: schedulerMasterEndpoints },
    { origin: agents[0]?.url ?? "", table: agentEndpoints },
  ];
  return tables.flatMap(({ origin, table }) =>
    table.map(({ method, path, permission }) => ({
      origin,
      method,
      permission,
      path: path.replace(/:\w+/g, "web").replace("*", "web"),
    })),
  );
}

test("malformed bodies at every endpoint get a client error, and change nothing", async () => {
  const authorization = `Bearer ${cluster.token}`;
  const bodies = malformedBodies();
  assert.ok(bodies.length >= 100, `${bodies.length} bodies`);
  let sent = 0;
  for (const { method, path } of endpointsWithBodies) {
    // Others take a list, so a single app is wrong as a whole there.
    const takesOneApp = path.endsWith("/web") || (method === "POST" && path === "/v2/apps");
    for (const { name, bytes, field } of bodies) {
      const { status, text } = await send(
        cluster.file.url,
        method,
        path,
        { authorization, "content-type": "application/json" },
        bytes,
      );
      const what = `${method} ${path}: ${name}: ${status} ${text.slice(0, 200)}`;
      assert.ok(status >= 400 && status < 500, what);
      if (field !== undefined && takesOneApp) assert.ok(text.includes(field.replace(/^\//, "")), what);
      sent += 1;
    }
  }
  assert.equal(sent, bodies.length * endpointsWithBodies.length);
  await assertUnhurt();
});

test("endpoints that read no body are not moved by one", async () => {
  const authorization = `Bearer ${cluster.token}`;
  const reading = everyEndpoint().filter(({ method }) => method === "GET");
  assert.ok(reading.length > 20);
  for (const { origin, method, path } of reading) {
    for (const { bytes } of malformedBodies().filter((_, index) => index % 25 === 0)) {
      const { status } = await send(origin, method, path, { authorization }, bytes);
      assert.ok(status < 500 || status === 502 || status === 503, `${method} ${path}: ${status}`);
    }
  }
  await assertUnhurt();
});

test("without the token, or with a wrong one, nothing is shown that may be secret and nothing changes", async () => {
  const guarded = everyEndpoint().filter(({ permission }) => permission !== "public");
  assert.ok(guarded.length > 30, `${guarded.length} endpoints are guarded`);
  for (const headers of [
    {},
    { authorization: "Bearer wrong" },
    { authorization: "Basic d3Jvbmc6d3Jvbmc=" },
    { cookie: "unum-session=wrong" },
  ])
    for (const { origin, method, path } of guarded) {
      const { status } = await send(origin, method, path, headers as Record<string, string>);
      assert.equal(status, 401, `${method} ${origin}${path}`);
    }
  await assertUnhurt();
});

test("a page of another origin changes nothing, not even with the token or a rebound host name", async () => {
  const authorization = `Bearer ${cluster.token}`;
  const strangers: readonly Readonly<Record<string, string>>[] = [
    { origin: "http://evil.example" },
    { origin: "null" },
    { host: "evil.example:8080" },
    { "sec-fetch-site": "cross-site", origin: "https://127.0.0.1.evil.example" },
  ];
  for (const headers of strangers)
    for (const { origin, method, path } of everyEndpoint().filter(
      ({ permission }) => permission === "write",
    )) {
      const { status } = await send(origin, method, path, { authorization, ...headers });
      assert.equal(status, 403, `${method} ${path} from ${JSON.stringify(headers)}`);
    }
  await assertUnhurt();
});

test("the token is in no log, no answer and no process's arguments", async () => {
  const { token, data } = cluster;
  for (const name of ["master", "agent-1", "agent-2"])
    assert.ok(!readFileSync(`${data}/logs/${name}.log`, "utf8").includes(token), name);
  for (const pid of cluster.file.children.map((child) => child.pid)) {
    assert.ok(!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(token));
    assert.ok(!readFileSync(`/proc/${pid}/environ`, "utf8").includes(token));
  }
  assert.ok(!cluster.output.includes(token));
  await until("the cluster to answer", async () => (await cluster.send("GET", "/ping")).status === 200);
});
