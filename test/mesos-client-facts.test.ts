/**
 * What clients that cannot be installed here read or insist on, client by client, asked for as they ask, of a
 * cluster with a framework's task that runs.
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { after, before, test } from "node:test";
import { decodeMessage, encodeMessage } from "#wire/mesos/codec/encoding.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { TestCluster } from "./support/cluster.ts";
import { scalar, TestFramework } from "./support/scheduler-framework.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

type Json = Readonly<Record<string, unknown>>;
const cluster = new TestCluster(temporaryDirectory("unum-client-facts-"));
const taskId = "web.1";
let framework: TestFramework;

before(async () => {
  await cluster.start("--agent-cpus", "2", "--agent-mem", "1024", "--agent-disk", "1024");
  framework = new TestFramework(cluster.file.masterUrl, {
    headers: { authorization: `Bearer ${cluster.token}` },
    info: { name: "shop", hostname: "127.0.0.1", webui_url: "http://127.0.0.1:1/", failover_timeout: 60 },
  });
  await framework.subscribe();
  const offer = await framework.offer();
  const offered = offer.resources?.find(({ name }) => name === "ports")?.ranges?.range?.[0];
  assert.ok(offered !== undefined);
  const port = { begin: offered.begin, end: offered.begin };
  await framework.launch(offer, {
    task_id: { value: taskId },
    name: "web",
    resources: [
      scalar("cpus", 0.1),
      scalar("mem", 32),
      { name: "ports", type: "RANGES", ranges: { range: [port] } },
    ],
    labels: { labels: [{ key: "team", value: "a" }] },
    discovery: {
      visibility: "EXTERNAL",
      name: "www",
      ports: { ports: [{ number: Number(offered.begin), name: "http", protocol: "tcp" }] },
    },
  });
  const running = await framework.statusOf(taskId);
  assert.equal(running.state, "TASK_RUNNING");
  await framework.acknowledge(running);
});
after(async () => {
  await framework.call({ type: "TEARDOWN" });
  assert.equal(await cluster.end("SIGTERM"), 0);
});

type Sent = {
  readonly method?: "GET" | "POST";
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
};
async function send(
  url: string,
  { method = "GET", headers = {}, body }: Sent = {},
): Promise<IncomingMessage> {
  const outgoing = request(url, {
    method,
    headers: { authorization: `Bearer ${cluster.token}`, ...headers },
  });
  outgoing.end(body);
  const [incoming] = await once(outgoing, "response");
  return incoming;
}

async function bytesOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const atMaster = (path: string): string => `${cluster.file.masterUrl}${path}`;
async function get<Shape>(url: string): Promise<Shape> {
  const incoming = await send(url);
  const text = (await bytesOf(incoming)).toString();
  assert.equal(incoming.statusCode, 200, `${url}: ${text}`);
  return JSON.parse(text);
}

/** Of each wanted value its own, of a type's name its type; arrays' first elements stand for all. */
function assertHas(value: unknown, wanted: unknown, where = ""): void {
  if (typeof wanted === "string" && ["string", "number", "boolean"].includes(wanted))
    return assert.equal(typeof value, wanted, where);
  if (wanted instanceof RegExp) return assert.match(String(value), wanted, where);
  if (typeof wanted !== "object" || wanted === null) return assert.equal(value, wanted, where);
  assert.ok(typeof value === "object" && value !== null, `${where} is there`);
  for (const [key, inner] of Object.entries(wanted))
    assertHas((value as Json)[key], inner, `${where}.${key}`);
}

const named = <Item extends Json>(items: readonly Item[], key: string, value: string): Item =>
  items.find((item) => item[key] === value) ?? assert.fail(`one with ${key} ${value}`);

test("Mesos-DNS: leader, frameworks with their tasks, and agents in /master/state", async () => {
  type State = {
    readonly frameworks: readonly (Json & { readonly tasks: readonly Json[] })[];
    slaves: Json[];
  };
  const state = await get<State>(atMaster("/master/state"));
  assertHas(state, { leader: /^master@127\.0\.0\.1:\d+$/ });
  for (const slave of state.slaves)
    assertHas(slave, { id: "string", hostname: "string", pid: /^slave\(1\)@[\d.]+:\d+$/ });
  const shop = named(state.frameworks, "name", "shop");
  assertHas(shop, { id: "string", name: "shop", hostname: "127.0.0.1", active: true });
  assertHas(named(shop.tasks, "id", taskId), {
    framework_id: String(shop.id),
    name: "web",
    slave_id: "string",
    state: "TASK_RUNNING",
    labels: [{ key: "team", value: "a" }],
    resources: { cpus: 0.1, ports: /^\[\d+-\d+\]$/ },
    discovery: {
      visibility: "EXTERNAL",
      name: "www",
      ports: { ports: [{ number: "number", name: "http", protocol: "tcp" }] },
    },
    statuses: [
      {
        state: "TASK_RUNNING",
        timestamp: "number",
        container_status: { network_infos: [{ ip_addresses: [{ ip_address: /^127\.0\.0\.1[12]$/ }] }] },
      },
    ],
  });
});

test("Mesos CLI: agents, frameworks and tasks, as its plugins ask for them", async () => {
  const { slaves } = await get<{ slaves: Json[] }>(atMaster("/slaves"));
  assert.equal(slaves.length, 2);
  for (const slave of slaves)
    assertHas(slave, { id: "string", pid: /^slave\(1\)@/, hostname: "string", active: true });
  const { frameworks } = await get<{ frameworks: Json[] }>(atMaster("/master/frameworks/"));
  assertHas(named(frameworks, "name", "shop"), { id: "string", active: true, tasks: [{ id: taskId }] });
  const { tasks } = await get<{ tasks: Json[] }>(atMaster("/tasks?order=asc&limit=-1"));
  const task = named(tasks, "id", taskId);
  assertHas(task, {
    name: "web",
    state: "TASK_RUNNING",
    framework_id: "string",
    slave_id: "string",
    executor_id: "",
    statuses: [{ state: "TASK_RUNNING", timestamp: "number" }],
  });
  const one = await get<{ tasks: Json[] }>(atMaster(`/tasks?task_id=${taskId}`));
  assert.deepEqual(
    one.tasks.map(({ id }) => id),
    [taskId],
  );
  assert.deepEqual(await get(atMaster("/tasks?task_id=nobody")), { tasks: [] });

  // From there it goes to the agent, where the pid says, and to the task's container.
  const address = String(named(slaves, "id", String(task.slave_id)).pid).split("@")[1];
  const answer = await send(`http://${address}/api/v1`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ type: "GET_CONTAINERS" }),
  });
  assert.equal(answer.statusCode, 200);
  const { get_containers } = JSON.parse((await bytesOf(answer)).toString());
  const container = (get_containers.containers as Json[]).find(
    ({ executor_id }) => (executor_id as Json).value === taskId,
  );
  assertHas(container, { container_id: { value: "string" }, framework_id: { value: "string" } });
});

test("dcos CLI: nodes, services and tasks below /mesos of the gateway, its calls in protobuf", async () => {
  type Answer = MessageOf<"master.Response">;
  const call = async (type: "GET_AGENTS" | "GET_FRAMEWORKS"): Promise<Answer> => {
    const incoming = await send(`${cluster.file.url}/mesos/api/v1`, {
      method: "POST",
      headers: { "content-type": "application/x-protobuf", accept: "application/x-protobuf" },
      body: encodeMessage("protobuf", "master.Call", { type }),
    });
    assert.equal(incoming.statusCode, 200);
    assert.equal(incoming.headers["content-type"], "application/x-protobuf");
    const answer = decodeMessage("protobuf", "master.Response", await bytesOf(incoming));
    return answer.ok ? answer.value : assert.fail(answer.why);
  };
  const agents = (await call("GET_AGENTS")).get_agents?.agents ?? [];
  assert.equal(agents.length, 2);
  for (const { agent_info, active, deactivated, pid } of agents) {
    assert.match(agent_info.id?.value ?? "", /-S\d+$/);
    assert.deepEqual([active, deactivated], [true, false]);
    assert.match(pid ?? "", /^slave\(1\)@/);
  }
  const services = (await call("GET_FRAMEWORKS")).get_frameworks?.frameworks ?? [];
  const shop = services.find(({ framework_info }) => framework_info.name === "shop");
  assert.deepEqual([shop?.active, shop?.connected], [true, true]);
  assert.equal(shop?.framework_info.webui_url, "http://127.0.0.1:1/");

  const gateway = `${cluster.file.url}/mesos`;
  const summary = await get<{ cluster: string; slaves: Json[]; frameworks: Json[] }>(
    `${gateway}/state-summary`,
  );
  assert.equal(typeof summary.cluster, "string");
  const states = "STAGING STARTING RUNNING KILLING FINISHED KILLED FAILED LOST ERROR UNREACHABLE".split(" ");
  const counts = Object.fromEntries(states.map((state) => [`TASK_${state}`, "number"]));
  for (const slave of summary.slaves)
    assertHas(slave, { id: "string", hostname: "string", resources: { cpus: 2 }, ...counts });
  assertHas(named(summary.frameworks, "name", "shop"), { ...counts, TASK_RUNNING: 1, slave_ids: ["string"] });

  type State = {
    readonly frameworks: readonly (Json & { readonly tasks: readonly Json[] })[];
    slaves: Json[];
  };
  const state = await get<State>(`${gateway}/master/state`);
  const task = named(named(state.frameworks, "name", "shop").tasks, "id", taskId);
  assertHas(task, { statuses: [{ container_status: { container_id: { value: "string" } } }] });
  for (const slave of state.slaves) assertHas(slave, { attributes: { name: "string" }, version: "string" });

  const agentUrl = `${cluster.file.url}/agent/${task.slave_id}`;
  const files = await get<Readonly<Record<string, string>>>(`${agentUrl}/files/debug`);
  const virtual = `/frameworks/${task.framework_id}/executors/${taskId}/runs/latest`;
  assert.ok(
    Object.keys(files).some((path) => path.endsWith(virtual)),
    `${virtual} in ${Object.keys(files)}`,
  );
  const list = await get<readonly Json[]>(
    `${agentUrl}/files/browse?path=${encodeURIComponent(files[virtual] ?? virtual)}`,
  );
  const stdout = list.find(({ path }) => String(path).endsWith("/stdout"));
  assertHas(stdout, {
    path: "string",
    size: "number",
    mtime: "number",
    mode: /^-rw/,
    uid: "string",
    gid: "string",
    nlink: 1,
  });
});

test("dcos CLI: drains, deactivates and reactivates an agent in JSON, and sees that it did", async () => {
  const api = atMaster("/api/v1");
  const post = async (body: Json): Promise<IncomingMessage> => {
    const headers = { "content-type": "application/json", accept: "application/json" };
    const incoming = await send(api, { method: "POST", headers, body: JSON.stringify(body) });
    assert.equal(incoming.statusCode, 200, JSON.stringify(body));
    return incoming;
  };
  const ofAgent = async (id: string): Promise<Json> => {
    const answer = JSON.parse((await bytesOf(await post({ type: "GET_AGENTS" }))).toString());
    type AgentJson = Json & { readonly agent_info: { readonly id: { readonly value: string } } };
    const agents: readonly AgentJson[] = answer.get_agents.agents;
    return agents.find(({ agent_info }) => agent_info.id.value === id) ?? assert.fail(`agent ${id}`);
  };
  const { slaves } = await get<{ slaves: Json[] }>(atMaster("/slaves"));
  const { tasks } = await get<{ tasks: Json[] }>(atMaster("/tasks"));
  const busy = named(tasks, "id", taskId).slave_id;
  const idle = slaves.map(({ id }) => String(id)).find((id) => id !== busy) ?? assert.fail();
  const agent_id = { value: idle };
  (await post({ type: "DEACTIVATE_AGENT", deactivate_agent: { agent_id } })).resume();
  assertHas(await ofAgent(idle), { deactivated: true });
  (await post({ type: "REACTIVATE_AGENT", reactivate_agent: { agent_id } })).resume();
  assertHas(await ofAgent(idle), { deactivated: false, active: true });
  const drain_agent = { agent_id, max_grace_period: { nanoseconds: 5_000_000_000 }, mark_gone: false };
  (await post({ type: "DRAIN_AGENT", drain_agent })).resume();
  await until("it to be drained", async () => {
    const { drain_info } = await ofAgent(idle);
    return (drain_info as Json | undefined)?.state === "DRAINED";
  });
  assertHas(await ofAgent(idle), {
    deactivated: true,
    drain_info: { state: "DRAINED", config: { mark_gone: false } },
  });
  (await post({ type: "REACTIVATE_AGENT", reactivate_agent: { agent_id } })).resume();
});

test("pymesos: operator calls at /api/v1/operator, and streams in chunks with lengths before each record", async () => {
  const headers = { "content-type": "application/json", accept: "application/json", connection: "close" };
  const health = await send(atMaster("/api/v1/operator"), {
    method: "POST",
    headers,
    body: JSON.stringify({ type: "GET_HEALTH" }),
  });
  assert.deepEqual(JSON.parse((await bytesOf(health)).toString()), {
    type: "GET_HEALTH",
    get_health: { healthy: true },
  });
  const subscriptions = [
    ["/api/v1/operator", { type: "SUBSCRIBE" }, undefined],
    [
      "/api/v1/scheduler",
      { type: "SUBSCRIBE", subscribe: { framework_info: { user: "root", name: "py", failover_timeout: 0 } } },
      /^[0-9a-f-]{36}$/,
    ],
  ] as const;
  for (const [path, call, streamId] of subscriptions) {
    const stream = await send(atMaster(path), { method: "POST", headers, body: JSON.stringify(call) });
    assert.equal(stream.statusCode, 200);
    assert.equal(stream.headers["transfer-encoding"], "chunked");
    if (streamId !== undefined) assert.match(String(stream.headers["mesos-stream-id"]), streamId);
    let text = "";
    stream.setEncoding("latin1").on("data", (part) => {
      text += part;
    });
    // It cuts the record out as soon as so many bytes are there.
    const [, length, rest] = await until("the first record", () => {
      const match = /^(\d+)\n(.*)/s.exec(text);
      return match !== null && (match[2] ?? "").length >= Number(match[1]) ? match : undefined;
    });
    const record = (rest ?? "").slice(0, Number(length));
    assert.equal(JSON.parse(Buffer.from(record, "latin1").toString()).type, "SUBSCRIBED");
    stream.destroy();
  }
});
