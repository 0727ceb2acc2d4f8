/** Files fetched for tasks, end to end: Marathon's `fetch` and Mesos's `uris`, on a real cluster. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { FilesServer } from "./files-server.ts";
import { TestCluster } from "./support/cluster.ts";
import { TestFramework } from "./support/scheduler-framework.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const home = temporaryDirectory("unum-fetch-");
const files = join(home, "files");
const cluster = new TestCluster(home);
let server: FilesServer;

before(async () => {
  server = await FilesServer.start();
  mkdirSync(join(home, "pack/app"), { recursive: true });
  writeFileSync(join(home, "pack/app/serve"), "#!/bin/sh\necho served by $(id -u)\nexec sleep 1000\n", {
    mode: 0o755,
  });
  execFileSync("tar", ["-czf", "../app.tgz", "app"], { cwd: join(home, "pack") });
  server.file("/app.tgz", readFileSync(join(home, "app.tgz")));
  mkdirSync(files);
  writeFileSync(join(files, "local.txt"), "from the host\n");
  await cluster.start("--fetch-files", files);
});
after(async () => {
  assert.equal(await cluster.end("SIGTERM"), 0);
  await server.stop();
});

const outputOf = (id: string): Promise<string> =>
  until(`output of ${id}`, async () => {
    const task = (await cluster.app(id)).tasks.find(({ state }) => state === "TASK_RUNNING");
    return task === undefined ? undefined : (await cluster.read(task)) || undefined;
  });

const small = { cpus: 0.1, mem: 32 };

test("Marathon: an archive is unpacked, a program can be run, a file of the host is there", async () => {
  server.file("/tool", "#!/bin/sh\necho tool\n");
  const fetch = [
    { uri: server.url("/app.tgz"), cache: true },
    { uri: server.url("/tool"), executable: true, destPath: "bin/tool" },
    { uri: `file://${files}/local.txt` },
  ];
  const cmd = "bin/tool; cat local.txt; exec app/serve";
  await cluster.deploy("POST", "/v2/apps", { id: "/web", cmd, ...small, fetch });
  await until("its output", async () => (await outputOf("/web")).includes("served"));
  assert.equal(await outputOf("/web"), "tool\nfrom the host\nserved by 65534\n");
  const shown = (await cluster.send("GET", "/v2/apps/web")).json as { app: { fetch: unknown } };
  assert.deepEqual(shown.app.fetch, [
    { uri: server.url("/app.tgz"), extract: true, executable: false, cache: true },
    { uri: server.url("/tool"), extract: true, executable: true, cache: false, destPath: "bin/tool" },
    { uri: `file://${files}/local.txt`, extract: true, executable: false, cache: false },
  ]);
});

test("Marathon: one that is not there is the app's last failure, until it is", async () => {
  const app = { id: "/late", cmd: "cat late.txt; sleep 1000", ...small, backoffSeconds: 0.1 };
  const answer = await cluster.send("POST", "/v2/apps", { ...app, uris: [server.url("/late.txt")] });
  assert.equal(answer.status, 201, answer.text);
  const failure = await until("its failure", async () => (await cluster.app("/late")).lastTaskFailure);
  assert.equal(failure.state, "TASK_FAILED");
  assert.match(
    failure.message,
    /Failed to fetch all URIs for container '.*': fetching http.*late\.txt failed: .* answered 404/,
  );
  server.file("/late.txt", "at last\n");
  assert.equal(await outputOf("/late"), "at last\n");
});

test("Marathon: an app that waits for its files is scaled to nothing at once", async () => {
  server.on("/never", (_request, response) => response.write("a little"));
  const app = { id: "/never", cmd: "sleep 1000", ...small, fetch: [{ uri: server.url("/never") }] };
  assert.equal((await cluster.send("POST", "/v2/apps", app)).status, 201);
  await until("the request", () => server.countOf("/never") > 0);
  const [task] = (await cluster.app("/never")).tasks;
  assert.equal(task?.state, "TASK_STAGING");
  await cluster.deploy("DELETE", "/v2/apps/never?force=true");
});

test("Mesos: command.uris of a task, and what says why they are not had", async () => {
  const framework = new TestFramework(cluster.file.masterUrl, {
    headers: { authorization: `Bearer ${cluster.token}` },
  });
  try {
    await framework.subscribe();
    await framework.next("SUBSCRIBED");
    const launch = async (id: string, value: string, uris: readonly object[]) => {
      const task = { task_id: { value: id }, command: { value, uris } };
      await framework.launch(await framework.offer(), task as Parameters<typeof framework.launch>[1]);
      const status = await framework.statusOf(id);
      if (status.uuid !== undefined) await framework.acknowledge(status);
      return status;
    };
    await launch("has", "test -x app/serve && test -f app.tgz && test -x renamed", [
      { value: server.url("/app.tgz") },
      { value: join(files, "local.txt"), executable: true, output_file: "renamed" },
    ]);
    assert.equal((await framework.statusOf("has")).state, "TASK_FINISHED");
    const failed = await launch("has-not", "true", [{ value: "/no/such/file" }]);
    assert.deepEqual(
      [failed.state, failed.reason, failed.source],
      ["TASK_FAILED", "REASON_CONTAINER_LAUNCH_FAILED", "SOURCE_AGENT"],
    );
    assert.match(
      failed.message ?? "",
      /^Failed to launch container: Failed to fetch all URIs for container '/,
    );
    const bad = await launch("bad", "true", [{ value: "hdfs://name/file" }]);
    assert.deepEqual([bad.state, bad.source], ["TASK_ERROR", "SOURCE_MASTER"]);
  } finally {
    await framework.leave();
  }
});
