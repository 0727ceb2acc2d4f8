/**
 * Pods on a real cluster: what Marathon's own system tests ask of them, restated, and what is told of them.
 */

import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { after, before, test } from "node:test";
import { TestCluster } from "./support/cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

type ContainerJson = {
  readonly name: string;
  readonly status: string;
  readonly containerId: string;
  readonly endpoints: readonly {
    readonly name: string;
    readonly allocatedHostPort: number;
    readonly healthy?: boolean;
  }[];
  readonly conditions: readonly { readonly name: string; readonly value: string }[];
};
type InstanceJson = {
  readonly id: string;
  readonly status: string;
  readonly agentHostname: string;
  readonly networks: readonly { readonly name?: string; readonly addresses: readonly string[] }[];
  readonly containers: readonly ContainerJson[];
};
type StatusJson = {
  readonly id: string;
  readonly status: string;
  readonly instances: readonly InstanceJson[];
  readonly terminationHistory: readonly { readonly instanceID: string; readonly message: string }[];
};

const home = temporaryDirectory("unum-pods-");
const cluster = new TestCluster(home);
before(() => cluster.start("--visible", process.execPath));
after(async () => void (await cluster.end("SIGTERM")));

const resources = { cpus: 0.02, mem: 32 };
const networks = [{ mode: "host" }];
const run = (shell: string) => ({ exec: { command: { shell } } });
const server = (endpoint: string, more = "") =>
  `exec ${process.execPath} -e "require('http').createServer((q,s)=>s.end('${endpoint} '+q.url+'\\n'))` +
  `.listen(process.env.ENDPOINT_${endpoint.toUpperCase()})${more}"`;

const simplePod = (id: string, instances = 1, shell = "sleep 1000") => ({
  id,
  scaling: { kind: "fixed", instances },
  environment: { PING: "PONG" },
  containers: [
    { name: "ct1", resources, ...run(shell) },
    { name: "ct2", resources, ...run('echo "$PING"; sleep 1000') },
  ],
  networks,
});

const statusOf = async (id: string): Promise<StatusJson> => {
  const answer = await cluster.send("GET", `/v2/pods${id}::status`);
  assert.equal(answer.status, 200, answer.text);
  return answer.json as StatusJson;
};
const containersOf = async (id: string): Promise<readonly ContainerJson[]> =>
  (await statusOf(id)).instances.flatMap(({ containers }) => containers);
const taskIdsOf = async (id: string): Promise<readonly string[]> =>
  (await containersOf(id)).map(({ containerId }) => containerId).toSorted();
const outputOf = (containerId: string): Promise<string> => cluster.read({ id: containerId } as never);
const stable = (id: string) =>
  until(`${id} to be stable`, async () => (await statusOf(id)).status === "STABLE", 60_000);

/** What the event stream says from now on, as it came. */
async function openEvents(): Promise<{ readonly text: () => string; readonly close: () => void }> {
  const abort = new AbortController();
  const response = await fetch(`${cluster.file.url}/v2/events`, {
    headers: { Authorization: `Bearer ${cluster.token}`, Accept: "text/event-stream" },
    signal: abort.signal,
  });
  assert.equal(response.status, 200);
  let text = "";
  const read = async (): Promise<void> => {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
  };
  read().catch(() => undefined);
  await until("the stream to be attached", () => text.includes("event_stream_attached"));
  return { text: () => text, close: () => abort.abort() };
}

async function answerOf(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    httpRequest({ host, port, path: "/x" }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
    })
      .on("error", reject)
      .end();
  });
}

test("HEAD tells that there can be pods", async () => {
  const headers = { Authorization: `Bearer ${cluster.token}` };
  const response = await fetch(`${cluster.file.url}/v2/pods`, { method: "HEAD", headers });
  assert.equal(response.status, 200);
});

test("a pod is created, shown, told of, updated, and removed", async () => {
  const events = await openEvents();
  try {
    await cluster.deploy("POST", "/v2/pods", simplePod("/simple-pod"));
    const shown = (await cluster.send("GET", "/v2/pods/simple-pod")).json as { readonly id: string };
    assert.equal(shown.id, "/simple-pod");
    assert.equal((await containersOf("/simple-pod")).length, 2);
    await cluster.deploy("PUT", "/v2/pods//simple-pod", simplePod("/simple-pod", 3));
    assert.equal((await statusOf("/simple-pod")).instances.length, 3);
    await cluster.deploy("PUT", "/v2/pods/simple-pod", simplePod("/simple-pod", 1));
    assert.equal((await statusOf("/simple-pod")).instances.length, 1);
    const versions = (await cluster.send("GET", "/v2/pods//simple-pod/::versions/")).json as string[];
    assert.equal(versions.length, 3);
    const counts = await Promise.all(
      versions.map(async (version) => {
        const answer = await cluster.send("GET", `/v2/pods/simple-pod::versions/${version}`);
        return (answer.json as { readonly scaling: { readonly instances: number } }).scaling.instances;
      }),
    );
    assert.deepEqual(counts, [1, 3, 1]);
    await cluster.deploy("DELETE", "/v2/pods/simple-pod");
    assert.equal((await cluster.send("GET", "/v2/pods/simple-pod")).status, 404);
    assert.equal((await cluster.send("GET", "/v2/pods/simple-pod::status")).status, 404);
    const told = ["pod_created_event", "pod_updated_event", "pod_deleted_event", "deployment_success"];
    await until("all to be told", () => told.every((name) => events.text().includes(`event: ${name}\n`)));
    for (const name of ["ct1", "ct2"]) {
      const running = new RegExp(
        `"taskId":"simple-pod\\.instance-[^"]+\\.${name}\\.1","taskStatus":"TASK_RUNNING"`,
      );
      assert.match(events.text(), running);
    }
  } finally {
    events.close();
  }
});

test("two containers share a volume, and each has an output of its own", async () => {
  await cluster.deploy("POST", "/v2/pods", {
    id: "/shared",
    containers: [
      {
        ...{ name: "writer", resources, volumeMounts: [{ name: "v1", mountPath: "written" }] },
        ...run("echo hello from the writer >written/clock; echo wrote; sleep 1000"),
      },
      {
        ...{ name: "reader", resources, volumeMounts: [{ name: "v1", mountPath: "etc", readOnly: true }] },
        ...run(
          "until [ -s ./etc/clock ]; do sleep 0.1; done; cat ./etc/clock; touch etc/x || echo read-only; sleep 1000",
        ),
      },
    ],
    volumes: [{ name: "v1" }],
    networks,
  });
  const [writer, reader] = await containersOf("/shared");
  assert.ok(writer && reader);
  await until("the reader to have read", async () =>
    /hello from the writer\nread-only/.test(await outputOf(reader.containerId)),
  );
  assert.match(await outputOf(writer.containerId), /^wrote$/m);
  await cluster.deploy("DELETE", "/v2/pods/shared");
});

const portsPod = (id: string, more = "") => ({
  id,
  containers: ["httpendpoint", "httpendpoint2"].map((name, index) => ({
    name: `health-app${index + 1}`,
    resources: { cpus: 0.02, mem: 64 },
    ...run(server(name, index === 0 ? more : "")),
    endpoints: [{ name, hostPort: 0, protocol: ["http"], containerPort: null }],
    healthCheck: {
      http: { endpoint: name, path: "/", scheme: "http" },
      ...{ gracePeriodSeconds: 20, intervalSeconds: 2, maxConsecutiveFailures: 2 },
      ...{ timeoutSeconds: 1, delaySeconds: 0 },
    },
  })),
  networks: [{ name: null, mode: "host", labels: {} }],
});

test("each endpoint has a port of its own, is reached there, and is found healthy", async () => {
  await cluster.deploy("POST", "/v2/pods", portsPod("/ports-pod"));
  const { instances, status } = await statusOf("/ports-pod");
  assert.equal(status, "STABLE");
  const [instance] = instances;
  assert.ok(instance);
  const endpoints = instance.containers.flatMap((container) => container.endpoints);
  assert.equal(new Set(endpoints.map(({ allocatedHostPort }) => allocatedHostPort)).size, 2);
  for (const { name, allocatedHostPort, healthy } of endpoints) {
    assert.equal(healthy, true);
    assert.equal(await answerOf(instance.agentHostname, allocatedHostPort), `${name} /x\n`);
  }
  assert.ok(instance.containers.every(({ conditions }) => conditions[0]?.value === "true"));
  await cluster.deploy("DELETE", "/v2/pods/ports-pod");
});

test("a container whose check fails is replaced with all of its pod", async () => {
  const dying = ".on('request',(q)=>q.url==='/die'&&setTimeout(()=>process.exit(3)))";
  await cluster.deploy("POST", "/v2/pods", portsPod("/unwell", dying));
  const before = await taskIdsOf("/unwell");
  const [instance] = (await statusOf("/unwell")).instances;
  const port = instance?.containers[0]?.endpoints[0]?.allocatedHostPort;
  assert.ok(instance && port);
  await new Promise<void>((resolve) => {
    httpRequest({ host: instance.agentHostname, port, path: "/die" }, (response) => response.resume())
      .on("close", resolve)
      .on("error", () => resolve())
      .end();
  });
  await until("other tasks", async () => {
    const now = await taskIdsOf("/unwell");
    return now.length === 2 && now.every((id) => !before.includes(id));
  });
  await stable("/unwell");
  const { terminationHistory } = await statusOf("/unwell");
  assert.match(String(terminationHistory[0]?.message), /3/);
  await cluster.deploy("DELETE", "/v2/pods/unwell");
});

test("containers of a pod reach each other at localhost, or wherever their endpoints say", async () => {
  const pod = portsPod("/talking");
  const [first] = pod.containers;
  const shell =
    `until ${process.execPath} -e "require('http').get('http://localhost:'+process.env.ENDPOINT_HTTPENDPOINT` +
    `,(r)=>r.pipe(process.stdout)).on('error',()=>process.exit(7))"; do sleep 0.2; done; sleep 1000`;
  await cluster.deploy("POST", "/v2/pods", {
    ...pod,
    containers: [first, { name: "asker", resources: { cpus: 0.02, mem: 64 }, ...run(shell) }],
  });
  const asker = (await containersOf("/talking")).find(({ name }) => name === "asker");
  assert.ok(asker);
  await until("an answer", async () => (await outputOf(asker.containerId)).includes("httpendpoint /"));
  await cluster.deploy("DELETE", "/v2/pods/talking");
});

test("a pod on a bridge has a network of its own, and is reached at its host", async (context) => {
  const pod = portsPod("/bridged");
  const containers = pod.containers.map((container, index) => ({
    ...container,
    endpoints: container.endpoints.map(({ name }) => ({ name, hostPort: 0, containerPort: 8_080 + index })),
  }));
  const answer = await cluster.send("POST", "/v2/pods", {
    ...pod,
    containers,
    networks: [{ mode: "container/bridge" }],
  });
  assert.equal(answer.status, 201, answer.text);
  let failure = "";
  await until("the pod to be stable, or to say why it is not", async () => {
    const { status, terminationHistory } = await statusOf("/bridged");
    failure = terminationHistory[0]?.message ?? "";
    return status === "STABLE" || failure !== "";
  });
  if (failure !== "") {
    await cluster.deploy("DELETE", "/v2/pods/bridged?force=true");
    return context.skip(`the machine makes no networks: ${failure}`);
  }
  const { instances } = await statusOf("/bridged");
  const [instance] = instances;
  assert.ok(instance);
  const [network] = instance.networks;
  assert.match(String(network?.addresses[0]), /^\d+\.\d+\.\d+\.\d+$/);
  assert.notEqual(network?.addresses[0], instance.agentHostname);
  for (const { name, allocatedHostPort } of instance.containers.flatMap(({ endpoints }) => endpoints))
    assert.equal(await answerOf(instance.agentHostname, allocatedHostPort), `${name} /x\n`);
  await cluster.deploy("DELETE", "/v2/pods/bridged?force=true");
});

test("a persistent volume is shared by a pod's containers, and is there for those that come after them", async () => {
  const container = (name: string, shell: string) => ({
    ...{ name, resources, volumeMounts: [{ name: "pst", mountPath: `${name}-data` }] },
    ...run(shell),
  });
  const definition = {
    id: "/keeping",
    containers: [
      container("one", 'echo "$MESOS_TASK_ID" >>one-data/foo; sleep 1000'),
      container("two", "while true; do cat two-data/foo; echo; sleep 1; done"),
    ],
    volumes: [{ name: "pst", persistent: { type: "root", size: 10, constraints: [] } }],
    networks,
  };
  await cluster.deploy("POST", "/v2/pods", definition);
  const before = await containersOf("/keeping");
  const [first, reader] = before;
  assert.ok(first && reader);
  await until("the other to read it", async () =>
    (await outputOf(reader.containerId)).includes(first.containerId),
  );
  const [instance] = (await statusOf("/keeping")).instances;
  const killed = await cluster.send("DELETE", `/v2/pods/keeping::instances/${instance?.id}`);
  assert.equal(killed.status, 200, killed.text);
  await until("others in the same place", async () => {
    const now = await containersOf("/keeping");
    return now.length === 2 && now.every(({ containerId }) => containerId.endsWith(".2"));
  });
  await stable("/keeping");
  const [second, again] = await containersOf("/keeping");
  assert.ok(second && again);
  assert.equal((await statusOf("/keeping")).instances[0]?.id, instance?.id);
  await until("both to be read", async () => {
    const text = await outputOf(again.containerId);
    return text.includes(`${first.containerId}\n${second.containerId}\n`);
  });
  const [one] = definition.containers;
  const larger = {
    ...definition,
    containers: [{ ...one, resources: { cpus: 0.2, mem: 32 } }, definition.containers[1]],
  };
  assert.equal((await cluster.send("PUT", "/v2/pods/keeping", larger)).status, 422);
  await cluster.deploy("DELETE", "/v2/pods/keeping");
});

test("a pod is pinned to an agent by a constraint", async () => {
  const nodes = (await cluster.send("GET", "/unum/v1/nodes")).json as {
    readonly nodes: readonly { readonly hostname: string }[];
  };
  const host = nodes.nodes.at(-1)?.hostname;
  assert.ok(host);
  await cluster.deploy("POST", "/v2/pods", {
    ...simplePod("/pinned", 2),
    scheduling: { placement: { constraints: [{ fieldName: "hostname", operator: "LIKE", value: host }] } },
  });
  const { instances } = await statusOf("/pinned");
  assert.deepEqual(
    instances.map(({ agentHostname }) => agentHostname),
    [host, host],
  );
  await cluster.deploy("DELETE", "/v2/pods/pinned");
});

test("instances are killed one by one or together, and come again", async () => {
  await cluster.deploy("POST", "/v2/pods", simplePod("/killed", 2));
  const ids = (await statusOf("/killed")).instances.map(({ id }) => id);
  const one = await cluster.send("DELETE", `/v2/pods//killed/::instances/${ids[0]}`);
  assert.equal(one.status, 200, one.text);
  assert.equal((one.json as { readonly instanceId: string }).instanceId, ids[0]);
  const both = await cluster.client.request({
    method: "DELETE",
    path: "/v2/pods/killed::instances",
    body: [ids[1]],
  });
  assert.equal(both.status, 200, both.text);
  assert.equal((both.json as readonly unknown[]).length, 1);
  await until("both to be there again, under their ids", async () => {
    const { instances, status } = await statusOf("/killed");
    const isAgain = ({ id, containers }: InstanceJson): boolean =>
      ids.includes(id) && containers.every(({ containerId }) => containerId.endsWith(".2"));
    return status === "STABLE" && instances.length === 2 && instances.every(isAgain);
  });
  const none = await cluster.send("DELETE", "/v2/pods/killed::instances/killed.instance-none");
  assert.equal(none.status, 404);
});

test("a pod survives everything being killed but its containers", async () => {
  const before = await taskIdsOf("/killed");
  assert.equal(before.length, 4);
  await cluster.end("SIGKILL");
  await cluster.start("--visible", process.execPath);
  await stable("/killed");
  assert.deepEqual(await taskIdsOf("/killed"), before);
  const all = (await cluster.send("GET", "/v2/pods/::status")).json as readonly StatusJson[];
  assert.deepEqual(
    all.map(({ id }) => id),
    ["/killed"],
  );
  await cluster.deploy("DELETE", "/v2/pods/killed");
});

test("what the checks of containers find is told, and decides nothing", async () => {
  const times = { delaySeconds: 0, intervalSeconds: 1, timeoutSeconds: 1 };
  const check = { http: { endpoint: "web", path: "/none" }, ...times };
  const endpoints = [{ name: "web", hostPort: 0 }];
  const exec = { command: { shell: "exit 3" } };
  const containers = [
    { name: "web", resources, ...run(server("web")), endpoints, check },
    { name: "side", resources, ...run("sleep 1000"), check: { exec, ...times } },
  ];
  await cluster.deploy("POST", "/v2/pods", { id: "/checked", containers, networks });
  const found = async () =>
    (await containersOf("/checked")).map((container) => (container as { checkResult?: unknown }).checkResult);
  const wanted = JSON.stringify([{ http: { statusCode: 200 } }, { command: { exitCode: 3 } }]);
  await until("both checks to have spoken", async () => JSON.stringify(await found()) === wanted);
  assert.equal((await statusOf("/checked")).status, "STABLE");
  await cluster.deploy("DELETE", "/v2/pods/checked");
});
