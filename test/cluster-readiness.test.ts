/**
 * Readiness checks and checks by the agent in a whole cluster: a deployment waits for a real server to say that it
 * is ready, and what the agent finds is shown, whatever it is.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TestCluster } from "./support/cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const cluster = new TestCluster(temporaryDirectory("unum-readiness-"));

before(() => cluster.start("--agent-cpus", "1", "--agent-mem", "512", "--agent-disk", "512"));
after(async () => {
  assert.equal(await cluster.end("SIGTERM"), 0);
});

/** Is ready once it was asked for `/on`. */
const server = `
import os, http.server
class Handler(http.server.BaseHTTPRequestHandler):
    on = False
    def do_GET(self):
        if self.path == "/on": Handler.on = True
        self.send_response(200 if Handler.on else 503)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"on" if Handler.on else b"off")
http.server.HTTPServer(("", int(os.environ["PORT_API"])), Handler).serve_forever()
`;

type Shown = {
  readonly deployments: readonly unknown[];
  readonly readinessCheckResults: readonly { readonly ready: boolean; readonly lastResponse: unknown }[];
  readonly tasks: readonly {
    readonly id: string;
    readonly host: string;
    readonly state: string;
    readonly ports: readonly number[];
    readonly checkResult?: unknown;
  }[];
};

async function shown(): Promise<Shown> {
  const answer = await cluster.send("GET", "/v2/apps/ready?embed=apps.readiness&embed=apps.tasks");
  return (answer.json as { readonly app: Shown }).app;
}

test("a deployment waits until the instance answers that it is ready; the agent's check only tells", async () => {
  const app = {
    id: "/ready",
    args: ["python3", "-c", server],
    cpus: 0.1,
    mem: 64,
    portDefinitions: [{ name: "api" }],
    readinessChecks: [
      { portName: "api", path: "/", intervalSeconds: 2, timeoutSeconds: 1, preserveLastResponse: true },
    ],
    check: { http: { path: "/" }, intervalSeconds: 1, delaySeconds: 0 },
  };
  const created = await cluster.send("POST", "/v2/apps", app);
  assert.equal(created.status, 201, created.text);
  const off = { status: 503, contentType: "text/plain", body: "off" };
  const says = async (response: typeof off): Promise<boolean> =>
    JSON.stringify((await shown()).readinessCheckResults[0]?.lastResponse) === JSON.stringify(response);
  await until("it to say that it is not ready", () => says(off), 60_000);
  const finds = async (statusCode: number): Promise<boolean> =>
    JSON.stringify((await shown()).tasks[0]?.checkResult) === JSON.stringify({ http: { statusCode } });
  await until("the agent to find that", () => finds(503), 60_000);
  const waiting = await shown();
  assert.equal(waiting.deployments.length, 1);
  const deployments = await cluster.send("GET", "/v2/deployments?embed=waitingFor");
  assert.match(deployments.text, /1 instance has to be ready, for/);

  const [task] = waiting.tasks;
  assert.ok(task !== undefined);
  await fetch(`http://${task.host}:${task.ports[0]}/on`);
  await until("the deployment to be done", async () => (await cluster.deployments()).length === 0, 60_000);
  await until("the agent to find that, too", () => finds(200), 60_000);
  assert.deepEqual(
    (await shown()).tasks.map(({ id }) => id),
    [task.id],
    "nobody was killed",
  );
});
