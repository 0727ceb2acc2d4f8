/** A task that waits for what it fetches says so, in the API and at the command line, until it runs. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FilesServer } from "./files-server.ts";
import { TestCluster } from "./support/cluster.ts";
import { TestFramework } from "./support/scheduler-framework.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const cluster = new TestCluster(temporaryDirectory("unum-progress-"));
let server: FilesServer;
const megabyte = Buffer.alloc(1_000_000);
const megabytes = 40;
let mayEnd = false;

before(async () => {
  server = await FilesServer.start();
  server.on("/slow", (_request, response) => {
    response.writeHead(200, { "content-length": megabytes * megabyte.length });
    let sent = 0;
    const timer = setInterval(() => {
      if (response.destroyed) return clearInterval(timer);
      if (sent < megabytes - 1 || mayEnd) {
        response.write(megabyte);
        sent += 1;
      }
      if (sent < megabytes) return;
      clearInterval(timer);
      response.end();
    }, 100);
  });
  server.on("/drip", (_request, response) => {
    const timer = setInterval(() => {
      if (response.destroyed || mayEnd) {
        clearInterval(timer);
        response.end();
      } else response.write(megabyte);
    }, 250);
  });
  await cluster.start();
});
after(async () => {
  await cluster.end("SIGTERM");
  await server.stop();
});

type Tasks = {
  readonly tasks: readonly {
    readonly appId: string;
    readonly state: string;
    readonly progress: string | null;
  }[];
};
const task = async () => {
  const { tasks } = (await cluster.send("GET", "/unum/v1/tasks")).json as Tasks;
  return tasks.find(({ appId }) => appId === "/waits");
};

test("how far a fetch is", async () => {
  const fetched = [{ uri: server.url("/slow"), cache: false }];
  const added = await cluster.send("POST", "/v2/apps", {
    ...{ id: "/waits", cmd: "sleep 1000", cpus: 0.05, mem: 32, fetch: fetched },
  });
  assert.equal(added.status, 201);
  const waiting = await until("the task to say how far it is", async () => {
    const found = await task();
    return /of 40 MB$/.test(found?.progress ?? "") ? found : undefined;
  });
  // On a slow machine it has been said to start meanwhile.
  assert.match(waiting.state, /^TASK_STA(GING|RTING)$/);
  assert.match(waiting.progress ?? "", /^Fetching http:\/\/\S+\/slow: \d+ of 40 MB$/);
  mayEnd = true;
  const running = await until("the task to run", async () => {
    const found = await task();
    return found?.state === "TASK_RUNNING" ? found : undefined;
  });
  assert.equal(running.progress, null);
});

test("of a launch that takes long its framework hears, as often as Mesos's executors may say it", async () => {
  mayEnd = false;
  const headers = { authorization: `Bearer ${cluster.token}` };
  const framework = new TestFramework(cluster.file.masterUrl, { headers });
  try {
    await framework.subscribe();
    const command = {
      value: "sleep 1000",
      uris: [{ value: server.url("/drip"), cache: false, extract: false }],
    };
    await framework.launch(await framework.offer(), { task_id: { value: "late" }, command });
    const event = await until(
      "word of it",
      () => framework.events.find(({ update }) => update?.status.task_id.value === "late"),
      60_000,
    );
    const { status } = event.update ?? assert.fail();
    assert.deepEqual(
      [status.state, status.source, status.reason],
      ["TASK_STARTING", "SOURCE_AGENT", undefined],
    );
    assert.match(status.message ?? "", /^Fetching http:\/\/\S+\/drip: /);
    await framework.acknowledge(await framework.statusOf("late"));
    mayEnd = true;
    assert.equal((await framework.statusOf("late")).state, "TASK_RUNNING");
  } finally {
    await framework.leave();
  }
});
