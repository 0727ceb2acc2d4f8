/**
 * Volumes of apps, on a real cluster: what an operator allows is there to be read and written, and the app shows it.
 */

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { TestCluster } from "./support/cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const home = temporaryDirectory("unum-app-volumes-");
const allowed = join(home, "allowed");
const cluster = new TestCluster(home);
before(async () => {
  mkdirSync(allowed);
  chmodSync(allowed, 0o777);
  await cluster.start("--host-volume", allowed);
});
after(async () => void (await cluster.end("SIGTERM")));

test("an app writes to a path of the host", async () => {
  const volumes = [{ containerPath: "/tmp/data", hostPath: allowed, mode: "RW" }];
  await cluster.deploy("POST", "/v2/apps", {
    ...{ id: "/writer", cmd: "echo written >/tmp/data/file; sleep 1000", cpus: 0.05, mem: 32 },
    container: { type: "MESOS", volumes },
  });
  const file = join(allowed, "file");
  await until("the app to write", () => existsSync(file) && readFileSync(file, "utf8") === "written\n");
  const shown = (await cluster.send("GET", "/v2/apps/writer")).json as {
    readonly app: { readonly container: unknown };
  };
  assert.deepEqual(shown.app.container, { type: "MESOS", volumes });
  await cluster.deploy("DELETE", "/v2/apps/writer");
});
