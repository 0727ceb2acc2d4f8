/** A task that waits for what it fetches says so, in the API and at the command line, until it runs. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FilesServer } from "./files-server.ts";
import { TestCluster } from "./support/cluster.ts";
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
  assert.equal(waiting.state, "TASK_STAGING");
  assert.match(waiting.progress ?? "", /^Fetching http:\/\/\S+\/slow: \d+ of 40 MB$/);
  mayEnd = true;
  const running = await until("the task to run", async () => {
    const found = await task();
    return found?.state === "TASK_RUNNING" ? found : undefined;
  });
  assert.equal(running.progress, null);
});
