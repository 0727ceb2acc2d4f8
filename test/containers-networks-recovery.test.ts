/**
 * Networks of containers when their agent comes back: what it finds, what it puts back, and what it undoes.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, it } from "node:test";
import { detectHost } from "#shell/containers/detect.ts";
import type { OciHost } from "#shell/containers/host-abilities.ts";
import { contractSpec } from "./containers-contract.ts";
import { Bench, shell, temporaryDirectory } from "./containers-real.ts";
import { freePorts } from "./support/free-ports.ts";
import {
  addressIn,
  answer,
  bridged,
  get,
  leases,
  ruleset,
  serves,
  spacesOf,
  statusesOf,
  tableWith,
  tcp,
} from "./support/network-bench.ts";
import { leftOf, missingForNetworks, missingForPortmap } from "./support/network-needs.ts";
import { until } from "./until.ts";

const host = await detectHost();
const missing = await missingForNetworks();
if (host.kind === "plain") it("networks of containers that are found again", { skip: host.why }, () => {});
else if (missing !== undefined)
  it("networks of containers that are found again", { skip: missing }, () => {});
else recoveries(host);

const rulesOfPlugins = (): string => execFileSync("iptables-save", { encoding: "utf8" });

function recoveries(oci: OciHost): void {
  describe("networks of containers that are found again", () => {
    const visiblePaths = [process.execPath];
    /** Whatever becomes of its test, nothing of it is left. */
    const others: Bench[] = [];
    const another = (directory: string): Bench => {
      const made = new Bench(oci, directory, { visiblePaths });
      others.push(made);
      return made;
    };
    afterEach(async () => {
      // The newest first: those before it are gone already, but for what they would wait for together with it.
      for (const each of others.splice(0).toReversed()) {
        await each.dispose();
        assert.deepEqual(leftOf(each.directory), []);
      }
    });

    it("where the agent cannot map ports CNI's own plugin does, and undoes it for an agent that comes back", async (context) => {
      const missing = await missingForPortmap();
      if (missing !== undefined) return context.skip(missing);
      const made = ["ip", "ip6"].filter((family) => !ruleset().includes(`table ${family} nat {`));
      context.after(() => {
        // The chains that the plugin shares among all containers of a host, and never takes away.
        for (const family of made)
          if (ruleset().includes(`table ${family} nat {`))
            execFileSync("nft", ["delete", "table", family, "nat"]);
      });
      const directory = await temporaryDirectory();
      const [port = 0] = await freePorts(1);
      const without = (): Bench => {
        const bench = new Bench(oci, directory, { visiblePaths, networks: { withoutFirewall: true } });
        others.push(bench);
        return bench;
      };
      const first = without();
      const spec = contractSpec(serves("by plugins", 80), { network: bridged(tcp(port, 80)) });
      await first.launched(spec);
      const address = addressIn(statusesOf(first, spec));
      assert.equal(await answer(`http://127.0.0.1:${port}`), "by plugins");
      assert.equal(tableWith(port), undefined);
      await first.containers.close();
      const second = without();
      second.containers.perform({ type: "recover", known: [] });
      await until("the recovery", () => second.outcomes.find(({ type }) => type === "recovered"));
      assert.doesNotMatch(rulesOfPlugins(), new RegExp(address));
    });

    it("what an agent that was killed had only begun is undone by the next one", async () => {
      const directory = await temporaryDirectory();
      const first = another(directory);
      const spec = contractSpec(shell("sleep 1000"), { network: bridged() });
      await first.launched(spec);
      await first.containers.close();
      // As if it had got no further than the plugins, whose answer nobody wrote down.
      const place = join(directory, "networks", spec.containerId);
      const text = JSON.parse(readFileSync(join(place, "space.json"), "utf8"));
      const [attachment] = text.attachments;
      const begun = { ...text, isReady: false, attachments: [{ ...attachment, result: undefined }] };
      writeFileSync(join(place, "space.json"), JSON.stringify(begun));
      mkdirSync(join(directory, "networks/only-named/members"), { recursive: true });
      writeFileSync(join(directory, "networks/only-named/members/only-named"), "");
      const second = another(directory);
      second.containers.perform({ type: "recover", known: [] });
      await until("the recovery", () => second.outcomes.find(({ type }) => type === "recovered"));
      assert.deepEqual(spacesOf(second), []);
      assert.deepEqual(leases(join(directory, "networks/.addresses")), []);
      await second.dispose();
    });

    it("after its host was started anew an agent frees what was given away before", async () => {
      const directory = await temporaryDirectory();
      const first = another(directory);
      const [port = 0] = await freePorts(1);
      const spec = contractSpec(shell("sleep 1000"), { network: bridged(tcp(port, 80)) });
      const pid = await first.launched(spec);
      await first.containers.close();
      // What a start of the host does: no process and no rule is left, and it has another name for this time.
      const space = join(directory, "networks", spec.containerId);
      const [holder = ""] = readFileSync(join(space, "holder"), "utf8").split(" ");
      for (const each of [pid, Number(holder)]) process.kill(each, "SIGKILL");
      execFileSync("nft", ["delete", "table", "ip", tableWith(port) ?? assert.fail("no rule")]);
      for (const file of [
        join(space, "space.json"),
        join(directory, "containers", spec.containerId, "container.json"),
      ])
        writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), bootId: "earlier" }));
      const second = another(directory);
      second.containers.perform({ type: "recover", known: [] });
      await until("the recovery", () => second.outcomes.find(({ type }) => type === "recovered"));
      assert.deepEqual(spacesOf(second), []);
      assert.deepEqual(leases(join(directory, "networks/.addresses")), []);
      // And goes on as if nothing had been.
      const again = contractSpec(serves("again", 80), { network: bridged(tcp(port, 80)) });
      await second.launched(again);
      assert.equal(await answer(`http://127.0.0.1:${port}`), "again");
    });

    it("an agent that comes back says of a network that it is not as it was made", async () => {
      const directory = await temporaryDirectory();
      const first = another(directory);
      const spec = contractSpec(shell("sleep 1000"), { network: bridged() });
      const pid = await first.launched(spec);
      await first.containers.close();
      execFileSync("nsenter", ["-t", String(pid), "-n", "ip", "link", "delete", "eth0"]);
      const said: string[] = [];
      others.push(new Bench(oci, directory, { reportHost: (sentence) => said.push(sentence) }));
      const sentence = await until("a word about it", () => said[0]);
      assert.match(
        sentence,
        /^the network mesos-bridge of container .* is not as it was made: .*bridge failed to CHECK/,
      );
    });

    it("an agent that comes back finds the networks of its containers, and frees them in the end", async () => {
      const directory = await temporaryDirectory();
      const [port = 0, other = 0] = await freePorts(2);
      const first = another(directory);
      const kept = contractSpec(serves("kept", 80), { network: bridged(tcp(port, 80)) });
      const stranger = contractSpec(serves("stranger", 80), { network: bridged(tcp(other, 80)) });
      await first.launched(kept);
      await first.launched(stranger);
      const address = addressIn(statusesOf(first, kept));
      assert.equal(await answer(`http://127.0.0.1:${other}`), "stranger");
      await first.containers.close();
      // As when somebody threw the host's rules away meanwhile.
      const table = tableWith(port);
      assert.ok(table);
      execFileSync("nft", ["delete", "table", "ip", table]);
      await assert.rejects(get(`http://127.0.0.1:${port}`));

      const second = another(directory);
      second.containers.perform({ type: "recover", known: [kept.containerId] });
      const recovered = await until("the recovery", () =>
        second.outcomes.find((outcome) => outcome.type === "recovered"),
      );
      assert.equal(recovered.type, "recovered");
      assert.deepEqual(
        recovered.networks?.map(({ networks }) => addressIn(networks)),
        [address],
      );
      assert.equal(await answer(`http://127.0.0.1:${port}`), "kept");
      await assert.rejects(get(`http://127.0.0.1:${other}`));
      assert.equal(leases(join(directory, "networks/.addresses")).length, 1);
      await second.removed(kept);
      assert.deepEqual(spacesOf(second), []);
      assert.deepEqual(leases(join(directory, "networks/.addresses")), []);
      assert.equal(tableWith(port), undefined);
      await second.dispose();
    });
  });
}
