/**
 * An app in Docker's words through a whole cluster: its parameters hold in its container, and its pull secret opens the
 * registry.
 */

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { detectHost } from "#shell/containers/detect.ts";
import { makeRoot } from "./containers-real.ts";
import { buildImage, layerOfDirectory } from "./images-build.ts";
import { registryPassword, registryUser, TestRegistry, whyNoRegistry } from "./images-registry.ts";
import { TestCluster } from "./support/cluster.ts";
import { until } from "./until.ts";

const host = await detectHost();
const why = host.kind === "oci" ? whyNoRegistry() : host.why;

if (why === undefined) wholeCluster();
else it("an app in Docker's words", { skip: why }, () => {});

function wholeCluster(): void {
  describe("an app in Docker's words", () => {
    let home: string;
    let registry: TestRegistry;
    let cluster: TestCluster;
    before(async () => {
      home = await mkdtemp(join(tmpdir(), "unum-docker-"));
      registry = await TestRegistry.start(join(home, "registry"), { tls: false, access: "password" });
      const root = join(home, "root");
      makeRoot(root);
      for (const name of ["sleep", "stat"]) copyFileSync(`/usr/bin/${name}`, join(root, "usr/bin", name));
      const config = { Entrypoint: ["/bin/cat"], User: "worker" };
      await registry.push("shop/web", "v1", buildImage({ layers: [layerOfDirectory(root)], config }));
      const secrets = join(home, "secrets");
      mkdirSync(secrets, { mode: 0o700 });
      const auth = Buffer.from(`${registryUser}:${registryPassword}`).toString("base64");
      const file = JSON.stringify({ auths: { [registry.host]: { auth } } });
      writeFileSync(join(secrets, "registry"), file, { mode: 0o600 });
      cluster = new TestCluster(home);
      await cluster.start("--secrets-dir", secrets);
    });
    after(async () => {
      await cluster.end("SIGTERM");
      await registry.stop();
      rmSync(home, { recursive: true, force: true });
    });

    const failureOf = async (id: string): Promise<string> => {
      const { message } = await until("its failure", async () => (await cluster.app(id)).lastTaskFailure);
      await cluster.deploy("DELETE", `/v2/apps${id}?force=true`);
      return message;
    };
    const image = (): string => `${registry.host}/shop/web:v1`;
    const usual = { cpus: 0.1, mem: 32, secrets: { pull: { source: "registry" } } };

    it("without its pull secret the registry refuses; what the agent does not allow fails by its name", async () => {
      const app = {
        id: "/nobody",
        cpus: 0.1,
        mem: 32,
        container: { type: "DOCKER", docker: { image: image() } },
      };
      assert.equal((await cluster.send("POST", "/v2/apps", app)).status, 201);
      assert.match(await failureOf("/nobody"), /asks who we are/);
      const docker = { image: image(), privileged: true, pullConfig: { secret: "pull" } };
      const privileged = { ...usual, id: "/privileged", container: { type: "DOCKER", docker } };
      assert.equal((await cluster.send("POST", "/v2/apps", privileged)).status, 201);
      assert.match(
        await failureOf("/privileged"),
        /asks for a privileged container, which this agent does not allow/,
      );
    });

    it("entry point, variables, limits, memory as files, a read-only root", async () => {
      const parameters = [
        ["entrypoint", "/bin/sh"],
        ["env", "WORD=docker"],
        ["ulimit", "nofile=77:99"],
        ["tmpfs", "/scratch:mode=1777"],
        ["read-only", "true"],
        ["group-add", "4711"],
      ].map(([key, value]) => ({ key, value }));
      const docker = { image: image(), parameters, pullConfig: { secret: "pull" } };
      const line =
        "echo $WORD $(ulimit -n) $(ulimit -Hn) $(id -u) $(id -G); echo ok >/scratch/f; cat /scratch/f; " +
        "(echo x >/new) 2>/dev/null || echo read-only; exec sleep 1000";
      await cluster.deploy("POST", "/v2/apps", {
        ...{ ...usual, id: "/web", args: ["-c", line] },
        container: { type: "DOCKER", docker },
      });
      const output = await until("its output", async () => {
        const [task] = (await cluster.app("/web")).tasks;
        const text = task === undefined ? "" : await cluster.read(task);
        return text.includes("read-only") ? text : undefined;
      });
      assert.equal(output, "docker 77 99 4242 4242 4711\nok\nread-only\n");
    });

    it("a parameter that means nothing here is refused at the door, by its name", async () => {
      const parameters = [{ key: "log-driver", value: "syslog" }];
      const answer = await cluster.send("POST", "/v2/apps", {
        ...{ id: "/logs", cpus: 0.1, mem: 32, cmd: "true" },
        container: { type: "DOCKER", docker: { image: image(), parameters } },
      });
      assert.equal(answer.status, 422);
      assert.match(JSON.stringify(answer.json), /parameters\(0\).*'log-driver'.*is not possible here/);
    });
  });
}
