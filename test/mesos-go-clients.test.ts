/**
 * mesos-go's v1 library, as Debian ships it, against a real cluster: a scheduler and an operator, in protobuf
 * and in JSON. The program on it is ours (test/clients/mesos-go), the library is not touched.
 */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ClientProcess, type Line } from "./clients/client-process.ts";
import { setUpClients } from "./clients/set-up.ts";
import { TestCluster } from "./support/cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const { path: program, skip } = await setUpClients("go");
const home = temporaryDirectory("unum-mesos-go-");
const cluster = new TestCluster(home);
const principal = "hopper";
const secret = "s3cret";
const codecs = ["protobuf", "json"] as const;
type Codec = (typeof codecs)[number];

if (program !== undefined) {
  before(async () => {
    const credentials = join(home, "credentials.json");
    writeFileSync(credentials, JSON.stringify({ credentials: [{ principal, secret }] }));
    const sizes = ["--agent-cpus", "2", "--agent-mem", "1024", "--agent-disk", "1024"];
    await cluster.start("--credentials", credentials, ...sizes);
  });
  after(async () => {
    assert.equal(await cluster.end("SIGTERM"), 0);
  });
}

function start(part: "scheduler" | "operator", url: string, codec: Codec, ...more: string[]): ClientProcess {
  const argv = [part, "--url", url, "--codec", codec, "--principal", principal, "--secret", secret, ...more];
  return new ClientProcess(program ?? "", argv, home);
}

const scheduler = (codec: Codec, ...more: string[]): ClientProcess =>
  start("scheduler", `${cluster.file.masterUrl}/api/v1/scheduler`, codec, ...more);

type OfferJson = {
  readonly agent_id: { readonly value: string };
  readonly allocation_info?: { readonly role: string };
  readonly resources: readonly { readonly name: string; readonly allocation_info?: unknown }[];
};
const hasAllocation = (each: { readonly allocation_info?: unknown }): boolean =>
  each.allocation_info !== undefined;
const offersIn = (line: Line): readonly OfferJson[] => line.offers as readonly OfferJson[];

/** No call was refused, and every event was understood. */
function assertSmooth(client: ClientProcess): void {
  assert.deepEqual(
    client.lines.filter(({ fault }) => fault !== undefined && fault !== ""),
    [],
  );
}

/** What it would still do with an offer may come too late, which is no fault. */
async function tearDown(client: ClientProcess): Promise<void> {
  client.order({ do: "teardown" });
  await client.next({ called: "TEARDOWN", fault: "" });
  await client.end();
}

async function operator(url: string, codec: Codec, ...calls: string[]): Promise<ClientProcess> {
  const client = start("operator", url, codec, ...calls);
  const { code, stderr } = await client.end();
  assert.equal(code, 0, stderr);
  return client;
}

for (const codec of codecs) {
  test(`mesos-go's scheduler in ${codec}: tasks are run, killed, reconciled`, { skip }, async () => {
    const client = scheduler(codec, "--name", `go-${codec}`);
    const subscribed = await client.next({ event: "SUBSCRIBED" });
    assert.match(String(subscribed.framework), /^[0-9a-f-]{36}-\d{4}$/);
    assert.equal(subscribed.heartbeat, 15);

    const tasks = Array.from({ length: 12 }, (_, index) => `go-${codec}-${index}`);
    for (const task of tasks) client.order({ do: "launch", task, command: "true" });
    for (const task of tasks) {
      const running = await client.next({ event: "UPDATE", task });
      assert.deepEqual(
        [running.state, running.source, running.executor, running.toAcknowledge],
        ["TASK_RUNNING", "SOURCE_EXECUTOR", task, true],
      );
      const finished = await client.next({ event: "UPDATE", task });
      assert.deepEqual([finished.state, finished.message], ["TASK_FINISHED", "Command exited with status 0"]);
    }

    const failing = `failing-${codec}`;
    // To those without MULTI_ROLE, offers do not say for which role they are.
    const offers = client.all({ event: "OFFERS" }).flatMap(offersIn);
    assert.deepEqual(
      offers.filter(({ allocation_info }) => allocation_info !== undefined),
      [],
    );
    assert.deepEqual(offers.flatMap(({ resources }) => resources).filter(hasAllocation), []);

    client.order({ do: "launch", task: failing, command: "exit 7" });
    await client.next({ event: "UPDATE", task: failing, state: "TASK_RUNNING" });
    const failed = await client.next({ event: "UPDATE", task: failing });
    assert.deepEqual([failed.state, failed.message], ["TASK_FAILED", "Command exited with status 7"]);

    const long = `long-${codec}`;
    client.order({ do: "launch", task: long, command: "sleep 1000" });
    const { agent } = await client.next({ event: "UPDATE", task: long, state: "TASK_RUNNING" });
    const reconciled = { event: "UPDATE", reason: "REASON_RECONCILIATION" };
    client.order({ do: "reconcile" });
    assert.equal((await client.next({ ...reconciled, task: long })).state, "TASK_RUNNING");
    // How one ended is still known; without PARTITION_AWARE, what is unknown is lost.
    client.order({ do: "reconcile", tasks: { [long]: agent, [String(tasks[0])]: "", nobody: "" } });
    const explicit = await client.next({ ...reconciled, task: long });
    assert.deepEqual(
      [explicit.state, explicit.source, explicit.agent, explicit.toAcknowledge],
      ["TASK_RUNNING", "SOURCE_MASTER", agent, false],
    );
    assert.equal((await client.next({ ...reconciled, task: tasks[0] })).state, "TASK_FINISHED");
    assert.equal((await client.next({ ...reconciled, task: "nobody" })).state, "TASK_LOST");

    client.order({ do: "kill", task: long, agent });
    assert.equal((await client.next({ event: "UPDATE", task: long })).state, "TASK_KILLED");
    assertSmooth(client);
    await tearDown(client);
    // Each update was acknowledged, or it would have come again.
    for (const task of tasks)
      assert.equal(client.all({ event: "UPDATE", task, toAcknowledge: true }).length, 2);
  });

  test(`mesos-go's scheduler in ${codec}: declined is declined, until it is revived`, { skip }, async () => {
    const client = scheduler(codec, "--name", `picky-${codec}`, "--role", `picky/${codec}`, "--multi-role");
    const seen = new Set<string>();
    while (seen.size < 2) {
      const offers = offersIn(await client.next({ event: "OFFERS" }));
      for (const { agent_id, allocation_info, resources } of offers) {
        assert.equal(allocation_info?.role, `picky/${codec}`);
        assert.ok(resources.every(hasAllocation));
        assert.ok(!seen.has(agent_id.value), "what was declined for ten minutes is not offered again");
        seen.add(agent_id.value);
      }
    }
    const offersBefore = client.all({ event: "OFFERS" }).length;
    client.order({ do: "suppress" });
    await client.next({ called: "SUPPRESS" });
    assert.equal(client.all({ event: "OFFERS" }).length, offersBefore);
    client.order({ do: "revive" });
    await client.next({ event: "OFFERS" });

    const task = `picked-${codec}`;
    client.order({ do: "launch", task, command: "true" });
    await client.next({ event: "UPDATE", task, state: "TASK_FINISHED" });
    assertSmooth(client);
    await tearDown(client);
  });

  test(`mesos-go's scheduler in ${codec}: it outlives the master`, { skip }, async () => {
    const client = scheduler(codec, "--name", `patient-${codec}`, "--failover-seconds", "600");
    const { framework } = await client.next({ event: "SUBSCRIBED" });
    const task = `patient-${codec}`;
    client.order({ do: "launch", task, command: "sleep 1000" });
    const { agent } = await client.next({ event: "UPDATE", task, state: "TASK_RUNNING" });
    // A new program under the old one's id is tested elsewhere; here the library comes back by itself.
    const pid = cluster.pidOf("master");
    process.kill(pid, "SIGKILL");
    await client.next({ event: "SUBSCRIBED", framework });
    assert.notEqual(cluster.pidOf("master"), pid);
    // Until then it is not known whether the task still runs, and nothing is said of it.
    await until(
      "the agents to be back",
      async () => (await agents()).filter(({ active }) => active).length === 2,
    );
    client.order({ do: "reconcile", tasks: { [task]: agent } });
    const reconciled = await client.next({ event: "UPDATE", task, reason: "REASON_RECONCILIATION" });
    assert.equal(reconciled.state, "TASK_RUNNING");
    client.order({ do: "kill", task, agent });
    await client.next({ event: "UPDATE", task, state: "TASK_KILLED" });
    await tearDown(client);
  });
}

test("mesos-go's scheduler: ids of tasks are each framework's own, and may be used again", {
  skip,
}, async () => {
  // The library's own example numbers its tasks from 1, in each of its runs.
  const clients = [scheduler("protobuf", "--name", "first"), scheduler("json", "--name", "second")];
  for (const client of clients) client.order({ do: "launch", task: "1", command: "sleep 1000" });
  for (const client of clients) {
    const { state, agent } = await client.next({ event: "UPDATE", task: "1" });
    assert.equal(state, "TASK_RUNNING");
    client.order({ do: "kill", task: "1" });
    assert.equal((await client.next({ event: "UPDATE", task: "1" })).state, "TASK_KILLED");
    client.order({ do: "launch", task: "1", command: "true", agent });
    const again = await client.next({ event: "UPDATE", task: "1" });
    assert.deepEqual([again.state, again.message], ["TASK_RUNNING", ""]);
    assert.equal((await client.next({ event: "UPDATE", task: "1" })).state, "TASK_FINISHED");
    await tearDown(client);
  }
});

test("mesos-go: who has the wrong secret is told so", { skip }, async () => {
  const url = `${cluster.file.masterUrl}/api/v1`;
  const argv = ["operator", "--url", url, "--principal", principal, "--secret", "guess", "GET_STATE"];
  const client = new ClientProcess(program ?? "", argv, home);
  const { code, stderr } = await client.end();
  assert.equal(code, 1);
  assert.match(stderr, /^GET_STATE: call not authenticated/);
});

/**
 * In this version's JSON, agents' capabilities that are younger than itself end its decoding, ours as those of
 * any Mesos since 1.8: what shows agents is read in protobuf only.
 */
const withAgents = ["GET_STATE", "GET_AGENTS"];
const withoutAgents =
  "GET_HEALTH GET_FLAGS GET_VERSION GET_METRICS GET_LOGGING_LEVEL GET_FRAMEWORKS GET_EXECUTORS GET_TASKS " +
  "GET_ROLES GET_WEIGHTS GET_MASTER GET_MAINTENANCE_STATUS GET_MAINTENANCE_SCHEDULE GET_QUOTA";
const ofAgent =
  "GET_HEALTH GET_FLAGS GET_VERSION GET_METRICS GET_LOGGING_LEVEL GET_STATE GET_CONTAINERS GET_FRAMEWORKS " +
  "GET_EXECUTORS GET_TASKS GET_AGENT";

type Named = { readonly task_id: { readonly value: string } };
/** The answer to a call, as the library understood it. */
function answerOf(client: ClientProcess, call: string): Readonly<Record<string, unknown>> {
  const [line] = client.all({ call });
  assert.ok(line !== undefined, `${call} was answered`);
  const answer = line.answer as Readonly<Record<string, unknown>>;
  const type = call.replace("agent:", "");
  assert.equal(answer.type, type);
  return (answer[type.toLowerCase()] ?? {}) as Readonly<Record<string, unknown>>;
}

for (const codec of codecs)
  test(`mesos-go's operator in ${codec}: reads the master and an agent`, { skip }, async () => {
    const client = scheduler(codec, "--name", `shown-${codec}`);
    const { framework } = await client.next({ event: "SUBSCRIBED" });
    const task = `shown-${codec}`;
    client.order({ do: "launch", task, command: "sleep 1000" });
    const { agent: agentId } = await client.next({ event: "UPDATE", task, state: "TASK_RUNNING" });

    const masterUrl = `${cluster.file.masterUrl}/api/v1`;
    const calls = [...withoutAgents.split(" "), ...(codec === "protobuf" ? withAgents : [])];
    const master = await operator(masterUrl, codec, ...calls);
    assert.equal(answerOf(master, "GET_HEALTH").healthy, true);
    assert.ok((answerOf(master, "GET_FLAGS").flags as unknown[]).length > 5);
    const { tasks } = answerOf(master, "GET_TASKS") as { readonly tasks: readonly Named[] };
    assert.ok(tasks.some(({ task_id }) => task_id.value === task));
    const { frameworks } = answerOf(master, "GET_FRAMEWORKS") as {
      readonly frameworks: readonly {
        readonly framework_info: { readonly id: { readonly value: string } };
      }[];
    };
    assert.ok(frameworks.some(({ framework_info }) => framework_info.id.value === framework));
    if (codec === "protobuf") {
      const { agents } = answerOf(master, "GET_AGENTS") as { readonly agents: readonly unknown[] };
      assert.equal(agents.length, 2);
      const state = answerOf(master, "GET_STATE") as {
        readonly get_tasks: { readonly tasks: readonly Named[] };
        readonly get_agents: { readonly agents: readonly unknown[] };
      };
      assert.ok(state.get_tasks.tasks.some(({ task_id }) => task_id.value === task));
      assert.equal(state.get_agents.agents.length, 2);
    }

    const url = await agentUrl(String(agentId));
    const argv = ["operator", "--url", `${url}/api/v1`, "--codec", codec, "--principal", "x"];
    const names = ofAgent.split(" ").map((name) => `agent:${name}`);
    const agent = new ClientProcess(program ?? "", [...argv, "--secret", cluster.token, ...names], home);
    const { code, stderr } = await agent.end();
    assert.equal(code, 0, stderr);
    const { containers } = answerOf(agent, "agent:GET_CONTAINERS") as {
      readonly containers: readonly { readonly executor_id: { readonly value: string } }[];
    };
    assert.ok(containers.some(({ executor_id }) => executor_id.value === task));
    const shown = answerOf(agent, "agent:GET_STATE") as {
      readonly get_tasks: { readonly launched_tasks: readonly Named[] };
    };
    assert.ok(shown.get_tasks.launched_tasks.some(({ task_id }) => task_id.value === task));

    await tearDown(client);
  });

test("mesos-go's operator in protobuf: hears what changes", { skip }, async () => {
  const watcher = start("operator", `${cluster.file.masterUrl}/api/v1`, "protobuf", "SUBSCRIBE");
  type Event = {
    readonly type: string;
    readonly task_updated?: { readonly status: Named & { readonly state: string } };
  };
  const events = (): readonly Event[] => watcher.lines.map(({ answer }) => answer as Event);
  const states = (): readonly string[] =>
    events()
      .flatMap(({ task_updated }) => (task_updated === undefined ? [] : [task_updated.status]))
      .flatMap(({ task_id, state }) => (task_id.value === "watched" ? [state] : []));
  await until("the state", () => events()[0]?.type === "SUBSCRIBED");
  const client = scheduler("protobuf", "--name", "watched");
  client.order({ do: "launch", task: "watched", command: "true" });
  await client.next({ event: "UPDATE", task: "watched", state: "TASK_FINISHED" });
  await until("its end", () => states().length === 2);
  assert.deepEqual(states(), ["TASK_RUNNING", "TASK_FINISHED"]);
  assert.ok(events().some(({ type }) => type === "FRAMEWORK_ADDED"));
  assert.ok(events().some(({ type }) => type === "TASK_ADDED"));
  await tearDown(client);
  await until("the framework to go", () => events().some(({ type }) => type === "FRAMEWORK_REMOVED"));
});

type AgentJson = { readonly id: string; readonly pid: string; readonly active: boolean };
async function agents(): Promise<readonly AgentJson[]> {
  const answer = await cluster.send("GET", "/mesos/slaves");
  return (answer.json as { readonly slaves: readonly AgentJson[] }).slaves;
}

async function agentUrl(id: string): Promise<string> {
  const pid = (await agents()).find((agent) => agent.id === id)?.pid ?? assert.fail(`agent ${id} is listed`);
  return `http://${pid.split("@")[1]}`;
}
