/**
 * Networks of containers on this host: the agent's own bridge, networks of CNI configurations, ports that lead into
 * containers, and what is left of all that when they are gone.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { ContainerNetwork } from "#model/container-network.ts";
import { executorId, taskId } from "#model/ids.ts";
import type { OwnCommand } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import { detectHost } from "#shell/containers/detect.ts";
import type { OciHost } from "#shell/containers/host-abilities.ts";
import { usualIds } from "#shell/containers/oci/user-ids.ts";
import { tryUserNamespaces } from "#shell/containers/oci/user-namespace-probe.ts";
import { contractSpec } from "./containers-contract.ts";
import { Bench, makeRoot, shell, temporaryDirectory } from "./containers-real.ts";
import { RunningSession } from "./sessions-runner.ts";
import { freePorts } from "./support/free-ports.ts";
import {
  addressIn,
  answer,
  bridged,
  configure,
  fetchedBy,
  get,
  hostAddress,
  leases,
  node,
  pidOf,
  serves,
  spacesOf,
  statusesOf,
  tcp,
} from "./support/network-bench.ts";
import { leftOf, missingForNetworks } from "./support/network-needs.ts";
import { until } from "./until.ts";

const host = await detectHost();
const missing = await missingForNetworks();
if (host.kind === "plain") it("networks of containers", { skip: host.why }, () => {});
else if (missing !== undefined) it("networks of containers", { skip: missing }, () => {});
else networks(host);

function networks(oci: OciHost): void {
  describe("networks of containers", () => {
    let bench: Bench;
    const visiblePaths = [process.execPath];
    const configDirectory = (): string => join(bench.directory, "cni");

    before(async () => {
      const directory = await temporaryDirectory();
      bench = new Bench(oci, directory, {
        visiblePaths,
        networks: { configDirectory: join(directory, "cni") },
      });
      mkdirSync(configDirectory(), { recursive: true });
    });
    after(async () => {
      await bench.dispose();
      assert.deepEqual(leftOf(bench.directory), []);
    });

    /** Another agent; whatever becomes of its test, nothing of it is left. */
    const others: Bench[] = [];
    const another = (directory: string): Bench => {
      const made = new Bench(oci, directory, { visiblePaths });
      others.push(made);
      return made;
    };
    afterEach(async () => {
      for (const each of others.splice(0)) await each.dispose();
    });

    const start = async (command: OwnCommand, overrides: Partial<ContainerSpec>) => {
      const spec = contractSpec(command, { network: bridged(), ...overrides });
      await bench.launched(spec);
      return { spec, networks: statusesOf(bench, spec), address: addressIn(statusesOf(bench, spec)) };
    };

    it("two tasks have the same port, and the host a port of its own for each", async () => {
      const [one = 0, other = 0] = await freePorts(2);
      const first = await start(serves("first", 80), { network: bridged(tcp(one, 80)) });
      const second = await start(serves("second", 80), { network: bridged(tcp(other, 80)) });
      assert.notEqual(first.address, second.address);
      assert.deepEqual(first.networks[0]?.portMappings, [tcp(one, 80)]);
      assert.equal(await answer(`http://127.0.0.1:${one}`), "first");
      assert.equal(await answer(`http://127.0.0.1:${other}`), "second");
      assert.equal(await get(`http://${first.address}`), "first");
      const address = hostAddress();
      if (address !== undefined) assert.equal(await get(`http://${address}:${other}`), "second");

      // From one container to another, directly and by way of the host, and to itself by way of the host.
      const at = address ?? "127.0.0.1";
      const urls = [`http://${second.address}`, ...(address === undefined ? [] : [`http://${at}:${other}`])];
      for (const url of urls) assert.equal(await fetchedBy(bench, url), "second");
      await bench.removed(first.spec);
      await assert.rejects(get(`http://127.0.0.1:${one}`));
      assert.equal(await get(`http://127.0.0.1:${other}`), "second");
      await bench.removed(second.spec);
    });

    it("a port of UDP leads into a container, too", async () => {
      const [port = 0] = await freePorts(1);
      const echo = `const s = require("dgram").createSocket("udp4");
        s.on("message", (m, from) => s.send("echo " + m, from.port, from.address)).bind(53)`;
      const { spec } = await start(node(echo), {
        network: bridged({ hostPort: port, containerPort: 53, protocol: "udp" }),
      });
      const socket = createSocket("udp4");
      let said: string | undefined;
      socket.on("message", (message) => {
        said = String(message);
      });
      await until("an echo", () => {
        socket.send("hello", port, "127.0.0.1");
        return said;
      });
      socket.close();
      assert.equal(said, "echo hello");
      await bench.removed(spec);
    });

    it("the tasks of a group share a loopback interface and an address, also when the first is gone", async () => {
      const [port = 0] = await freePorts(1);
      const network = bridged(tcp(port, 80));
      const member = (name: string) => ({
        ...{ executorId: executorId("pod"), nestedTaskId: taskId(name), network, sharesNetwork: true },
      });
      const first = await start(serves("inside", 80, "127.0.0.1"), member("first"));
      const second = await start(shell("sleep 1000"), member("second"));
      assert.equal(second.address, first.address);
      assert.equal(await fetchedBy(bench, "http://127.0.0.1", member("asks")), "inside");
      const { sessions = assert.fail("no commands in containers here") } = bench.containers;
      const beside = await RunningSession.launch(sessions, {
        ...{
          container: second.spec.containerId,
          name: "beside",
          env: {},
          terminal: undefined,
          isDetached: false,
        },
        command: node(`fetch("http://127.0.0.1").then((r) => r.text()).then((t) => console.log(t))`),
      });
      assert.equal((await beside.ended).stdout, "inside\n");
      await bench.removed(first.spec);
      const third = await start(serves("later", 80), member("third"));
      assert.equal(third.address, first.address);
      assert.equal(await answer(`http://127.0.0.1:${port}`), "later");
      await bench.removed(second.spec);
      await bench.removed(third.spec);
      assert.deepEqual(spacesOf(bench), []);
    });

    it("a task without any network has nothing but a loopback interface", async () => {
      const spec = contractSpec(shell("ls /sys/class/net; cat /proc/net/route | wc -l"), {
        network: { mode: "none", networks: [] },
      });
      const { stdout } = await bench.run(spec);
      assert.deepEqual(stdout.split("\n"), ["lo", "1", ""]);
      assert.deepEqual(statusesOf(bench, spec), []);
      await bench.removed(spec);
    });

    it("a task finds its own name, the names that it was given, and its name servers", async () => {
      const text = "cat /etc/hosts /etc/hostname /etc/resolv.conf; hostname";
      const dns = { servers: ["10.1.2.3"], search: ["a.example", "b.example"], options: ["ndots:2"] };
      const spec = contractSpec(shell(text), { network: { ...bridged(), hostname: "web-1", dns } });
      const { stdout } = await bench.run(spec);
      assert.match(stdout, new RegExp(`^${addressIn(statusesOf(bench, spec))}\tweb-1$`, "m"));
      assert.match(stdout, /^nameserver 10\.1\.2\.3\nsearch a\.example b\.example\noptions ndots:2\nweb-1$/m);
      await bench.removed(spec);
      const onHost = contractSpec(shell("hostname; cat /etc/resolv.conf; ls /sys/class/net"), {
        network: { mode: "host", networks: [], hostname: "host-1", dns },
        settings: { hosts: [{ name: "db", address: "10.9.9.9" }] },
      });
      const said = (await bench.run(onHost)).stdout;
      assert.match(said, /^host-1\nnameserver 10\.1\.2\.3\nsearch a\.example b\.example\noptions ndots:2\n/);
      assert.equal(said.split("\n").slice(4, -1).length, readdirSync("/sys/class/net").length);
      await bench.removed(onHost);
      const unnamed = contractSpec(shell("hostname"), { network: bridged() });
      assert.equal((await bench.run(unnamed)).stdout.trim(), unnamed.containerId);
      await bench.removed(unnamed);
    });

    it("what listens at the host's loopback address is out of reach, and the network cannot be changed", async () => {
      const server = createServer((_, response) => response.end("ESCAPED")).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const gateway = `$(awk '$2 == "00000000" {print $3}' /proc/net/route)`;
      const attack = node(`
        const net = require("net"), { execFileSync } = require("child_process");
        const gateway = Buffer.from(require("fs").readFileSync("/proc/net/route", "latin1").split("\\n")
          .map((line) => line.split("\\t")).find((words) => words[1] === "00000000")[2], "hex").reverse().join(".");
        for (const address of ["127.0.0.1", gateway, "127.0.0.2"])
          net.connect({ host: address, port: ${port}, timeout: 3000 })
            .on("connect", () => console.log("ESCAPED to " + address)).on("error", () => {})
            .on("timeout", function () { this.destroy(); });
        const tries = [["ip", "link", "set", "eth0", "down"], ["ip", "addr", "add", "10.9.9.9/24", "dev", "eth0"],
          ["ip", "route", "add", "127.0.0.0/8", "via", gateway], ["nft", "list", "ruleset"], ["nsenter", "-t", "1", "-n", "true"],
          ["tcpdump", "-c", "1"]];
        for (const [program, ...args] of tries)
          try { execFileSync(program, args, { stdio: "ignore" }); console.log("ESCAPED by " + program + " " + args.join(" ")); } catch {}
        require("fs").readdirSync("/sys/class/net").forEach((name) => console.log("sees " + name));
      `);
      assert.ok(gateway);
      const spec = contractSpec(attack, { network: bridged() });
      const { stdout } = await bench.run(spec);
      server.close().closeAllConnections();
      assert.deepEqual(stdout.split("\n").filter(Boolean).toSorted(), ["sees eth0", "sees lo"]);
      await bench.removed(spec);
    });

    it("not even root in a container's network reaches what listens at the host's loopback address", async () => {
      const socket = createSocket("udp4");
      const heard: string[] = [];
      socket.on("message", (message) => heard.push(String(message).trim()));
      socket.bind(0, "127.0.0.1");
      await once(socket, "listening");
      const [port = 0] = await freePorts(1);
      const { spec, address } = await start(serves("here", 80), { network: bridged(tcp(port, 80)) });
      assert.equal(await answer(`http://127.0.0.1:${port}`), "here");
      // The way to that address is to lead out of the container, as only a task with more rights could have it.
      const script = `
        gateway=$(ip route | sed -n 's/^default via \\([0-9.]*\\).*/\\1/p')
        echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet
        ip route del local 127.0.0.0/8 dev lo table local
        ip route del local 127.0.0.1 dev lo table local
        ip route add 127.0.0.1/32 via "$gateway" dev eth0
        ip route get 127.0.0.1
        echo ESCAPED >/dev/udp/127.0.0.1/${socket.address().port}`;
      const argv = ["-t", String(pidOf(bench, spec)), "-n", "bash", "-c", script];
      const said = execFileSync("nsenter", argv, { encoding: "utf8" });
      assert.match(said, /127\.0\.0\.1 via .* dev eth0/);
      // Whatever was sent before is there by the time that this is answered.
      const own = createSocket("udp4");
      own.send("end", socket.address().port, "127.0.0.1", () => own.close());
      await until("the host's own words", () => heard.includes("end"));
      socket.close();
      assert.deepEqual(heard, ["end"], address);
      await bench.removed(spec);
    });

    it("two agents on one host are beside each other, and one that goes takes nothing of the other's", async () => {
      const [one = 0, other = 0] = await freePorts(2);
      const { spec, address } = await start(serves("one", 80), { network: bridged(tcp(one, 80)) });
      const second = another(await temporaryDirectory());
      const beside = contractSpec(serves("other", 80), { network: bridged(tcp(other, 80)) });
      await second.launched(beside);
      assert.notEqual(addressIn(statusesOf(second, beside)), address);
      assert.equal(await answer(`http://127.0.0.1:${other}`), "other");
      assert.deepEqual(leftOf(second.directory).length, 2);
      await second.dispose();
      assert.deepEqual(leftOf(second.directory), []);
      assert.equal(await answer(`http://127.0.0.1:${one}`), "one");
      await bench.removed(spec);
    });

    it("a task with users of its own has a network of its own as well", async (context) => {
      const directory = await temporaryDirectory();
      chmodSync(directory, 0o711);
      const trial = await tryUserNamespaces(directory);
      if (!trial.works) return context.skip(trial.why);
      const mapped = new Bench(oci, directory, {
        visiblePaths,
        userIds: usualIds,
      });
      others.push(mapped);
      const [port = 0] = await freePorts(1);
      const spec = contractSpec(serves("mapped", 80), {
        network: { ...bridged(tcp(port, 80)), hostname: "mapped-1" },
      });
      await mapped.launched(spec);
      assert.equal(await answer(`http://127.0.0.1:${port}`), "mapped");
      const names = contractSpec(shell("cat /etc/hostname /etc/hosts"), { network: spec.network });
      await mapped.removed(spec);
      assert.match((await mapped.run(names)).stdout, /^mapped-1\n(.*\n)*\S+\tmapped-1\n$/);
    });

    it("in an image, too, a task finds the names of its own network", async () => {
      const directory = await temporaryDirectory();
      const images = join(directory, "images");
      makeRoot(join(images, "small"));
      const allowed = new Bench(oci, directory, { allowedImageDirectories: [images] });
      others.push(allowed);
      const spec = contractSpec(shell("cat /etc/hostname /etc/resolv.conf /etc/hosts"), {
        root: { kind: "file", path: join(images, "small") },
        network: {
          ...bridged(),
          hostname: "small-1",
          dns: { servers: ["10.1.2.3"], search: [], options: [] },
        },
      });
      assert.match(
        (await allowed.run(spec)).stdout,
        /^small-1\nnameserver 10\.1\.2\.3\n127\.0\.0\.1\tlocalhost\n/,
      );
    });

    it("on which ports a task listens in a network of its own is nobody's business", async () => {
      const watched = new Bench(oci, await temporaryDirectory(), {
        ...{ visiblePaths, enforcePorts: true, portsWatchMs: 100 },
      });
      others.push(watched);
      const [port = 0] = await freePorts(1);
      const apart = contractSpec(serves("apart", port), { network: bridged() });
      await watched.launched(apart);
      assert.equal(await answer(`http://${addressIn(statusesOf(watched, apart))}:${port}`), "apart");
      const { exited } = await watched.run(contractSpec(serves("stray", port)));
      assert.match(exited.limitation?.message ?? "", new RegExp(String(port)));
      assert.equal(await answer(`http://${addressIn(statusesOf(watched, apart))}:${port}`), "apart");
    });

    it("figures of its traffic are its own", async () => {
      const { spec, address } = await start(serves("figures", 80), {});
      assert.equal(await answer(`http://${address}`), "figures");
      const usage = await new Promise<number>((resolve) =>
        bench.containers.read((usages) => resolve(usages.get(spec.containerId)?.network?.receivedBytes ?? 0)),
      );
      assert.ok(usage > 100, String(usage));
      await bench.removed(spec);
    });

    it("a network of the operator's is joined beside others, and maps its ports by its plugins or by the agent", async () => {
      const [port = 0] = await freePorts(1);
      const ipam = (subnet: string) => ({
        type: "host-local",
        dataDir: join(bench.directory, "leases"),
        ranges: [[{ subnet }]],
        routes: [],
      });
      configure(configDirectory(), "a.conflist", {
        cniVersion: "0.4.0",
        name: "blue",
        plugins: [{ type: "ptp", ipam: ipam("10.250.1.0/24") }, { type: "tuning" }],
      });
      configure(configDirectory(), "b.conf", {
        cniVersion: "0.3.1",
        name: "green",
        type: "mesos-cni-port-mapper",
        excludeDevices: ["green0"],
        chain: "GREEN",
        delegate: { type: "ptp", ipam: ipam("10.250.2.0/24"), dns: { nameservers: ["10.250.2.1"] } },
      });
      const network: ContainerNetwork = {
        mode: "networks",
        networks: [
          { name: "blue", portMappings: [], labels: [{ key: "zone", value: "b" }] },
          { name: "green", portMappings: [tcp(port, 80)], labels: [] },
        ],
      };
      const { spec, networks: given } = await start(serves("green", 80), { network });
      assert.deepEqual(
        given.map(({ name, addresses, labels }) => [name, addresses[0]?.replace(/\d+$/, ""), labels.length]),
        [
          ["blue", "10.250.1.", 1],
          ["green", "10.250.2.", 0],
        ],
      );
      assert.equal(await answer(`http://127.0.0.1:${port}`), "green");
      await bench.removed(spec);
      assert.deepEqual(leases(join(bench.directory, "leases")), []);
    });

    it("a task that asks for what is not here is refused with the reason, and nothing is left of it", async () => {
      const inNetwork = (name: string): ContainerNetwork => ({
        mode: "networks",
        networks: [
          { name: "mesos-bridge", portMappings: [], labels: [] },
          { name, portMappings: [], labels: [] },
        ],
      });
      configure(configDirectory(), "c.conf", { cniVersion: "0.4.0", name: "red", type: "no-such-plugin" });
      configure(configDirectory(), "d.conf", { cniVersion: "0.4.0", name: "broken" });
      const unknown = await bench.refused(contractSpec(shell("true"), { network: inNetwork("nowhere") }));
      assert.match(
        unknown.message,
        /no network nowhere on this agent: .* configures .*red.*d\.conf names no plugin/,
      );
      const failed = await bench.refused(contractSpec(shell("true"), { network: inNetwork("red") }));
      assert.match(failed.message, /the CNI plugin no-such-plugin is not in/);
      assert.deepEqual(spacesOf(bench), []);
      assert.deepEqual(leases(join(bench.directory, "networks/.addresses")), []);
    });
  });
}
