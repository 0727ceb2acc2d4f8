/** Files in sandboxes before containers start there: in containers and as plain processes. */

import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Artifact } from "#model/artifact.ts";
import { executorId, taskId } from "#model/ids.ts";
import { detectHost } from "#shell/containers/detect.ts";
import type { HostAbilities } from "#shell/containers/host-abilities.ts";
import { contractSpec } from "./containers-contract.ts";
import { Bench, shell, temporaryDirectory } from "./containers-real.ts";
import { FilesServer } from "./files-server.ts";
import { until } from "./until.ts";

const found = await detectHost();
const plain = await detectHost({ forcePlain: true });
let server: FilesServer;
before(async () => {
  server = await FilesServer.start();
  server.file("/tool", '#!/bin/sh\nid -u; stat -c "%u %a" tool\n');
  server.on("/never", (_request, response) => response.write("a little"));
});
after(() => server.stop());

const artifact = (uri: string, more: Partial<Artifact> = {}): Artifact => ({
  ...{ uri, extract: true, executable: false, cache: false },
  ...more,
});

const suite = (name: string, host: HostAbilities): void => {
  describe(`files for ${name}`, () => {
    let bench: Bench;
    before(async () => {
      bench = new Bench(host, await temporaryDirectory());
    });
    after(() => bench.dispose());

    const tool = () => [artifact(server.url("/tool"), { executable: true })];

    it("are its user's, and can be run", async () => {
      const { stdout } = await bench.run(contractSpec(shell("./tool"), { artifacts: tool(), user: "4242" }));
      assert.equal(stdout, "4242\n4242 755\n");
    });

    it("of a task in a group are its own", async () => {
      const spec = contractSpec(shell("./tool"), {
        artifacts: tool(),
        executorId: executorId("pod"),
        nestedTaskId: taskId("first"),
      });
      assert.match((await bench.run(spec)).stdout, /755/);
      assert.ok(!existsSync(join(bench.directory, "sandboxes/framework-1/pod/tool")));
    });

    it("that cannot be had fail the launch, with the reason", async () => {
      const artifacts = [artifact(server.url("/nothing"))];
      const refusal = await bench.refused(contractSpec(shell("true"), { artifacts }));
      assert.equal(refusal.reason, "container-launch-failed");
      assert.match(refusal.message, /fetching http.*\/nothing failed: 127.* answered 404/);
    });

    it("are not waited for by what is killed or removed", async () => {
      for (const type of ["signal", "remove"] as const) {
        const spec = contractSpec(shell("true"), { artifacts: [artifact(server.url("/never"))] });
        const before = server.countOf("/never");
        bench.containers.perform({ type: "launch", spec });
        await until("the request", () => server.countOf("/never") > before);
        const { containerId } = spec;
        bench.containers.perform({ type, containerId, signal: "KILL" });
        const outcome = await bench.outcome(spec, ["launch-failed"]);
        assert.equal(outcome.type === "launch-failed" && outcome.reason, "task-killed-during-launch");
        if (type === "remove") await bench.outcome(spec, ["removed"]);
      }
      assert.deepEqual(readdirSync(join(bench.directory, "fetched/staging")), []);
    });

    it("on their way end with the agent, and leave nothing for the next one", async () => {
      const directory = await temporaryDirectory();
      const first = new Bench(host, directory);
      const spec = contractSpec(shell("true"), { artifacts: [artifact(server.url("/never"))] });
      const before = server.countOf("/never");
      first.containers.perform({ type: "launch", spec });
      await until("the request", () => server.countOf("/never") > before);
      await first.containers.close();
      const second = new Bench(host, directory);
      try {
        second.containers.perform({ type: "recover", known: [spec.containerId] });
        const recovered = await until("its recovery", () =>
          second.outcomes.find(({ type }) => type === "recovered"),
        );
        assert.deepEqual(recovered.type === "recovered" && recovered.missing, [spec.containerId]);
        assert.deepEqual(readdirSync(join(directory, "fetched/staging")), []);
      } finally {
        await second.dispose();
      }
    });
  });
};

if (found.kind === "oci") suite("containers", found);
if (plain.kind === "plain" && plain.setpriv !== undefined) suite("plain processes", plain);
