/**
 * What Marathon's own integration tests ask of a service, restated against a real cluster: statuses, bodies, and what
 * the event stream tells of it.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TestCluster } from "./support/cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

type Told = { readonly name: string; readonly data: Record<string, unknown> };
type Task = { readonly id: string; readonly state: string; readonly startedAt?: string };
type Queued = {
  readonly app?: { readonly id: string };
  readonly count: number;
  readonly delay: { readonly timeLeftSeconds: number; readonly overdue: boolean };
};

const cluster = new TestCluster(temporaryDirectory("unum-scenarios-"));
const abort = new AbortController();
let stream = "";

before(async () => {
  await cluster.start();
  const headers = { Authorization: `Bearer ${cluster.token}`, Accept: "text/event-stream" };
  const response = await fetch(`${cluster.file.url}/v2/events`, { headers, signal: abort.signal });
  const read = async (): Promise<void> => {
    for await (const chunk of response.body ?? []) stream += Buffer.from(chunk).toString();
  };
  read().catch(() => undefined);
  await until("the stream to be attached", () => stream.includes("event_stream_attached"));
});
after(async () => {
  abort.abort();
  await cluster.end("SIGTERM");
});

/** Whole events alone: the last one may still be on its way. */
const told = (name: string): readonly Told["data"][] =>
  stream
    .split("\n\n")
    .slice(0, -1)
    .filter((block) => block.includes(`event: ${name}\n`))
    .map((block) => JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? "{}") as Told["data"]);

const isTold = (name: string, members: Told["data"]): Promise<boolean> =>
  until(`${name} ${JSON.stringify(members)}`, () =>
    told(name).some((data) => Object.entries(members).every(([key, value]) => data[key] === value)),
  );

const sleeper = (id: string, more: object = {}) => ({ id, cmd: "sleep 1000", cpus: 0.01, mem: 16, ...more });
const nowhere = { constraints: [["nonExistent", "CLUSTER", "na"]], instances: 5 };

const tasksOf = async (id: string): Promise<readonly Task[]> =>
  ((await cluster.send("GET", `/v2/apps${id}/tasks`)).json as { readonly tasks: readonly Task[] }).tasks;

const queued = async (id: string): Promise<Queued | undefined> =>
  ((await cluster.send("GET", "/v2/queue")).json as { readonly queue: readonly Queued[] }).queue.find(
    ({ app }) => app?.id === id,
  );

const remove = (id: string) => cluster.deploy("DELETE", `/v2/apps${id}?force=true`);

test("a deployment is told of from the request to its success", async () => {
  const app = sleeper("/told/app", { executor: "//cmd", instances: 2, labels: {}, dependencies: [] });
  const created = await cluster.send("POST", "/v2/apps", app);
  assert.equal(created.status, 201);
  const { deployments } = created.json as { readonly deployments: readonly { readonly id: string }[] };
  assert.equal(deployments.length, 1);
  await isTold("group_change_success", { groupId: "/told" });
  await isTold("status_update_event", { appId: "/told/app", taskStatus: "TASK_RUNNING" });
  await isTold("deployment_success", { id: deployments[0]?.id });
  const posted = told("api_post_event").map(({ appDefinition }) => (appDefinition as { id: string }).id);
  assert.ok(posted.includes("/told/app"), posted.join());
  const [success] = told("deployment_success").filter(({ id }) => id === deployments[0]?.id);
  assert.equal(Object.hasOwn(Object(success?.plan), "original"), false);
  assert.deepEqual(await cluster.deployments(), []);
  const before = await tasksOf("/told/app");
  await cluster.deploy("PUT", "/v2/apps/told/app?force=false", { id: "/told/app", cmd: app.cmd });
  assert.deepEqual(await tasksOf("/told/app"), before, "the same again restarts nothing");
  await remove("/told/app");
});

test("what cannot be placed waits overdue, and is taken back or stopped", async () => {
  const ids = new Map<string, string>();
  for (const id of ["/back", "/stop"]) {
    const { headers } = await cluster.send("POST", "/v2/apps", sleeper(id, nowhere));
    ids.set(id, String(headers["marathon-deployment-id"]));
    await until(`${id} to be overdue`, async () => (await queued(id))?.delay.overdue);
    assert.equal((await queued(id))?.count, 5);
  }
  const stopped = await cluster.send("DELETE", `/v2/deployments/${ids.get("/stop")}?force=true`);
  assert.deepEqual([stopped.status, stopped.text], [202, ""]);
  await isTold("deployment_failed", { id: ids.get("/stop") });
  assert.equal((await cluster.send("GET", "/v2/apps/stop")).status, 200);
  const back = await cluster.send("DELETE", `/v2/deployments/${ids.get("/back")}?force=false`);
  assert.equal(back.status, 200);
  await isTold("deployment_failed", { id: ids.get("/back") });
  await isTold("deployment_success", { id: back.headers["marathon-deployment-id"] });
  assert.equal((await cluster.send("GET", "/v2/apps/back")).status, 404);
  await remove("/stop");
});

test("the delay of an app that fails outlives scaling, and ends by hand or by a restart", async () => {
  const failing = { cmd: "false", backoffSeconds: 3_600, maxLaunchDelaySeconds: 3_600 };
  assert.equal((await cluster.send("POST", "/v2/apps", sleeper("/fails", failing))).status, 201);
  const delayed = (): Promise<unknown> =>
    until("a delay", async () => ((await queued("/fails"))?.delay.timeLeftSeconds ?? 0) > 0);
  await delayed();
  await cluster.send("PUT", "/v2/apps/fails?force=true", { instances: 3 });
  await until("three to be missing", async () => (await queued("/fails"))?.count === 3);
  assert.equal((await queued("/fails"))?.delay.overdue, false);
  const failures = (): number =>
    told("status_update_event").filter(
      ({ appId, taskStatus }) => appId === "/fails" && taskStatus === "TASK_FAILED",
    ).length;
  const first = failures();
  const reset = await cluster.send("DELETE", "/v2/queue//fails/delay");
  assert.deepEqual([reset.status, reset.text], [204, ""]);
  await until("another launch", () => failures() > first);
  await delayed();
  const second = failures();
  await cluster.send("POST", "/v2/apps/fails/restart?force=true");
  await until("a launch after the restart", () => failures() > second);
  await remove("/fails");
});

test("a killed task comes again with the next number, and a wiped one as another", async () => {
  await cluster.deploy("POST", "/v2/apps", sleeper("/killed"));
  const [first] = await tasksOf("/killed");
  const isUp = async (other: (id: string) => boolean): Promise<string | undefined> =>
    (await tasksOf("/killed")).find(({ id, state }) => state === "TASK_RUNNING" && other(id))?.id;
  const killed = await cluster.send("DELETE", `/v2/apps/killed/tasks/${first?.id}?scale=false&wipe=false`);
  assert.equal(killed.status, 200);
  const next = first?.id.replace(/1$/, "2");
  await until("its next launch", () => isUp((id) => id === next));
  assert.equal((await cluster.send("DELETE", `/v2/apps/killed/tasks/${next}?wipe=true`)).status, 200);
  const instance = String(next).replace(/\._app\.2$/, "");
  await until("another instance", () => isUp((id) => !id.startsWith(instance)));
  const scaled = await cluster.send("DELETE", "/v2/apps/killed/tasks?scale=true");
  assert.deepEqual(Object.keys(scaled.json as object).toSorted(), ["deploymentId", "version"]);
  await until("none to be left", async () => (await tasksOf("/killed")).length === 0);
  assert.equal((await cluster.app("/killed")).instances, 0);
  await remove("/killed");
});

test("an instance of a pod comes again under its id, and is gone at once when it is wiped", async () => {
  const pod = {
    id: "/pod",
    containers: [
      { name: "c", resources: { cpus: 0.01, mem: 16 }, exec: { command: { shell: "sleep 1000" } } },
    ],
    networks: [{ mode: "host" }],
  };
  type Instance = { id: string; status: string; containers: { containerId: string }[] };
  const instances = async (): Promise<readonly Instance[]> =>
    ((await cluster.send("GET", "/v2/pods/pod::status")).json as { instances: Instance[] }).instances;
  await cluster.deploy("POST", "/v2/pods", pod);
  const [first] = await instances();
  const containers = (each: Instance | undefined) => each?.containers.map(({ containerId }) => containerId);
  assert.equal((await cluster.send("DELETE", `/v2/pods/pod::instances/${first?.id}`)).status, 200);
  const again = [`${first?.id}.c.2`];
  await until("the same instance again", async () =>
    (await instances()).some(
      (each) => each.status === "STABLE" && String(containers(each)) === String(again),
    ),
  );
  const wiped = await cluster.send("DELETE", `/v2/pods/pod::instances/${first?.id}?wipe=true`);
  assert.equal(wiped.status, 200);
  assert.ok((await instances()).every(({ id }) => id !== first?.id));
  await until("another instance", async () =>
    (await instances()).some(({ id, status }) => id !== first?.id && status === "STABLE"),
  );
  await cluster.deploy("DELETE", "/v2/pods/pod?force=true");
});

test("a group that is being deployed is changed and deleted by force alone, and goes back to a version", async () => {
  const apps = (cmd: string, more: object = {}) => [sleeper("web", { cmd, ...more })];
  const created = await cluster.send("POST", "/v2/groups", { id: "/site", apps: apps("sleep 1001") });
  assert.equal(created.status, 201);
  await until("the group to be up", async () => (await cluster.deployments()).length === 0);
  await cluster.send("PUT", "/v2/groups/site", { id: "/site", apps: apps("sleep 1002", nowhere) });
  const conflict = await cluster.send("PUT", "/v2/groups/site", { id: "/site", apps: apps("sleep 1003") });
  assert.equal(conflict.status, 409);
  assert.equal((await cluster.send("DELETE", "/v2/groups/site")).status, 409);
  await until("both refusals to be told", () => told("group_change_failed").length >= 2);
  const { version } = created.json as { readonly version: string };
  await cluster.deploy("PUT", "/v2/groups/site?force=true", { version });
  const web = (await cluster.send("GET", "/v2/apps/site/web")).json as { app: { cmd: string } };
  assert.equal(web.app.cmd, "sleep 1001");
  await cluster.deploy("DELETE", "/v2/groups/site?force=true");
  assert.equal((await cluster.send("GET", "/v2/groups/site")).status, 404);
});

test("an app that never passes its check is told to fail it, however often it may", async () => {
  const check = {
    ...{ protocol: "HTTP", path: "/health", portIndex: 0, maxConsecutiveFailures: 2_147_483_647 },
    ...{ gracePeriodSeconds: 0, intervalSeconds: 1, timeoutSeconds: 1, delaySeconds: 2 },
    ...{ ignoreHttp1xx: false, ipProtocol: "IPv4" },
  };
  const { status } = await cluster.send("POST", "/v2/apps", sleeper("/sick", { healthChecks: [check] }));
  assert.equal(status, 201);
  const failed = () => told("failed_health_check_event").filter(({ appId }) => appId === "/sick");
  await until("three failures", () => failed().length >= 3);
  assert.equal((await cluster.deployments()).length, 1);
  assert.equal((await tasksOf("/sick")).length, 1, "it is not killed");
  await remove("/sick");
});
