/**
 * Clients of Marathon's API against a real cluster, unmodified: `python3-marathon` of Debian, `marathon-node` and
 * `marathon-event-bus-client` of npm, each with the cluster's token.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ClientProcess, type Line } from "./clients/client-process.ts";
import { setUpClients } from "./clients/set-up.ts";
import { TestCluster } from "./support/cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const debian = await setUpClients("debian");
const npm = await setUpClients("npm");
const home = temporaryDirectory("unum-marathon-clients-");
const cluster = new TestCluster(home);
const patienceMs = 60_000;

before(async () => {
  await cluster.start("--agent-cpus", "2", "--agent-mem", "1024", "--agent-disk", "1024");
});
after(async () => {
  assert.equal(await cluster.end("SIGTERM"), 0);
});

type Answer = { readonly answer?: unknown; readonly fault?: unknown; readonly text?: unknown };

/** One order, and what came of it. */
async function ask(client: ClientProcess, method: string, ...args: readonly unknown[]): Promise<Answer> {
  client.order({ do: method, args });
  return (await client.next({ done: method })) as Answer;
}

async function must<Value>(
  client: ClientProcess,
  method: string,
  ...args: readonly unknown[]
): Promise<Value> {
  const { answer, fault, text } = await ask(client, method, ...args);
  assert.equal(fault, undefined, `${method}: ${fault} ${JSON.stringify(text)}`);
  return answer as Value;
}

const settled = (): Promise<unknown> =>
  until("all to be deployed", async () => (await cluster.deployments()).length === 0, patienceMs);

const python = (): ClientProcess =>
  new ClientProcess(
    "env",
    [
      `PYTHONPATH=${join(debian.path ?? "", "usr/lib/python3/dist-packages")}`,
      "PYTHONDONTWRITEBYTECODE=1",
      "python3",
      join(import.meta.dirname, "clients/python/marathon-client.py"),
      cluster.file.url,
      cluster.token,
    ],
    home,
  );

test("python3-marathon creates, scales, changes, rolls back and deletes an app", {
  skip: debian.skip,
}, async () => {
  const client = python();
  assert.equal(await must(client, "ping"), '"pong"', "it asks for JSON, and shows the text of it");
  const info = await must<{ readonly name: string }>(client, "get_info");
  assert.equal(info.name, "marathon");
  await must(client, "get_leader");
  const app = {
    cmd: "echo $MARKER; sleep 1000",
    cpus: 0.1,
    mem: 32,
    instances: 1,
    env: { MARKER: "one" },
    labels: { team: "a" },
    health_checks: [
      { protocol: "COMMAND", command: { value: "true" }, interval_seconds: 1, delay_seconds: 0 },
    ],
    upgrade_strategy: { minimum_health_capacity: 0.5, maximum_over_capacity: 0.5 },
  };
  await must(client, "create_app", "/py/web", { app });
  await settled();
  const created = await must<{ readonly version: string; readonly tasks: readonly Line[] }>(
    client,
    "get_app",
    "/py/web",
    true,
  );
  assert.equal(created.tasks.length, 1);
  const listed = await must<readonly { readonly id: string }[]>(client, "list_apps", null, true, true, true);
  assert.deepEqual(
    listed.map(({ id }) => id),
    ["/py/web"],
  );

  assert.equal(((await must(client, "scale_app", "/py/web", 2)) as Line).deploymentId === undefined, false);
  await settled();
  const tasks = await must<readonly { readonly id: string }[]>(client, "list_tasks", "/py/web");
  assert.equal(tasks.length, 2);
  assert.equal((await must<readonly unknown[]>(client, "list_endpoints")).length, 2);

  await must(client, "update_app", "/py/web", { app: { env: { MARKER: "two" } } });
  await settled();
  const versions = await must<readonly string[]>(client, "list_versions", "/py/web");
  assert.ok(versions.length >= 3);
  const changed = await must<{ readonly env: { readonly MARKER: string } }>(client, "get_app", "/py/web");
  assert.equal(changed.env.MARKER, "two");
  await must(client, "rollback_app", "/py/web", created.version);
  await settled();
  const back = await must<{ readonly env: { readonly MARKER: string }; readonly instances: number }>(
    client,
    "get_app",
    "/py/web",
  );
  assert.deepEqual([back.env.MARKER, back.instances], ["one", 1]);

  const [task] = await must<readonly { readonly id: string }[]>(client, "list_tasks", "/py/web");
  await must(client, "kill_task", "/py/web", task?.id);
  await until(
    "another in its place",
    async () => {
      const now = await must<readonly { readonly id: string; readonly state: string }[]>(
        client,
        "list_tasks",
        "/py/web",
      );
      return now.some(({ id, state }) => id !== task?.id && state === "TASK_RUNNING");
    },
    patienceMs,
  );
  await must(client, "restart_app", "/py/web");
  await settled();
  await must(client, "list_queue", true);
  await must(client, "list_deployments");
  await must(client, "get_metrics");
  const none = await ask(client, "get_app", "/py/none");
  assert.equal(none.fault, "NotFoundError");
  const twice = await ask(client, "create_app", "/py/web", { app });
  assert.equal(twice.fault, "ConflictError");
  await must(client, "delete_app", "/py/web", true);
  await settled();
  await client.end();
});

test("python3-marathon reads the events", { skip: debian.skip }, async () => {
  const client = python();
  // Plans are told as Marathon tells them since 1.8, which this client no longer reads (deployment_info).
  const types = [
    "deployment_success",
    "status_update_event",
    "instance_changed_event",
    "add_health_check_event",
    "health_status_changed_event",
    "instance_health_changed_event",
    "group_change_success",
    "app_terminated_event",
  ];
  client.order({ do: "follow", args: [types] });
  await until("the reader", async () => {
    const answer = await cluster.send("GET", "/metrics");
    const { gauges } = answer.json as {
      readonly gauges: Readonly<Record<string, { readonly value: number }>>;
    };
    return gauges["marathon.http.event-streams.active.gauge"]?.value === 1;
  });
  const healthChecks = [
    { protocol: "COMMAND", command: { value: "true" }, delaySeconds: 0, intervalSeconds: 1 },
  ];
  await cluster.deploy("PUT", "/v2/apps/py/events", { cmd: "sleep 1000", cpus: 0.1, mem: 32, healthChecks });
  await cluster.deploy("DELETE", "/v2/apps/py/events");
  for (const event of types) await client.next({ event });
  assert.deepEqual(client.all({ event: "fault" }), []);
  await client.end();
});

test("python3-marathon changes groups", { skip: debian.skip }, async () => {
  const client = python();
  const apps = [
    { id: "db", cmd: "sleep 1000", cpus: 0.1, mem: 32 },
    { id: "web", cmd: "sleep 1000", cpus: 0.1, mem: 32, dependencies: ["/pygroup/db"] },
  ];
  await must(client, "create_group", { group: { id: "/pygroup", apps } });
  await settled();
  const group = await must<{ readonly apps: readonly { readonly id: string }[] }>(
    client,
    "get_group",
    "/pygroup",
  );
  assert.deepEqual(group.apps.map(({ id }) => id).toSorted(), ["/pygroup/db", "/pygroup/web"]);
  await must(client, "scale_group", "/pygroup", 2);
  await settled();
  assert.equal((await cluster.app("/pygroup/web")).instances, 2);
  await must(client, "delete_group", "/pygroup", true);
  await settled();
  await client.end();
});

const nodeClient = (name: string, ...argv: readonly string[]): ClientProcess =>
  new ClientProcess(process.execPath, ["--no-deprecation", join(npm.path ?? "", name), ...argv], home);

test("marathon-node: apps, tasks, queue, deployments and events", { skip: npm.skip }, async () => {
  const client = nodeClient("marathon-node.js", cluster.file.url, cluster.token);
  assert.equal(await must(client, "misc.ping"), "pong");
  client.order({ do: "follow", args: [["deployment_success", "group_change_failed"]] });
  await client.next({ event: "open" });
  const app = { id: "/js/web", cmd: "sleep 1000", cpus: 0.1, mem: 32 };
  const created = await must<{ readonly id: string }>(client, "apps.create", app);
  assert.equal(created.id, "/js/web");
  const { lastEventId, data } = await client.next({ event: "deployment_success" });
  assert.match(String(lastEventId), /^[0-9a-z]+-\d+$/);
  assert.match((data as { readonly plan: { readonly id: string } }).plan.id, /^[0-9a-f-]{36}$/);
  assert.equal((await ask(client, "apps.create", app)).fault, 409);
  await client.next({ event: "group_change_failed" });
  await settled();
  await must(client, "apps.update", "/js/web", { instances: 2 }, true);
  await settled();
  const { tasks } = await must<{ readonly tasks: readonly { readonly id: string }[] }>(
    client,
    "apps.getTasks",
    "js/web",
  );
  assert.equal(tasks.length, 2);
  await must(client, "tasks.kill", { ids: [tasks[0]?.id] }, true);
  await settled();
  assert.equal((await cluster.app("/js/web")).instances, 1);
  const { versions } = await must<{ readonly versions: readonly string[] }>(
    client,
    "apps.getVersions",
    "js/web",
  );
  await must(client, "apps.getVersion", "js/web", versions[0]);
  await must(client, "apps.restart", "/js/web");
  await settled();
  for (const method of [
    "apps.getList",
    "tasks.getList",
    "deployments.getList",
    "queue.get",
    "info.get",
    "leader.get",
  ])
    await must(client, method);
  assert.equal((await ask(client, "apps.getOne", "/js/none")).fault, 404);
  await must(client, "apps.destroy", "/js/web", true);
  await settled();
  await client.end();
});

test("marathon-event-bus-client hands on what happens", { skip: npm.skip }, async () => {
  const { hostname, port } = new URL(cluster.file.url);
  const types = [
    "deployment_info",
    "deployment_success",
    "add_health_check_event",
    "remove_health_check_event",
  ];
  const client = nodeClient("event-bus.js", hostname, port, cluster.token, ...types);
  await client.next({ event: "subscribed" });
  const healthChecks = [
    { protocol: "COMMAND", command: { value: "true" }, delaySeconds: 0, intervalSeconds: 1 },
  ];
  await cluster.deploy("PUT", "/v2/apps/bus", { cmd: "sleep 1000", cpus: 0.1, mem: 32, healthChecks });
  await cluster.deploy("DELETE", "/v2/apps/bus");
  for (const event of types) await client.next({ event });
  await client.end();
});
