/**
 * Masters and agents that are given bad data: a damaged, a foreign or another's directory, or another's prefix in etcd. They end
 * with what is wrong and what to do, and leave it as it was.
 *
 * What may become of a file byte by byte is in `src/shell/store/embedded/damage.test.ts`.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { createEtcdClient, type EtcdClient } from "#shell/store/etcd/etcd-client.ts";
import { encode } from "#shell/store/etcd/keys.ts";
import { type Ended, runUnum } from "./support/cli-child.ts";
import { hasEtcd, TestEtcd } from "./support/etcd.ts";
import { freePorts } from "./support/free-ports.ts";
import { OwnPrograms } from "./support/own-programs.ts";
import { temporaryDirectory } from "./temporary.ts";

const home = temporaryDirectory("unum-bad-data-");
const programs = new OwnPrograms(join(home, "good"));
const masterData = join(home, "good/master");
const agentData = join(home, "good/a");

before(async () => {
  const master = await programs.startMaster();
  const agent = await programs.startAgent(await programs.describeAgent("a"));
  await programs.untilNode("a", "active");
  // As after a crash: with a log that was not carried over.
  for (const program of [agent, master]) await programs.kill(program);
});
after(() => programs.end());

/** Of everything below a directory but the times. */
function digest(directory: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(directory, { recursive: true }).map(String).sort()) {
    const path = join(directory, name);
    const stat = lstatSync(path);
    hash.update(`${name} ${stat.mode}\n`);
    if (stat.isFile()) hash.update(readFileSync(path));
  }
  return hash.digest("hex");
}

let places = 0;
const offered = ["--cpus", "1", "--mem", "256", "--disk", "100"];

type Role = "master" | "agent";

async function start(role: Role, data: string, ...flags: readonly string[]): Promise<Ended> {
  const [port = 0, other = 0] = await freePorts(2);
  const own =
    role === "master"
      ? ["--port", String(port), "--gateway-port", String(other)]
      : [
          "--name",
          "a",
          "--master",
          "127.0.0.1:1",
          "--port",
          String(port),
          "--ports",
          `${other}-${other}`,
          ...offered,
        ];
  const common = ["--data", data, "--token-file", programs.tokenFile];
  return runUnum([role, ...common, ...own, ...flags], { env: { NODE_COMPILE_CACHE: join(home, "cache") } });
}

/** Of the rows alone: a file that can be read is opened before they are. */
function rowsOf(file: string): string {
  const database = new DatabaseSync(file);
  const rows = database.prepare("SELECT * FROM rows WHERE kind <> 'reserve' ORDER BY kind, id").all();
  database.close();
  return JSON.stringify(rows);
}

/** A copy of good data is harmed and given to a program, which must refuse it so, and leave it so. */
async function refuses(
  role: Role,
  harm: (directory: string) => void,
  message: RegExp,
  /** Of which only the rows are to stay. */
  fileOf?: (directory: string) => string,
): Promise<void> {
  places += 1;
  const data = join(home, `bad-${places}`);
  cpSync(role === "master" ? masterData : agentData, data, { recursive: true });
  harm(data);
  const look = (): string => (fileOf === undefined ? digest(data) : rowsOf(fileOf(data)));
  const before = look();
  const { code, stderr, stdout } = await start(role, data);
  assert.equal(code, 1, stderr + stdout);
  const ending = stderr.split("\n").find((line) => line.includes("ending: ")) ?? stderr + stdout;
  assert.match(ending, message);
  assert.equal(look(), before, `${message}: it is left as it was`);
}

const masterFile = (directory: string): string => join(directory, "master.db");
const agentFile = (directory: string): string => join(directory, "store/agent.db");
const sql = (file: string, text: string): void => {
  const database = new DatabaseSync(file);
  database.exec(text);
  database.close();
};
const removeFile = (file: string): void => void spawnSync("rm", ["-f", file, `${file}-wal`, `${file}-shm`]);

describe("a damaged directory", () => {
  it("a value that changed on a master's disk", () =>
    refuses(
      "master",
      (at) => {
        const file = masterFile(at);
        sql(file, "PRAGMA wal_checkpoint(TRUNCATE)");
        const text = readFileSync(file, "latin1");
        assert.ok(text.includes('"createdAt":"20'));
        writeFileSync(file, text.replaceAll('"createdAt":"20', '"createdAt":"30'), "latin1");
      },
      /master\.db is damaged \(row cluster "self" is not what was written\)\. Nothing was changed\. Restore it/,
    ));

  it("an agent's file that is empty", () =>
    refuses(
      "agent",
      (at) => {
        removeFile(agentFile(at));
        writeFileSync(agentFile(at), "");
      },
      /is damaged \(it is empty, of 0 bytes\)\. Nothing was changed\. Restore it from a backup/,
    ));
});

describe("a directory of a newer release", () => {
  for (const [role, fileOf, kind] of [
    ["master", masterFile, "framework"],
    ["agent", agentFile, "identity"],
  ] as const) {
    it(`with a row of a newer form, the ${role}'s`, () =>
      refuses(
        role,
        (at) => sql(fileOf(at), `UPDATE rows SET version = 99, sum = NULL WHERE kind = '${kind}'`),
        new RegExp(
          `${kind} ".*" was written by a newer release \\(form 99, this one reads up to 1\\): start that release`,
        ),
        fileOf,
      ));

    it(`with rows of a kind that this one does not know, the ${role}'s`, () =>
      refuses(
        role,
        (at) => sql(fileOf(at), "INSERT INTO rows VALUES ('teleport', '1', 1, '{}', 1, NULL)"),
        /holds rows of kinds that this release does not know \("teleport"\): a newer release wrote them/,
        fileOf,
      ));
  }
});

describe("a directory of somebody else", () => {
  it("an agent's is no master's", () =>
    refuses(
      "master",
      (at) => cpSync(agentData, at, { recursive: true }),
      /is the data directory of an agent\. Nothing was changed/,
    ));

  it("a master's is no agent's", () =>
    refuses(
      "agent",
      (at) => cpSync(masterData, at, { recursive: true }),
      /is the data directory of a master\. Nothing was changed/,
    ));

  it("one that may not be read is said so", async () => {
    const data = join(home, "locked");
    mkdirSync(data, { mode: 0o700 });
    cpSync(masterData, data, { recursive: true });
    for (const path of [home, programs.home]) chmodSync(path, 0o755);
    chmodSync(programs.tokenFile, 0o644);
    const [port = 0, other = 0] = await freePorts(2);
    const argv = ["master", "--data", data, "--token-file", programs.tokenFile];
    const ends = await runUnum([...argv, "--port", String(port), "--gateway-port", String(other)], {
      ids: { uid: 65_534, gid: 65_534 },
    });
    chmodSync(programs.tokenFile, 0o600);
    assert.equal(ends.code, 1, ends.stderr);
    assert.match(ends.stderr, /ending: .*(master\.db|locked).*(permission denied|cannot be opened)/i);
  });
});

describe("etcd", { skip: hasEtcd ? false : "etcd is not installed", concurrency: 2 }, () => {
  let etcd: TestEtcd;
  let client: EtcdClient;
  before(async () => {
    etcd = await TestEtcd.start();
    client = createEtcdClient({ endpoints: [etcd.url] });
  });
  after(async () => {
    await client.close();
    await etcd.kill();
  });

  const all = async (prefix: string): Promise<unknown> => {
    const { kvs } = await client.call("kv/range", {
      key: encode(`${prefix}/`),
      range_end: encode(`${prefix}0`),
    });
    return ((kvs ?? []) as readonly { key: string; value: string }[]).map(({ key, value }) => [key, value]);
  };

  const holds = async (
    values: Readonly<Record<string, string>>,
    message: RegExp,
    cluster?: string,
  ): Promise<void> => {
    places += 1;
    const number = places;
    const prefix = `/bad-${number}`;
    for (const [name, value] of Object.entries(values))
      await client.call("kv/put", { key: encode(`${prefix}/${name}`), value: encode(value) });
    const found = await all(prefix);
    const data = join(home, `etcd-${number}`);
    mkdirSync(data);
    if (cluster !== undefined) writeFileSync(join(data, "cluster-id"), `${cluster}\n`);
    const store = `${etcd.url.replace("http://", "etcd://")}${prefix}`;
    const { code, stderr } = await start("master", data, "--store", store);
    assert.equal(code, 1, stderr);
    assert.match(stderr.split("\n").find((line) => line.includes("ending: ")) ?? stderr, message);
    assert.deepEqual(await all(prefix), found, "nothing was changed, and nobody leads any more");
  };

  const format = "unum 1";
  const cluster = `1 ${JSON.stringify({ id: "c1", createdAt: "2026-01-01T00:00:00Z" })}`;
  const ours = { format, "row/cluster/self": cluster };

  it("a row that is no JSON any more", () =>
    holds(
      { ...ours, "row/quota/dev": '1 {"lim' },
      /quota "dev" is damaged \(.*\): restore the store from a backup/,
    ));
  it("a row in a newer form", () =>
    holds({ ...ours, "row/quota/dev": "44 {}" }, /quota "dev" was written by a newer release \(form 44/));
  it("another cluster", () =>
    holds(
      ours,
      /is the directory of a master of cluster c2, but .* holds cluster c1\. Nothing was changed/,
      "c2",
    ));
  it("nothing, to a master that had a cluster", () =>
    holds(
      { format },
      /is the directory of a master of cluster c2, but .* holds none\. Nothing was changed/,
      "c2",
    ));
});
