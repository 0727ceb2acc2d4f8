/**
 * Networks of containers on a whole cluster: apps of Marathon's and groups of Mesos's, from their definition to the
 * bytes that come back, and nothing left when agents were killed meanwhile.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { TestCluster } from "./support/cluster.ts";
import { leftOf, missingForNetworks } from "./support/network-needs.ts";
import { type StatusMessage, scalar, small, TestFramework } from "./support/scheduler-framework.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const missing = await missingForNetworks();
if (missing === undefined) networks();
else it("networks on a cluster", { skip: missing }, () => {});

const serves = (words: string, port: string): readonly string[] => [
  process.execPath,
  "-e",
  `require("http").createServer((_, r) => r.end(${JSON.stringify(words)})).listen(${port})`,
];

const answer = (url: string): Promise<string> =>
  until(`an answer of ${url}`, () =>
    fetch(url)
      .then((response) => response.text())
      .catch(() => undefined),
  );

type Shown = {
  readonly ipAddresses: readonly { readonly ipAddress: string }[];
  readonly ports: readonly number[];
};

function networks(): void {
  describe("networks on a cluster", () => {
    const cluster = new TestCluster(temporaryDirectory("unum-networks-"));
    before(() => cluster.start("--visible", process.execPath));
    after(async () => {
      await cluster.end("SIGTERM");
      for (const name of ["agent-1", "agent-2"])
        assert.deepEqual(leftOf(join(cluster.data, "agents", name)), []);
    });

    const tasksOf = async (id: string): Promise<readonly Shown[]> =>
      ((await cluster.app(id)).tasks as unknown as readonly Shown[]) ?? [];

    it("instances of an app have a port in common, and each a port of its host; both kinds of checks find it", async () => {
      await cluster.deploy("POST", "/v2/apps", {
        id: "/web",
        args: serves("web", "80"),
        instances: 3,
        cpus: 0.1,
        mem: 64,
        networks: [{ mode: "container/bridge" }],
        container: { portMappings: [{ containerPort: 80, name: "http", labels: { VIP_0: "web:80" } }] },
        healthChecks: [
          { protocol: "HTTP", portIndex: 0, gracePeriodSeconds: 30, intervalSeconds: 1 },
          {
            protocol: "MESOS_HTTP",
            portIndex: 0,
            gracePeriodSeconds: 30,
            intervalSeconds: 1,
            delaySeconds: 0,
          },
        ],
      });
      const tasks = await tasksOf("/web");
      assert.equal((await cluster.app("/web")).tasksHealthy, 3);
      assert.equal(new Set(tasks.flatMap(({ ports }) => ports)).size, 3);
      for (const { ports, ipAddresses } of tasks) {
        assert.equal(await answer(`http://127.0.0.1:${ports[0]}`), "web");
        assert.equal(await answer(`http://${ipAddresses[0]?.ipAddress}`), "web");
      }
      // Each agent has a range of its own.
      const addresses = tasks.map(({ ipAddresses }) => ipAddresses[0]?.ipAddress);
      assert.equal(new Set(addresses).size, 3, addresses.join());

      const state = await cluster.client.request({ method: "GET", path: "/mesos/state" });
      const shown = JSON.stringify(state.json);
      for (const address of addresses) assert.ok(shown.includes(`"ip_address":"${address}"`), `${address}`);
      assert.match(shown, /"name":"mesos-bridge"/);
      for (const { slaveId } of (await cluster.app("/web")).tasks) {
        const containers = await cluster.send("GET", `/agent/${slaveId}/containers`);
        assert.match(containers.text, /"network_infos":.*"mesos-bridge"/);
        assert.match(containers.text, /"net_rx_bytes":[1-9]/);
      }
    });

    it("an app that knows only Docker's words, and takes the number of its host's port", async () => {
      await cluster.deploy("POST", "/v2/apps", {
        id: "/old",
        args: serves("old", "process.env.PORT0"),
        cpus: 0.1,
        mem: 64,
        ipAddress: { networkName: "mesos-bridge" },
      });
      const [task] = await tasksOf("/old");
      assert.equal(await answer(`http://127.0.0.1:${task?.ports[0]}`), "old");
      await cluster.deploy("DELETE", "/v2/apps/old");
      await assert.rejects(fetch(`http://127.0.0.1:${task?.ports[0]}`));
    });

    it("an app in a network that no agent has says why it does not run", async () => {
      await cluster.send("POST", "/v2/apps", {
        id: "/lost",
        cmd: "sleep 1000",
        cpus: 0.1,
        mem: 32,
        networks: [{ mode: "container", name: "nowhere" }],
      });
      const failure = await until(
        "a failure",
        async () => (await cluster.app("/lost")).lastTaskFailure?.message,
        30_000,
      );
      assert.match(failure, /there is no network nowhere on this agent/);
      await cluster.send("DELETE", "/v2/apps/lost?force=true");
    });

    it("a group of a framework's shares one network; a port that is not its own is not mapped", async () => {
      const headers = { authorization: `Bearer ${cluster.token}` };
      const framework = new TestFramework(cluster.file.masterUrl, { encoding: "json", headers });
      await framework.subscribe();
      await framework.next("SUBSCRIBED");
      const offer = await framework.offer();
      const range = offer.resources?.find(({ name }) => name === "ports")?.ranges?.range?.[0];
      const port = Number(range?.begin ?? assert.fail("ports are offered"));
      const ports = {
        name: "ports",
        type: "RANGES",
        ranges: { range: [{ begin: BigInt(port), end: BigInt(port) }] },
      } as const;
      const container = (hostPort: number) => ({
        type: "MESOS" as const,
        hostname: "pod-1",
        network_infos: [
          { name: "mesos-bridge", port_mappings: [{ host_port: hostPort, container_port: 80 }] },
        ],
      });
      const command = ([value = "", ...args]: readonly string[]) => ({
        ...{ shell: false, value, arguments: [value, ...args] },
      });
      const ask = `const ask = () => fetch("http://127.0.0.1:8080").then((r) => r.text())
        .then((t) => require("http").createServer((_, r) => r.end(t + " at " + require("os").hostname())).listen(80))
        .catch(() => setTimeout(ask, 100)); ask()`;
      const task = (id: string, argv: readonly string[]) => ({
        ...{ name: id, task_id: { value: id }, agent_id: offer.agent_id, resources: small },
        command: command(argv),
      });
      await framework.call({
        type: "ACCEPT",
        accept: {
          offer_ids: [offer.id],
          operations: [
            {
              type: "LAUNCH_GROUP",
              launch_group: {
                executor: {
                  executor_id: { value: "pod" },
                  type: "DEFAULT",
                  framework_id: { value: framework.frameworkId },
                  resources: [scalar("cpus", 0.1), scalar("mem", 32), scalar("disk", 10), ports],
                  container: container(port),
                },
                task_group: {
                  tasks: [
                    task("inner", serves("inner", "8080")),
                    task("outer", [process.execPath, "-e", ask]),
                  ],
                },
              },
            },
          ],
        },
      });
      const running = async (id: string): Promise<StatusMessage> => {
        for (;;) {
          const status = await framework.statusOf(id);
          const isFine = ["TASK_STARTING", "TASK_RUNNING"].includes(String(status.state));
          assert.ok(isFine, `${status.state}: ${status.message}`);
          await framework.acknowledge(status);
          if (status.state === "TASK_RUNNING") return status;
        }
      };
      const addressIn = ({ container_status: status }: StatusMessage): string | undefined =>
        status?.network_infos?.[0]?.ip_addresses?.[0]?.ip_address;
      const [inner, outer] = [await running("inner"), await running("outer")];
      assert.equal(addressIn(inner), addressIn(outer));
      assert.equal(inner.container_status?.network_infos?.[0]?.port_mappings?.[0]?.host_port, port);
      assert.equal(await answer(`http://127.0.0.1:${port}`), "inner at pod-1");

      const again = await framework.offer();
      await framework.launch(again, {
        ...task("thief", ["sleep", "9"]),
        agent_id: again.agent_id,
        container: container(22),
      });
      const refused = await framework.statusOf("thief");
      assert.equal(refused.state, "TASK_ERROR");
      assert.match(refused.message ?? "", /Port \[22\] not included in resources/);
      await framework.call({ type: "TEARDOWN" });
      await framework.leave();
    });

    it("tasks keep their network while their agent is away, and it is freed when they end", async () => {
      const tasks = await tasksOf("/web");
      const agents = cluster.file.children.filter(({ name }) => name.startsWith("agent"));
      for (const { pid } of agents) process.kill(pid, "SIGKILL");
      for (const { ports } of tasks) assert.equal(await answer(`http://127.0.0.1:${ports[0]}`), "web");
      await until(
        "the agents to be back",
        async () => {
          const { json } = await cluster.send("GET", "/unum/v1/nodes");
          const { nodes } = json as { readonly nodes: readonly { readonly state: string }[] };
          return nodes.filter(({ state }) => state === "active").length === agents.length;
        },
        60_000,
      );
      assert.deepEqual(
        (await tasksOf("/web")).map(({ ports }) => ports[0]).toSorted(),
        tasks.map(({ ports }) => ports[0]).toSorted(),
      );
      await cluster.deploy("DELETE", "/v2/apps/web");
      for (const { ports } of tasks)
        await until("the port to be nobody's", () =>
          fetch(`http://127.0.0.1:${ports[0]}`).then(
            () => undefined,
            () => true,
          ),
        );
    });
  });
}
