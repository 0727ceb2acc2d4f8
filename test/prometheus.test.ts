/**
 * Prometheus of Debian, unmodified, finds a real cluster's app by `marathon_sd_configs` and scrapes its instances,
 * also when there are more of them and when one has moved.
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createHttpClient } from "#shell/http/client.ts";
import { setUpClients } from "./clients/set-up.ts";
import { TestCluster } from "./support/cluster.ts";
import { freePorts } from "./support/free-ports.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const { path: debian, skip } = await setUpClients("debian");
const home = temporaryDirectory("unum-prometheus-");
const cluster = new TestCluster(home);
const patienceMs = 60_000;
let output = "";
let prometheus: ChildProcess | undefined;
let url = "";

const configuration = (server: string, tokenFile: string): string => `
global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: apps
    marathon_sd_configs:
      - servers: [${JSON.stringify(server)}]
        refresh_interval: 1s
        auth_token_file: ${JSON.stringify(tokenFile)}
    relabel_configs:
      - { source_labels: [__meta_marathon_app_label_scrape], regex: "yes", action: keep }
      - { source_labels: [__meta_marathon_app], target_label: app }
      - { source_labels: [__meta_marathon_task], target_label: task }
  - job_name: marathon
    metrics_path: /metrics/prometheus
    authorization: { type: Bearer, credentials_file: ${JSON.stringify(tokenFile)} }
    static_configs:
      - { targets: [${JSON.stringify(new URL(server).host)}] }
`;

before(async () => {
  if (debian === undefined) return;
  await cluster.start("--agent-cpus", "1", "--agent-mem", "512", "--agent-disk", "512");
  const [port] = await freePorts(1);
  url = `http://127.0.0.1:${port}`;
  writeFileSync(join(home, "token"), cluster.token, { mode: 0o600 });
  writeFileSync(join(home, "prometheus.yml"), configuration(cluster.file.url, join(home, "token")));
  const child = spawn(
    join(debian, "usr/bin/prometheus"),
    [
      `--config.file=${join(home, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(home, "series")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ["ignore", "pipe", "pipe"], cwd: home },
  );
  prometheus = child;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
});
after(async () => {
  prometheus?.kill("SIGKILL");
  if (debian !== undefined) assert.equal(await cluster.end("SIGTERM"), 0);
});

type Target = {
  readonly scrapeUrl: string;
  readonly health: string;
  readonly labels: { readonly job: string; readonly task?: string };
};

async function targets(job: string): Promise<readonly Target[]> {
  const client = createHttpClient({ baseUrl: url });
  try {
    const { json } = await client.request({ method: "GET", path: "/api/v1/targets" });
    const { data } = json as { readonly data?: { readonly activeTargets: readonly Target[] } };
    return (data?.activeTargets ?? []).filter(({ labels }) => labels.job === job);
  } catch {
    // It is not there yet.
    return [];
  } finally {
    await client.close();
  }
}

/** Waits until it scrapes exactly the app's running instances, each with success. */
const scraped = (id: string, count: number): Promise<unknown> =>
  until(
    `${count} targets`,
    async () => {
      const { tasks } = await cluster.app(id);
      const running = tasks.filter(({ state }) => state === "TASK_RUNNING").map(({ id: task }) => task);
      const up = (await targets("apps")).filter(({ health }) => health === "up");
      const found = up.map(({ labels }) => labels.task ?? "");
      return running.length === count && found.toSorted().join() === running.toSorted().join();
    },
    patienceMs,
  ).catch(async (error: Error) =>
    assert.fail(`${error.message}\n${JSON.stringify(await targets("apps"))}\n${output.slice(-4_000)}`),
  );

test("Prometheus follows an app that is scaled and moved", { skip }, async () => {
  const app = {
    id: "/prom/web",
    cmd: "echo 'served_total 1' > metrics; exec python3 -m http.server $PORT0",
    cpus: 0.1,
    mem: 64,
    instances: 1,
    labels: { scrape: "yes" },
    healthChecks: [{ protocol: "HTTP", path: "/metrics", intervalSeconds: 1, gracePeriodSeconds: 30 }],
  };
  await cluster.deploy("POST", "/v2/apps", app);
  await cluster.deploy("PUT", "/v2/apps/prom/other", { cmd: "sleep 1000", cpus: 0.1, mem: 32 });
  await scraped("/prom/web", 1);
  await cluster.deploy("PUT", "/v2/apps/prom/web", { instances: 3 });
  await scraped("/prom/web", 3);
  await cluster.deploy("PUT", "/v2/apps/prom/web", { instances: 1 });
  await scraped("/prom/web", 1);

  const [before] = (await cluster.app("/prom/web")).tasks;
  assert.ok(before !== undefined);
  const drain = { type: "DRAIN_AGENT", drain_agent: { agent_id: { value: before.slaveId } } };
  const answer = await cluster.send("POST", "/mesos/api/v1", drain);
  assert.ok(answer.status < 300, answer.text);
  await until(
    "it to move",
    async () => {
      const { tasks } = await cluster.app("/prom/web");
      return tasks.length === 1 && tasks[0]?.slaveId !== before.slaveId && tasks[0]?.state === "TASK_RUNNING";
    },
    patienceMs,
  );
  await scraped("/prom/web", 1);
});

test("Prometheus reads our own figures under Marathon's names", { skip }, async () => {
  const isUp = async (): Promise<boolean> =>
    (await targets("marathon")).some(({ health }) => health === "up");
  await until("the figures to be scraped", isUp, patienceMs);
  const client = createHttpClient({ baseUrl: url });
  const query = "/api/v1/query?query=marathon_apps_active_gauge";
  const { json } = await client.request({ method: "GET", path: query });
  const { data } = json as { data: { result: readonly { readonly value: readonly [number, string] }[] } };
  assert.equal(data.result[0]?.value[1], "2");
  await client.close();
});
