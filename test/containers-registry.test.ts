/** Containers from images: what an image says is done, from a registry and from files, mounted and copied. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { limits } from "#base/limits.ts";
import type { CommandSpec, RootFilesystem } from "#model/task.ts";
import type { Containers } from "#ports/containers.ts";
import { detectHost } from "#shell/containers/detect.ts";
import type { OciHost } from "#shell/containers/host-abilities.ts";
import type { LayerForm } from "#shell/images/layers/unpack-layer.ts";
import { probeOverlay } from "#shell/images/overlay-probe.ts";
import { containersContract, contractSpec } from "./containers-contract.ts";
import { Bench, makeRoot, realSubject, shell, temporaryDirectory } from "./containers-real.ts";
import { buildImage, layerOf, layerOfDirectory, writeDockerArchive, writeOciLayout } from "./images-build.ts";
import { TestRegistry, whyNoRegistry } from "./images-registry.ts";
import { until } from "./until.ts";

const host = await detectHost();
const why = host.kind === "oci" ? whyNoRegistry() : host.why;
/** A shell and a few programs, as an image's lowest layer. */
function baseLayer(directory: string): Buffer {
  makeRoot(directory);
  for (const program of ["sleep", "env", "touch", "stat"]) {
    copyFileSync(`/usr/bin/${program}`, join(directory, "usr/bin", program));
  }
  mkdirSync(join(directory, "var/state"), { recursive: true });
  writeFileSync(join(directory, "var/state/kept"), "from the image\n");
  writeFileSync(join(directory, "unwanted"), "");
  return layerOfDirectory(directory);
}

const upperLayer = (): Buffer =>
  layerOf([
    { name: ".wh.unwanted" },
    { name: "start", mode: 0o755, content: '#!/bin/sh\necho "start: $*"\n' },
    {
      name: "trap",
      mode: 0o755,
      content: "#!/bin/sh\ntrap 'echo quit; exit 3' QUIT\necho ready\nwhile :; do sleep 0.1; done\n",
    },
    // Nowhere yet; a container still resolves names.
    { name: "etc/resolv.conf", type: "symlink", target: "/run/nowhere/resolv.conf" },
  ]);

const said = {
  Entrypoint: ["/start", "entry"],
  Cmd: ["cmd", "two"],
  Env: ["FROM=image", "BOTH=image", "PATH=/usr/bin:/bin:/own"],
  User: "worker",
  WorkingDir: "/srv/here",
  Volumes: { "/var/state": {}, "/fresh/volume": {} },
};

async function images(host: OciHost): Promise<void> {
  const home = await temporaryDirectory();
  after(() => execFileSync("rm", ["-rf", home]));
  let registry: TestRegistry;
  const layers: Buffer[] = [];
  before(async () => {
    registry = await TestRegistry.start(join(home, "registry"), { tls: false, access: "open" });
    layers.push(baseLayer(join(home, "base")), upperLayer());
    await registry.push("test/said", "latest", buildImage({ layers, config: said }));
    await registry.push("test/silent", "latest", buildImage({ layers }));
    const config = { Entrypoint: ["/trap"], StopSignal: "SIGQUIT", User: "4242" };
    await registry.push(
      "test/other",
      "latest",
      buildImage({ layers: [...layers, layerOf([{ name: "more" }])] }),
    );
    await registry.push("test/trap", "latest", buildImage({ layers, config }));
    await registry.push("test/cmd", "latest", buildImage({ layers, config: { Cmd: ["/start", "cmd"] } }));
    await registry.push(
      "test/root",
      "latest",
      buildImage({ layers, config: { User: "root", Cmd: ["id", "-u"] } }),
    );
  });
  after(() => registry.stop());

  const overlay = await probeOverlay(join(home, "probe"));
  const forms: readonly LayerForm[] = overlay === "overlay" ? ["overlay", "plain"] : ["plain"];
  for (const form of forms) {
    describe(`images, ${form === "overlay" ? "mounted" : "copied"}`, () => {
      let bench: Bench;
      before(async () => {
        bench = new Bench(host, await temporaryDirectory(), {
          layerForm: form,
          allowedImageDirectories: [home],
        });
      });
      after(() => bench.dispose());
      asSaid(() => ({ bench, registry }));
      fromFiles(() => ({ bench, layers, home }));
    });
  }
  describe("images and their pulls", () => pulls(host, () => registry));
  containersContract("in an image of a registry", async () => {
    const subject = await realSubject(host);
    const reference = `${registry.host}/test/silent`;
    const wrap = (containers: Containers): Containers => inImage(containers, reference);
    await pullBefore(subject.containers, reference);
    return {
      ...subject,
      containers: wrap(subject.containers),
      restart: async () => wrap(await subject.restart()),
    };
  });
}

/** So that a signal that comes with the launch finds a container, and not the pull of its image. */
async function pullBefore(containers: Containers, reference: string): Promise<void> {
  const spec = contractSpec(shell("true"), { root: imageRoot(reference) });
  const seen = new Set<string>();
  containers.onOutcome(({ type }) => seen.add(type));
  containers.perform({ type: "launch", spec });
  await until("the image to be pulled", () => seen.has("exited"));
  containers.perform({ type: "remove", containerId: spec.containerId });
  await until("its container to be gone", () => seen.has("removed"));
}

/** The same containers, but what would see the host sees an image. */
const inImage = (containers: Containers, reference: string): Containers => ({
  onOutcome: (listener) => containers.onOutcome(listener),
  perform: (effect) =>
    containers.perform(
      effect.type === "launch" && effect.spec.root.kind === "host"
        ? { ...effect, spec: { ...effect.spec, root: imageRoot(reference) } }
        : effect,
    ),
});

const imageRoot = (
  reference: string,
  more: Partial<Extract<RootFilesystem, { kind: "image" }>> = {},
): RootFilesystem => ({ kind: "image", reference, forcePull: false, container: "mesos", ...more });

const entrypoint = (...given: readonly string[]): CommandSpec => ({ kind: "entrypoint", arguments: given });

function asSaid(given: () => { readonly bench: Bench; readonly registry: TestRegistry }): void {
  const run = async (
    name: string,
    command: CommandSpec,
    more: Parameters<typeof contractSpec>[1] = {},
  ): Promise<string> => {
    const { bench, registry } = given();
    const root = imageRoot(`${registry.host}/test/${name}`);
    const { stdout, stderr } = await bench.run(contractSpec(command, { root, ...more }));
    return stdout + stderr;
  };

  it("entry point and arguments", async () => {
    assert.equal(await run("said", entrypoint()), "start: entry cmd two\n");
    assert.equal(await run("said", entrypoint("other")), "start: entry other\n");
    assert.equal(await run("cmd", entrypoint()), "start: cmd\n");
    assert.equal(await run("said", { kind: "argv", argv: ["/start", "alone"] }), "start: alone\n");
    assert.equal(await run("said", shell("echo shell")), "shell\n");
  });

  it("arguments without an entry point: Mesos keeps the image's program, Docker does not", async () => {
    const { bench, registry } = given();
    const launch = async (container: "mesos" | "docker", ...words: readonly string[]): Promise<string> => {
      const root = imageRoot(`${registry.host}/test/cmd`, { container });
      return (await bench.run(contractSpec(entrypoint(...words), { root }))).stdout;
    };
    assert.equal(await launch("mesos", "a"), "start: a\n");
    assert.equal(await launch("docker", "/start", "b"), "start: b\n");
  });

  it("environment: the task's own wins", async () => {
    const text = await run("said", shell("echo $FROM $BOTH $PATH"), { env: { BOTH: "task" } });
    assert.equal(text, "image task /usr/bin:/bin:/own\n");
  });

  it("user: the image's, unless the task names one; never root unless allowed", async () => {
    assert.equal(await run("said", shell("id -u")), "4242\n");
    assert.equal(await run("said", shell("id -u"), { user: "77" }), "77\n");
    assert.equal(await run("silent", shell("id -u")), "65534\n");
    assert.equal(await run("root", entrypoint()), "65534\n");
  });

  it("working directory, made if the image has it not", async () => {
    assert.equal(await run("said", shell("pwd; touch mine; ls")), "/srv/here\nmine\n");
    assert.equal(await run("said", shell("pwd"), { workingDirectory: "/etc" }), "/etc\n");
    assert.equal(await run("silent", shell("pwd")), "/mnt/mesos/sandbox\n");
  });

  it("volumes can be written, with what the image has in them", async () => {
    const text = "cat /var/state/kept; for d in /var/state /fresh/volume; do touch $d/new && ls $d; done";
    assert.equal(await run("said", shell(text)), "from the image\nkept\nnew\nnew\n");
    assert.equal(await run("said", shell("ls /var/state")), "kept\n", "and are each container's own");
  });

  it("whiteouts hide, and the host's resolver is there", async () => {
    const text = "ls -d /unwanted 2>/dev/null; cat /etc/resolv.conf >/dev/null && echo resolves";
    assert.equal(await run("said", shell(text)), "resolves\n");
  });

  it("stop signal", async () => {
    const { bench, registry } = given();
    const root = imageRoot(`${registry.host}/test/trap`);
    const spec = contractSpec(entrypoint(), { root });
    await bench.launched(spec);
    const output = bench.sandboxFile(spec, "stdout");
    await until(
      "the trap to be laid",
      () => existsSync(output) && execFileSync("cat", [output]).includes("ready"),
    );
    bench.containers.perform({ type: "signal", containerId: spec.containerId, signal: "TERM" });
    const exited = await bench.outcome(spec, ["exited"]);
    assert.deepEqual(exited.type === "exited" && exited.exit, { kind: "code", code: 3 });
  });

  it("no command anywhere: refused in words", async () => {
    const { bench, registry } = given();
    const root = imageRoot(`${registry.host}/test/silent`);
    const refusal = await bench.refused(contractSpec(entrypoint(), { root }));
    assert.match(refusal.message, /says no command/);
  });
}

function fromFiles(given: () => { bench: Bench; layers: readonly Buffer[]; home: string }): void {
  it("an OCI layout, a directory or an archive of it, and what docker saves", async () => {
    const { bench, layers, home } = given();
    const image = buildImage({ layers, config: said, compression: "zstd" });
    const place = join(home, `files-${bench.directory.split("/").at(-1)}`);
    mkdirSync(place);
    writeOciLayout(join(place, "layout"), image);
    execFileSync("tar", ["-cf", join(place, "layout.tar"), "-C", join(place, "layout"), "."]);
    writeDockerArchive(join(place, "saved"), image, layers);
    execFileSync("tar", ["-cf", join(place, "saved.tar"), "-C", join(place, "saved"), "."]);
    for (const name of ["layout", "layout.tar", "saved.tar"]) {
      const root = { kind: "file", path: join(place, name) } as const;
      const { stdout, stderr } = await bench.run(contractSpec(entrypoint("x"), { root }));
      assert.equal(stdout + stderr, "start: entry x\n", name);
    }
  });

  it("as many layers as are possible", async () => {
    const { bench, layers, home } = given();
    const more = Array.from({ length: limits.imageLayersMax - layers.length }, (_, index) =>
      layerOf([{ name: "top", content: `${index}\n` }, { name: `each/${index}` }]),
    );
    const place = join(home, `many-${bench.directory.split("/").at(-1)}`);
    writeOciLayout(place, buildImage({ layers: [...layers, ...more], compression: "none" }));
    const command = shell("cat /top /marker; set -- /each/*; echo $#");
    const { stdout } = await bench.run(contractSpec(command, { root: { kind: "file", path: place } }));
    assert.equal(stdout, `${more.length - 1}\noriginal\n${more.length}\n`);
  });

  it("a layout with a damaged or missing file is refused", async () => {
    const { bench, layers, home } = given();
    const image = buildImage({ layers: layers.slice(1), config: said });
    const place = join(home, `damaged-${bench.directory.split("/").at(-1)}`);
    const cases: readonly (readonly [string, number, string | undefined, RegExp])[] = [
      ["config", 0, "{}", /is damaged/],
      ["layer", 1, "other", /should be sha256:|check sum|ends in the middle/],
      ["missing", 1, undefined, /is missing/],
    ];
    for (const [name, blob, content, message] of cases) {
      const directory = join(place, name);
      writeOciLayout(directory, image);
      const file = join(directory, "blobs", (image.blobs[blob]?.digest ?? "").replace(":", "/"));
      if (content === undefined) execFileSync("rm", [file]);
      else writeFileSync(file, content);
      const refusal = await bench.refused(
        contractSpec(shell("id"), { root: { kind: "file", path: directory } }),
      );
      assert.match(refusal.message, message, name);
    }
  });
}

/** A registry that never comes to an end. */
async function slowRegistry(): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === "/v2/") return response.writeHead(200).end();
    response.writeHead(200, { "content-type": "application/json" });
    return response.write("{");
  });
  server.listen(0, "127.0.0.1");
  await until("the slow registry", () => server.listening);
  return server;
}

function pulls(host: OciHost, given: () => TestRegistry): void {
  it("a task that is killed while its image is pulled ends at once, and so does an agent", async () => {
    const slow = await slowRegistry();
    const { port } = slow.address() as AddressInfo;
    const bench = new Bench(host, await temporaryDirectory());
    try {
      const root = imageRoot(`127.0.0.1:${port}/slow`);
      for (const signal of ["TERM", "KILL"] as const) {
        const spec = contractSpec(shell("id"), { root });
        bench.containers.perform({ type: "launch", spec });
        // The first is still under way when the second signal comes, the third before anything began.
        bench.containers.perform({ type: "signal", containerId: spec.containerId, signal });
        const outcome = await bench.outcome(spec, ["launch-failed"]);
        assert.equal(outcome.type === "launch-failed" && outcome.reason, "task-killed-during-launch");
      }
      const removed = contractSpec(shell("id"), { root });
      bench.containers.perform({ type: "launch", spec: removed });
      await until("the pull to begin", () =>
        readdirSync(join(bench.directory, "images")).includes("temporary"),
      );
      bench.containers.perform({ type: "remove", containerId: removed.containerId });
      await bench.outcome(removed, ["removed"]);
      bench.containers.perform({ type: "launch", spec: contractSpec(shell("id"), { root }) });
    } finally {
      await bench.dispose();
      slow.closeAllConnections();
      slow.close();
    }
  });

  it("what a container stands on is not pruned, also not by the agent after this one", async () => {
    const registry = given();
    const directory = await temporaryDirectory();
    const bench = new Bench(host, directory);
    const spec = contractSpec(shell("sleep 1000"), { root: imageRoot(`${registry.host}/test/said`) });
    const other = contractSpec(shell("id"), { root: imageRoot(`${registry.host}/test/other`) });
    await bench.launched(spec);
    await bench.run(other);
    await bench.removed(other);
    await bench.containers.close();
    const second = new Bench(host, directory);
    try {
      second.containers.perform({ type: "recover", known: [spec.containerId] });
      await until("its recovery", () => second.outcomes.some(({ type }) => type === "recovered"));
      assert.equal((await second.containers.pruneImages([])).length, 1);
      assert.deepEqual(await second.containers.pruneImages([]), []);
      second.containers.perform({ type: "remove", containerId: spec.containerId });
      await second.outcome(spec, ["removed"]);
      assert.equal((await second.containers.pruneImages([])).length, 1);
      assert.deepEqual(readdirSync(join(directory, "images/images")), []);
    } finally {
      await second.dispose();
    }
  });

  it("an image that wants root, or says nothing, has it where the agent allows root", async () => {
    const registry = given();
    const bench = new Bench(host, await temporaryDirectory(), { allowRoot: true });
    try {
      for (const name of ["root", "silent"]) {
        const root = imageRoot(`${registry.host}/test/${name}`);
        assert.equal((await bench.run(contractSpec(shell("id -u"), { root }))).stdout, "0\n");
      }
    } finally {
      await bench.dispose();
    }
  });

  it("a dead registry fails the task and not the agent", async () => {
    const bench = new Bench(host, await temporaryDirectory(), { registries: { retryInitialMs: 1 } });
    try {
      const dead = contractSpec(shell("id"), { root: imageRoot("127.0.0.1:1/dead") });
      assert.match(
        (await bench.refused(dead)).message,
        /cannot be reached: .*ECONNREFUSED.* \(tried 5 times\)/,
      );
      const { stdout } = await bench.run(contractSpec(shell("echo alive")));
      assert.equal(stdout, "alive\n");
    } finally {
      await bench.dispose();
    }
  });

  it("and it is told how far a pull is", async () => {
    const registry = given();
    const told: number[] = [];
    const onPull = ({ bytesDone, bytesTotal }: { bytesDone: number; bytesTotal: number }): void => {
      told.push(bytesDone / bytesTotal);
    };
    const bench = new Bench(host, await temporaryDirectory(), { onPull });
    try {
      await bench.run(contractSpec(shell("id"), { root: imageRoot(`${registry.host}/test/said`) }));
      assert.equal(told.at(-1), 1);
    } finally {
      await bench.dispose();
    }
  });
}

if (host.kind === "oci" && why === undefined) await images(host);
else it("containers from images", { skip: why ?? "no containers here" }, () => {});
