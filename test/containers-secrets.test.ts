/**
 * Secrets of real containers: who sees them, what must not, and what is refused.
 *
 * After each run the whole of the agent's directory and the runtime's words are searched for the secret's text.
 */

import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { ContainerVolume } from "#model/container-volume.ts";
import type { Secret } from "#model/secret.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import { detectHost } from "#shell/containers/detect.ts";
import type { OciHost } from "#shell/containers/host-abilities.ts";
import { contractSpec } from "./containers-contract.ts";
import { Bench, shell, temporaryDirectory } from "./containers-real.ts";
import { until } from "./until.ts";

const hidden = "hunter2-never-on-a-disk";
const named = (name: string, key?: string): Secret => ({
  kind: "reference",
  name,
  ...(key === undefined ? {} : { key }),
});
const given = (text: string): Secret => ({ kind: "value", data: Buffer.from(text).toString("base64") });
const fileOf = (secret: Secret, containerPath = "conf/password"): ContainerVolume => ({
  containerPath,
  mode: "read-write",
  source: { kind: "secret", secret },
});

/** Every file below it that holds the text, itself no link. Checks come and go meanwhile: what is gone holds nothing. */
function holding(directory: string, text: string): string[] {
  return unlessGone(() => readdirSync(directory, { withFileTypes: true })).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return holding(path, text);
    return unlessGone(() => (entry.isFile() && readFileSync(path).includes(text) ? [path] : []));
  });
}

function unlessGone<Found>(look: () => Found[]): Found[] {
  try {
    return look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Arguments of all processes of this machine. */
const commandLines = (): string =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "latin1");
      } catch {
        return "";
      }
    })
    .join("\n");

function secretsHold(runtime: string, host: OciHost): void {
  describe(`secrets of ${runtime}`, () => {
    let bench: Bench;
    let secrets: string;
    before(async () => {
      secrets = await temporaryDirectory();
      mkdirSync(join(secrets, "db"), { mode: 0o700 });
      const files: readonly [string, string, number][] = [
        ["db/password", hidden, 0o600],
        ["db/open", "x", 0o644],
        ["db/other", "x", 0o600],
        ["binary", "\u0000\u0001", 0o400],
        ["large", "x".repeat(1024 * 1024 + 1), 0o400],
      ];
      for (const [name, text, mode] of files) writeFileSync(join(secrets, name), text, { mode });
      chmodSync(join(secrets, "db/open"), 0o644);
      chownSync(join(secrets, "db/other"), 1, 1);
      symlinkSync("/etc/hostname", join(secrets, "link"));
      symlinkSync("/etc", join(secrets, "etc"));
      bench = new Bench(host, await temporaryDirectory(), { secretsDirectory: secrets });
    });
    after(async () => {
      await bench.dispose();
      await rm(secrets, { recursive: true, force: true });
    });

    const run = async (text: string, more: Partial<ContainerSpec>) => {
      const spec = contractSpec(shell(text), more);
      const { exited, stdout, stderr } = await bench.run(spec);
      await bench.removed(spec);
      return { code: exited.exit.kind === "code" ? exited.exit.code : exited.exit, stdout, stderr };
    };

    it("a variable and a file have what the operator keeps, and the file is the task's alone", async () => {
      const ran = await run(
        'printf %s "$PASSWORD" | md5sum; md5sum <conf/password; stat -c "%a %u" conf/password; echo x >conf/password',
        { secretEnv: { PASSWORD: named("db/password") }, volumes: [fileOf(named("db", "password"))] },
      );
      const [variable, file, rights] = ran.stdout.split("\n");
      assert.equal(variable, file);
      assert.notEqual(variable, undefined);
      assert.equal(rights, "400 65534");
      assert.match(ran.stderr, /Read-only file system|Permission denied/);
    });

    it("one that came with the task, beside its plain variables", async () => {
      const ran = await run('echo "$A$B"; cat f', {
        env: { A: "a" },
        secretEnv: { B: given("b") },
        volumes: [fileOf(given("c"), "f")],
      });
      assert.deepEqual(ran, { code: 0, stdout: "ab\nc", stderr: "" });
    });

    it("nothing of it is on the disk while it runs, nor in any command line, and nothing anywhere afterwards", async () => {
      const spec = contractSpec(shell("echo up; sleep 1000"), {
        secretEnv: { PASSWORD: named("db/password") },
        volumes: [fileOf(named("db/password"))],
      });
      await bench.launched(spec);
      await until("it to run", () => readFileSync(bench.sandboxFile(spec, "stdout"), "utf8") === "up\n");
      bench.containers.perform({
        type: "check",
        containerId: spec.containerId,
        checkId: "sees-it",
        probe: { command: shell('test "$PASSWORD" = "$(cat conf/password)" && test -n "$PASSWORD"') },
        timeoutMs: 20_000,
      });
      const checked = await bench.outcome(spec, ["check-result"]);
      assert.ok(checked.type === "check-result" && checked.ok, JSON.stringify(checked));
      const place = privatePlace(bench, spec);
      assert.ok(place !== undefined && readdirSync(place).includes("secret-0"));
      assert.deepEqual(holding(bench.directory, hidden), []);
      assert.ok(!commandLines().includes(hidden));
      await bench.removed(spec);
      assert.equal(privatePlace(bench, spec), undefined);
      assert.ok(!JSON.stringify(bench.outcomes).includes(hidden));
    });

    it("what cannot be had fails the launch, by its name and never by what is in it", async () => {
      const cases: readonly [Secret, RegExp][] = [
        [named("db/missing"), /secret "db\/missing" cannot be had: this agent has none of that name/],
        [named("db"), /it is no plain file/],
        [named("db/open"), /can be used by others \(mode 0644\)/],
        [named("db/other"), /belongs to user 1/],
        [named("link"), /is a link/],
        [named("etc/hostname"), /none of that name|is a link/],
        [named("../x"), /none of them '\.' or '\.\.'/],
        [named("db//password"), /single slashes/],
        [named("large"), /more than 1048576 bytes/],
        [{ kind: "value" }, /not there any more/],
      ];
      for (const [secret, sentence] of cases) {
        for (const more of [{ secretEnv: { X: secret } }, { volumes: [fileOf(secret)] }]) {
          const refused = await bench.refused(contractSpec(shell("true"), more));
          assert.match(refused.message, sentence);
          assert.equal(refused.reason, "container-launch-failed");
        }
      }
      const binary = await bench.refused(contractSpec(shell("true"), { secretEnv: { X: named("binary") } }));
      assert.match(binary.message, /NUL character, and cannot be the variable X/);
    });

    it("tasks cannot read the operator's directory", async () => {
      const ran = await run(`ls ${secrets}; cat ${secrets}/db/password`, { user: "nobody" });
      assert.doesNotMatch(ran.stdout, /hunter|db/);
    });

    it("a directory that is open to others is not used at all", async () => {
      const open = await temporaryDirectory();
      chmodSync(open, 0o755);
      const data = await temporaryDirectory();
      assert.throws(
        () => new Bench(host, data, { secretsDirectory: open }),
        /the secrets' directory .* can be used by others \(mode 0755\)/,
      );
      for (const directory of [open, data]) await rm(directory, { recursive: true, force: true });
    });
  });
}

function privatePlace(bench: Bench, spec: ContainerSpec): string | undefined {
  const link = join(bench.directory, "containers", spec.containerId, "private");
  try {
    readdirSync(link);
    return link;
  } catch {
    return undefined;
  }
}

for (const runtime of ["crun", "runc"] as const) {
  const host = await detectHost({ runtime });
  if (host.kind === "plain") it(`secrets of ${runtime}`, { skip: host.why }, () => {});
  else secretsHold(runtime, host);
}

const plain = await detectHost({ forcePlain: true });
describe("without isolation", () => {
  it("there are no secrets, and no settings that only walls could hold", async () => {
    const bench = new Bench(plain, await temporaryDirectory());
    try {
      for (const more of [
        { secretEnv: { A: given("x") } },
        { volumes: [fileOf(given("x"), "f")] },
        { settings: { readOnlyRoot: true } },
      ]) {
        const refused = await bench.refused(contractSpec(shell("true"), more));
        assert.match(refused.message, /needs container isolation/);
      }
      const settings = { privileged: false, env: {}, parameters: [] };
      assert.equal((await bench.run(contractSpec(shell("echo ran"), { settings }))).stdout, "ran\n");
    } finally {
      await bench.dispose();
    }
  });
});
