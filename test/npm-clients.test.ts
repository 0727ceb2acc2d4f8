/**
 * Clients from npm against a real cluster, unmodified: `mesos-framework` runs tasks over the scheduler API, and
 * `@dcos/mesos-client` reads the operator API as DC/OS's pages did. Neither can log in: `--insecure-local`.
 */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ClientProcess, type Line } from "./clients/client-process.ts";
import { setUpClients } from "./clients/set-up.ts";
import { TestCluster } from "./support/cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const { path: packages, skip } = await setUpClients("npm");
const home = temporaryDirectory("unum-npm-clients-");
const cluster = new TestCluster(home);
/** A busy machine takes its time; what a client declined comes back after five seconds only. */
const patienceMs = 60_000;

if (packages !== undefined) {
  before(async () => {
    // Where mesos-framework keeps its log, below the directory that it is started in.
    mkdirSync(join(home, "logs"));
    await cluster.start(
      "--insecure-local",
      "--agent-cpus",
      "2",
      "--agent-mem",
      "1024",
      "--agent-disk",
      "1024",
    );
  });
  after(async () => {
    assert.equal(await cluster.end("SIGTERM"), 0);
  });
}

const startClient = (name: string, ...argv: readonly string[]): ClientProcess =>
  new ClientProcess(process.execPath, ["--no-deprecation", join(packages ?? "", name), ...argv], home);

const startFramework = (): ClientProcess =>
  startClient("mesos-framework.js", new URL(cluster.file.masterUrl).port);

test("mesos-framework runs its tasks, with ports and the host's address", { skip }, async () => {
  const client = startFramework();
  await client.next({ event: "subscribed" });
  await client.next({ event: "sent_accept" });
  const updates = (name: string, state: string): readonly Line[] =>
    client.all({ event: "update", state }).filter(({ task }) => String(task).includes(`.${name}-`));
  await until("three jobs to be finished", () => updates("job", "TASK_FINISHED").length === 3, patienceMs);
  await until("the server to run", () => updates("server", "TASK_RUNNING").length === 1, patienceMs);
  assert.equal(updates("job", "TASK_RUNNING").length, 3);

  const [launched] = client.all({ event: "task_launched", name: "server-1" });
  assert.ok(launched !== undefined);
  const { network } = launched.runtimeInfo as { readonly network: { readonly ip: string; ports: number[] } };
  assert.match(network.ip, /^127\.0\.0\.1[12]$/);
  assert.equal(network.ports.length, 2);

  const [running] = updates("server", "TASK_RUNNING");
  client.order({ do: "reconcile", task: running?.task, agent: running?.agent });
  const reconciled = await client.next({ event: "update", reason: "REASON_RECONCILIATION" });
  assert.deepEqual([reconciled.task, reconciled.state], [running?.task, "TASK_RUNNING"]);
  client.order({ do: "kill", task: running?.task, agent: running?.agent });
  await until("the server to be killed", () => updates("server", "TASK_KILLED").length === 1, patienceMs);
  // It has no use for what is offered now, and declines it.
  await client.next({ event: "sent_decline" });
  const errors = client.all({ event: "error" });
  assert.deepEqual(errors, []);
  client.order({ do: "teardown" });
  await client.next({ event: "sent_teardown" });
  await client.end();
});

test("mesos-framework: a burst of offers and updates is read without a fault", { skip }, async () => {
  // It takes each piece that arrives for one record, and says so when it is not.
  const clients = [startFramework(), startFramework(), startFramework()];
  for (const client of clients) {
    const finished = (): readonly Line[] => client.all({ event: "update", state: "TASK_FINISHED" });
    await until("its jobs to be finished", () => finished().length === 3, patienceMs);
    assert.deepEqual(client.all({ event: "error" }), []);
    client.order({ do: "teardown" });
    await client.next({ event: "sent_teardown" });
    await client.end();
  }
});

test("@dcos/mesos-client reads the state, and hears what changes", { skip }, async () => {
  const client = startClient("mesos-client.js", cluster.file.url);
  const answerTo = async (type: string): Promise<Readonly<Record<string, unknown>>> => {
    const { answer } = await client.next({ type });
    return (answer as Readonly<Record<string, Readonly<Record<string, unknown>>>>)[type.toLowerCase()] ?? {};
  };
  assert.ok(Array.isArray((await answerTo("GET_FLAGS")).flags));
  assert.equal(((await answerTo("GET_AGENTS")).agents as unknown[]).length, 2);
  assert.ok("get_frameworks" in (await answerTo("GET_STATE")));
  const { fault } = await client.next({ type: "NO_SUCH_CALL" });
  assert.equal((fault as { readonly code: number }).code, 400);

  type Event = { readonly type: string; readonly task_updated?: { readonly status: { state: string } } };
  const events = (): readonly Event[] => client.all({ type: "SUBSCRIBE" }).map(({ event }) => event as Event);
  await until("the state", () => events()[0]?.type === "SUBSCRIBED", patienceMs);
  // Lengths are in bytes, and this client counts them in its own way.
  await cluster.deploy("PUT", "/v2/apps/umlaut", {
    id: "/umlaut",
    cmd: "sleep 1000",
    cpus: 0.1,
    mem: 32,
    labels: { name: "Gärtner — 園丁" },
  });
  await until("the task to run", () =>
    events().some(({ task_updated }) => task_updated?.status.state === "TASK_RUNNING"),
  );
  assert.ok(events().some(({ type }) => type === "TASK_ADDED"));
  await cluster.deploy("DELETE", "/v2/apps/umlaut");
  await until("the task to end", () =>
    events().some(({ task_updated }) => task_updated?.status.state === "TASK_KILLED"),
  );
  assert.deepEqual((await client.end()).stderr, "");
});
