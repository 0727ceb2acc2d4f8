/** An app with an image of a registry, through a whole cluster. */

import assert from "node:assert/strict";
import { copyFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { detectHost } from "#shell/containers/detect.ts";
import { makeRoot } from "./containers-real.ts";
import { buildImage, layerOf, layerOfDirectory } from "./images-build.ts";
import { TestRegistry, whyNoRegistry } from "./images-registry.ts";
import { TestCluster } from "./support/cluster.ts";
import { until } from "./until.ts";

const host = await detectHost();
const why = host.kind === "oci" ? whyNoRegistry() : host.why;

if (why === undefined) wholeCluster();
else it("an app with an image", { skip: why }, () => {});

function wholeCluster(): void {
  describe("an app with an image of a registry", () => {
    let home: string;
    let registry: TestRegistry;
    let cluster: TestCluster;
    before(async () => {
      home = await mkdtemp(join(tmpdir(), "unum-imaged-"));
      registry = await TestRegistry.start(join(home, "registry"), { tls: false, access: "open" });
      const root = join(home, "root");
      makeRoot(root);
      copyFileSync("/usr/bin/sleep", join(root, "usr/bin/sleep"));
      const script = '#!/bin/sh\necho "$GREETING $* $(id -u)"\nexec sleep 1000\n';
      const layers = [layerOfDirectory(root), layerOf([{ name: "serve", mode: 0o755, content: script }])];
      const config = { Entrypoint: ["/serve"], Cmd: ["by-itself"], User: "worker", Env: ["GREETING=hello"] };
      await registry.push("shop/web", "v1", buildImage({ layers, config }));
      cluster = new TestCluster(home);
      await cluster.start();
    });
    after(async () => {
      await cluster.end("SIGTERM");
      await registry.stop();
      rmSync(home, { recursive: true, force: true });
    });

    const outputOf = async (id: string): Promise<string> =>
      until(`output of ${id}`, async () => {
        const [task] = (await cluster.app(id)).tasks;
        return task === undefined ? undefined : (await cluster.read(task)) || undefined;
      });

    it("of type DOCKER, without a command: as the image says; then with arguments", async () => {
      const docker = { image: `${registry.host}/shop/web:v1`, network: "HOST" };
      const app = { id: "/web", cpus: 0.1, mem: 32, container: { type: "DOCKER", docker } };
      await cluster.deploy("POST", "/v2/apps", app);
      assert.equal(await outputOf("/web"), "hello by-itself 4242\n");
      const shown = await cluster.send("GET", "/v2/apps/web");
      const { container } = (shown.json as { app: { container: unknown } }).app;
      assert.deepEqual(container, {
        type: "DOCKER",
        docker: { image: docker.image, forcePullImage: false, privileged: false, parameters: [] },
        volumes: [],
      });
      await cluster.deploy("PUT", "/v2/apps/web", { args: ["given"] });
      assert.equal(await outputOf("/web"), "hello given 4242\n");
    });

    it("of type MESOS, with a command of its own", async () => {
      const docker = { image: `${registry.host}/shop/web:v1`, forcePullImage: true };
      const cmd = "echo $GREETING own; sleep 1000";
      await cluster.deploy("POST", "/v2/apps", {
        id: "/own",
        cpus: 0.1,
        mem: 32,
        cmd,
        container: { docker },
      });
      assert.equal(await outputOf("/own"), "hello own\n");
    });

    it("an image that is not there: the app's last failure says so", async () => {
      const docker = { image: `${registry.host}/shop/nothing` };
      const app = { id: "/missing", cpus: 0.1, mem: 32, container: { docker } };
      assert.equal((await cluster.send("POST", "/v2/apps", app)).status, 201);
      const failure = await until("its failure", async () => (await cluster.app("/missing")).lastTaskFailure);
      assert.match(failure.message, /shop\/nothing:latest cannot be had: registry .* has no image/);
      await cluster.deploy("DELETE", "/v2/apps/missing?force=true");
    });
  });
}
