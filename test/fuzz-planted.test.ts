/**
 * The fuzz itself: against a server with a bug it finds the bug, against one without it finds nothing, and a
 * request is drawn from its seed and its number alone.
 */

import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Engine } from "./fuzz/engine.ts";
import { type FuzzWorld, generate, type Surface, wholeSurface } from "./fuzz/generate.ts";
import { watchGrowth } from "./fuzz/growth.ts";
import { measure, probeEnvironment } from "./fuzz/heap.ts";
import { noIds } from "./fuzz/known-ids.ts";
import { temporaryDirectory } from "./temporary.ts";

const token = "stub-token";
const requests = 400;
const probes = join(temporaryDirectory("unum-fuzz-planted-"), "probes");
const stubFile = fileURLToPath(import.meta.resolve("./fuzz/stub-server.ts"));
const stubSurface: Surface = wholeSurface.filter(
  ({ server, route: { method, path } }) =>
    (server === "gateway" && path === "/v2/apps" && (method === "GET" || method === "POST")) ||
    (server === "master" && method === "POST" && path === "/api/v1/scheduler"),
);

type Stub = { readonly engine: Engine; readonly pid: number; readonly world: FuzzWorld };

async function withStub(
  bug: string,
  use: (stub: Stub) => Promise<void>,
  answerWithinMs = 60_000,
): Promise<void> {
  const child = fork(stubFile, [bug, token], {
    env: { ...process.env, ...probeEnvironment(probes) },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const exit = once(child, "exit");
  try {
    const [{ port }] = (await once(child, "message")) as [{ readonly port: number }];
    const at = { address: "127.0.0.1", port };
    const host = `127.0.0.1:${port}`;
    const world: FuzzWorld = {
      surface: stubSurface,
      token,
      hosts: { gateway: host, master: host, agent: host },
      ids: { seen: noIds, prey: noIds },
    };
    const addresses = { gateway: at, master: at, agent: at };
    const engine = new Engine({ seed: 1, addresses, world: () => world, answerWithinMs, atOnce: 8 });
    await use({ engine, pid: child.pid ?? 0, world });
  } finally {
    child.kill("SIGKILL");
    await exit;
  }
}

const storm = async ({ engine }: Stub): Promise<string> => {
  await engine.run(
    0,
    (number) => number >= requests || engine.problems.length > 0,
    async () => {},
  );
  return engine.problems.join("\n\n");
};

async function grow({ engine, pid, world }: Stub): Promise<string> {
  const load = Array.from({ length: 150 }, (_, number) => generate(1, number, world)).filter(
    ({ expects }) => expects === "answer",
  );
  const watched = [{ name: "the stub", measure: () => measure(pid, probes) }];
  const { problems, figures } = await watchGrowth(engine, { load, rounds: 3, atOnce: 8 }, watched);
  assert.equal(figures.length, 1);
  return problems.join("\n");
}

test("fuzz: a server without a bug passes, in its answers and in what it holds", async () => {
  await withStub("none", async (stub) => {
    assert.equal(stubSurface.length, 3);
    assert.equal(await storm(stub), "");
    assert.equal(await grow(stub), "");
    assert.ok(stub.engine.sent > requests);
  });
});

const planted: readonly (readonly [bug: string, expected: RegExp, answerWithinMs?: number])[] = [
  ["throws", /status 500, which this endpoint does not document: .*Internal error/],
  ["never-answers", /no answer, and the connection stays open/, 1_000],
  ["open-door", /status 200 without the token/],
  ["no-json", /says that it is JSON and is none/],
  ["dies", /nothing listens|closed without a whole answer/],
];

test("fuzz: a server that fails only when its loop answers is found out, and lives", async () => {
  await withStub("throws-later", async (stub) => {
    assert.match(await storm(stub), /status 500, which this endpoint does not document: .*Internal error/);
    const before = stub.engine.problems.length;
    await stub.engine.one(0);
    assert.equal(stub.engine.problems.length, before, "it answers others as before");
  });
});

for (const [bug, expected, answerWithinMs] of planted)
  test(`fuzz: a server that has the bug "${bug}" is found out`, async () => {
    await withStub(
      bug,
      async (stub) => {
        const problems = await storm(stub);
        assert.match(problems, expected);
        assert.match(problems, /again: npm run fuzz -- --seed 1 --only \d+\n/);
        assert.ok(!problems.includes(token), "the token is not told");
      },
      answerWithinMs,
    );
  });

test("fuzz: a server that keeps something of each request is found out", async () => {
  await withStub("leaks", async (stub) => {
    assert.match(await grow(stub), /the stub holds \d+\.\d+ MiB more after the same \d+ requests/);
  });
});

test("fuzz: a seed and a number give the same request again, others another", () => {
  const hosts = { gateway: "g", master: "m", agent: "a" };
  const world: FuzzWorld = { surface: wholeSurface, token, hosts, ids: { seen: noIds, prey: noIds } };
  const bytes = (seed: number, number: number): string =>
    Buffer.concat(generate(seed, number, world).pieces).toString("latin1");
  const differing = Array.from({ length: 2_000 }, (_, number) => {
    assert.equal(bytes(7, number), bytes(7, number));
    return bytes(7, number) === bytes(8, number) ? 0 : 1;
  });
  assert.ok(differing.reduce((sum: number, one) => sum + one, 0) > 1_000);
});

test("fuzz: the first requests go to every endpoint of every server, with the token", () => {
  const hosts = { gateway: "g", master: "m", agent: "a" };
  const world: FuzzWorld = { surface: wholeSurface, token, hosts, ids: { seen: noIds, prey: noIds } };
  assert.ok(wholeSurface.length > 200, `${wholeSurface.length} endpoints`);
  for (const [number, { server, route }] of wholeSurface.entries()) {
    const request = generate(1, number, world);
    assert.equal(`${request.server} ${request.endpoint}`, `${server} ${route.method} ${route.path}`);
    assert.ok(request.isAuthorized && request.method === route.method);
  }
});
