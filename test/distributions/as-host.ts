/**
 * An agent whose host is the user land of another distribution: its runtime, supervisor, shell, plugins and tools,
 * on this machine's kernel. `run.ts` says which; each is tried with every runtime that it has.
 *
 * What a distribution's own kernel and system manager would do differently is not shown here.
 */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { makeRoot } from "../containers-real.ts";
import { leftOf } from "../support/network-needs.ts";
import { type OwnAgent, type OwnProgram, OwnPrograms, sandboxOf } from "../support/own-programs.ts";
import { small } from "../support/scheduler-framework.ts";
import { temporaryDirectory } from "../temporary.ts";
import { until } from "../until.ts";
import { chosenLands, type UserLand, writeHostWrapper } from "./user-lands.ts";

const repository = join(import.meta.dirname, "../..");
const main = join(repository, "src/main.ts");
const runtimes = ["crun", "runc"] as const;

for (const { land, directory } of chosenLands()) {
  describe(`${land.name} as a host`, () => {
    it("preflight finds what is there, and names what is not", () => preflight(land, directory));
    const supervised = !(land.lacks ?? []).includes("conmon");
    for (const runtime of supervised ? runtimes : [])
      describe(`with ${runtime}`, () => agentOn(directory, runtime, land));
  });
}

function preflight(land: UserLand, directory: string): void {
  const home = temporaryDirectory("unum-land-");
  const wrapper = join(home, "node");
  writeHostWrapper(wrapper, { land: directory, home, repository });
  const args = [main, "agent", "preflight", "--json", "--data", join(home, "data")];
  const { stdout, stderr } = spawnSync(wrapper, args, { encoding: "utf8" });
  const { distribution, findings, install } = JSON.parse(stdout || assert.fail(stderr));
  assert.match(distribution, land.prettyName);
  const missing = findings.filter(({ verdict }: { readonly verdict: string }) => verdict === "missing");
  const names = missing.map(({ name }: { readonly name: string }) => name).toSorted();
  const lacks = land.lacks ?? [];
  assert.deepEqual(names, lacks.length === 0 ? [] : ["OCI runtime", ...lacks].toSorted(), stdout);
  assert.equal(install, lacks.length === 0 ? undefined : `apt-get install ${lacks.join(" ")}`, stdout);
}

function agentOn(directory: string, runtime: (typeof runtimes)[number], land: UserLand): void {
  const home = temporaryDirectory("unum-land-");
  const image = join(home, "image");
  const programs = new OwnPrograms(home);
  let agent: OwnAgent;
  let program: OwnProgram;

  before(async () => {
    const execPath = join(home, "node");
    const without = runtimes.filter((name) => name !== runtime).map((name) => `/usr/bin/${name}`);
    without.push(...without.map((path) => path.replace("/bin/", "/sbin/")));
    writeHostWrapper(execPath, { land: directory, home, repository, without });
    makeRoot(image);
    copyFileSync("/usr/bin/sleep", join(image, "usr/bin/sleep"));
    await programs.startMaster();
    agent = { ...(await programs.describeAgent("agent-1", ["--images", home])), execPath };
    program = await programs.startAgent(agent);
    await programs.untilNode("agent-1", "active");
  });
  after(async () => {
    await programs.end();
    assert.deepEqual(leftOf(agent.data), []);
  });

  it("a task sees this land, read-only, as nobody in particular", async (context) => {
    const found = new RegExp(`${runtime} \\S+ under conmon \\S+`).exec(program.output())?.[0];
    assert.ok(found !== undefined, program.output());
    context.diagnostic(found);
    const script =
      '. /etc/os-release; echo "$PRETTY_NAME"; id -u; touch /usr/x 2>/dev/null || echo read-only';
    const task = await programs.run("looks", script, "TASK_FINISHED");
    const [name = "", ...rest] = (await programs.read(task)).split("\n");
    assert.match(name, land.prettyName);
    assert.deepEqual(rest, ["65534", "read-only", ""]);
  });

  it("a task with a terminal of its own", async () => {
    const task = await programs.run(
      "types",
      {
        command: { value: "test -t 0 && test -t 1 && echo on a terminal" },
        container: { type: "MESOS", tty_info: {} },
      },
      "TASK_FINISHED",
    );
    assert.equal(await programs.read(task), "on a terminal\r\n");
  });

  it("memory is limited, and what was exceeded is told", async () => {
    const command = "head -c 200000000 /dev/zero | tail -c 190000000 >/dev/null";
    const { status } = await programs.run("eats", command, "TASK_FAILED");
    assert.equal(status.reason, "REASON_CONTAINER_LIMITATION_MEMORY");
  });

  it("a task outlives its agent, and its exit is told to the next", async () => {
    const script = "until [ -e go ]; do sleep 0.05; done; exit 3";
    const task = await programs.run("outlives", script);
    await programs.kill(program);
    program = await programs.startAgent(agent);
    writeFileSync(join(sandboxOf(agent, task), "go"), "");
    const status = await programs.untilTask("outlives", "TASK_FAILED");
    assert.match(status.message ?? "", /status 3/);
  });

  it("a network of its own, with a port of the host that leads there", async () => {
    const [, first = "0"] = /--ports (\d+)-/.exec(agent.argv.join(" ")) ?? [];
    const port = Number(first);
    const served =
      'use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 80, Listen => 5, ReuseAddr => 1) or die; while (my $c = $s->accept) { <$c>; print $c "HTTP/1.0 200 OK\\r\\n\\r\\nserved"; close $c }';
    await programs.run("serves", {
      command: { shell: false, value: "perl", arguments: ["perl", "-e", served] },
      resources: [
        ...small,
        { name: "ports", type: "RANGES", ranges: { range: [{ begin: BigInt(port), end: BigInt(port) }] } },
      ],
      container: {
        type: "MESOS",
        network_infos: [
          { name: "mesos-bridge", port_mappings: [{ host_port: port, container_port: 80, protocol: "tcp" }] },
        ],
      },
    });
    const answer = await until("an answer", () =>
      fetch(`http://127.0.0.1:${port}`)
        .then((response) => response.text())
        .catch(() => undefined),
    );
    assert.equal(answer, "served");
  });

  it("an image as its root; commands beside it, on a pipe and on a terminal; a check of its own", async () => {
    const framework = await programs.framework();
    await programs.run("imaged", {
      command: { value: "sleep 1000" },
      container: { type: "MESOS", mesos: { image: { type: "DOCKER", docker: { name: `file://${image}` } } } },
      check: {
        ...{ type: "COMMAND" as const, delay_seconds: 0, interval_seconds: 0.2 },
        command: { command: { value: "exit 7" } },
      },
    });
    const found = await framework.next(
      "UPDATE",
      ({ update }) => update?.status.check_status?.command?.exit_code !== undefined,
    );
    assert.equal(found.update?.status.check_status?.command?.exit_code, 7);
    assert.deepEqual(await exec("imaged", "sh", "-c", "echo $((6 * 7)); exit 4"), { code: 4, text: "42\n" });
    const terminal = await exec("-t", "imaged", "sh", "-c", "test -t 0 && echo yes; exit 5");
    // runc has been seen to put one carriage return more into it.
    assert.deepEqual(
      { ...terminal, text: terminal.text.replaceAll(/\r+\n/g, "\r\n") },
      { code: 5, text: "yes\r\n" },
    );
  });

  async function exec(
    ...words: readonly string[]
  ): Promise<{ readonly code: number; readonly text: string }> {
    const at = words.indexOf("sh");
    const args = [main, "task", "exec", ...words.slice(0, at), "--", ...words.slice(at)];
    const env = { ...process.env, UNUM_URL: programs.gatewayUrl, UNUM_TOKEN_FILE: programs.tokenFile };
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
    });
    const [code] = await once(child, "close");
    return { code, text };
  }
}
