/**
 * `unum import marathon`, from an answer of Marathon 1.4's shape: what is submitted, in which order, and what is reported.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readForeignGroups } from "#wire/marathon/foreign-groups.ts";
import {
  runUnum,
  type StubAnswer,
  type StubRequest,
  type StubRoutes,
  startStubCluster,
} from "../../test/support/stub-cluster.ts";
import { without } from "./import/without.ts";

const groups = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../test/fixtures/marathon/groups/marathon-1.4.json"), "utf8"),
);
const sourceRoutes: StubRoutes = {
  "GET /service/marathon/v2/groups": [{ body: groups }],
  "GET /service/marathon/v2/info": [{ body: { version: "1.4.3" } }],
};

const taken = (): StubAnswer => ({ status: 201, body: {} });
const targetRoutes: StubRoutes = {
  "POST /v2/apps": taken,
  "POST /v2/pods": taken,
  "PUT /v2/groups/shop": taken,
};

async function run(target: StubRoutes, ...argv: readonly string[]) {
  const [source, here] = [await startStubCluster(sourceRoutes), await startStubCluster(target)];
  try {
    const words = ["import", "marathon", `${source.url}/service/marathon/`, ...argv];
    const outcome = await runUnum(words, { env: { UNUM_URL: here.url } });
    return { ...outcome, requests: here.requests, asked: source.requests };
  } finally {
    await source.close();
    await here.close();
  }
}

const sent = (requests: readonly StubRequest[]): readonly string[] =>
  requests.map(({ method, path, body }) => `${method} ${path} ${(body as { id?: string }).id}`);

const bodyOf = (requests: readonly StubRequest[], id: string) =>
  requests.find(({ body }) => (body as { id?: string } | undefined)?.id === id)?.body as Record<
    string,
    unknown
  >;

describe("cli: import marathon", () => {
  it("creates everything, what others depend on first", async () => {
    const { code, stdout, stderr, requests } = await run(targetRoutes);
    assert.deepEqual(sent(requests), [
      "POST /v2/apps /proxy",
      "POST /v2/apps /shop/db",
      "POST /v2/apps /shared/queue",
      "POST /v2/pods /shared/logs",
      "PUT /v2/groups/shop /shop",
      "POST /v2/apps /shop/web",
    ]);
    assert.equal(code, 0);
    assert.match(stdout, /app +\/shop\/web +imported/);
    assert.match(stdout, /residency: left out/);
    assert.match(stderr, /6 read from .* \(Marathon 1\.4\.3\): 6 imported\./);
  });

  it("sends what a client would: nothing that only answers have, and nothing twice", async () => {
    const { requests } = await run(targetRoutes);
    const proxy = bodyOf(requests, "/proxy");
    for (const name of [
      "uris",
      "ports",
      "portDefinitions",
      "version",
      "tasks",
      "tasksRunning",
      "cmd",
      "ipAddress",
    ]) {
      assert.equal(name in proxy, false, name);
    }
    assert.deepEqual(proxy.fetch, groups.apps[0].fetch);
    assert.deepEqual(proxy.container, groups.apps[0].container);
    const web = bodyOf(requests, "/shop/web");
    assert.deepEqual(web.portDefinitions, [], "no ports at all, not the usual one");
    assert.deepEqual(web.dependencies, ["/shop/db", "/shared/queue"]);
    assert.deepEqual(bodyOf(requests, "/shop/db").ports, [10002]);
    assert.deepEqual(bodyOf(requests, "/shop"), { id: "/shop", dependencies: ["/shared"] });
  });

  it("reports what is refused, and leaves it out when asked to", async () => {
    const refusing: StubRoutes = {
      ...targetRoutes,
      "POST /v2/apps": ({ body }) => {
        const { id, executor } = body as { id: string; executor?: string };
        if (id === "/proxy")
          return { status: 409, body: { message: "An app with id [/proxy] already exists." } };
        if (executor === undefined || executor === "") return taken();
        const details = [{ path: "/executor", errors: ["not supported"] }];
        return { status: 422, body: { message: "Object is not valid", details } };
      },
    };
    const refused = await run(refusing);
    assert.equal(refused.code, 1);
    assert.match(refused.stdout, /\/proxy +exists, left alone/);
    assert.match(refused.stdout, /\/shop\/web +refused/);
    assert.match(refused.stdout, /\/executor: not supported/);
    assert.match(refused.stderr, /--drop-unsupported/);
    const dropped = await run(refusing, "--drop-unsupported", "--json");
    assert.equal(dropped.code, 0);
    const web = JSON.parse(dropped.stdout).items.find(({ id }: { id: string }) => id === "/shop/web");
    assert.equal(web.outcome, "imported");
    assert.deepEqual(web.lost, [{ path: "/executor", why: "not supported" }]);
  });

  it("may take a part only, suspended, or change nothing", async () => {
    const part = await run(targetRoutes, "--only", "shared", "--suspended");
    assert.deepEqual(sent(part.requests), ["POST /v2/apps /shared/queue", "POST /v2/pods /shared/logs"]);
    const queue = bodyOf(part.requests, "/shared/queue");
    assert.deepEqual([queue.instances, queue.labels], [0, { UNUM_IMPORTED_INSTANCES: "1" }]);
    const logs = bodyOf(part.requests, "/shared/logs");
    assert.deepEqual(logs.scaling, { kind: "fixed", instances: 0 });
    assert.deepEqual(logs.labels, { UNUM_IMPORTED_INSTANCES: "2" });
    const dry = await run({ "PUT /v2/apps/proxy": taken }, "--only", "/proxy", "--dry-run");
    assert.deepEqual(
      dry.requests.map(({ method, path }) => `${method} ${path}`),
      ["PUT /v2/apps/proxy?dryRun=true"],
    );
    assert.match(dry.stdout, /would be imported/);
  });

  it("says what is wrong with the other side", async () => {
    const stub = await startStubCluster({
      "GET /v2/groups": [{ status: 401, body: {} }],
      "GET /x/v2/groups": [{ body: [] }],
    });
    const runAt = (url: string) => runUnum(["import", "marathon", url], { env: { UNUM_URL: stub.url } });
    const unauthorised = await runAt(stub.url);
    assert.equal(unauthorised.code, 1);
    assert.match(unauthorised.stderr, /answered 401[\s\S]*--source-auth/);
    assert.match((await runAt(`${stub.url}/x`)).stderr, /is no Marathon/);
    assert.equal((await runAt("marathon:8080")).code, 2);
    await stub.close();
    assert.equal((await runAt(stub.url)).code, 4);
  });
});

describe("cli: parts of an import", () => {
  it("reads trees of any shape without a complaint", () => {
    for (const odd of [null, [], "x", { apps: [null, 3, {}], groups: [{ groups: null }], pods: "no" }]) {
      for (const item of readForeignGroups(odd)) assert.equal(item.kind, "app");
    }
  });

  it("takes out just the member that a path names", () => {
    const app = { id: "/a", volumes: [{ x: 1 }, { y: 2, z: 3 }] };
    assert.deepEqual(without(app, "/volumes(1)/y"), { id: "/a", volumes: [{ x: 1 }, { z: 3 }] });
    assert.deepEqual(without(app, "/volumes(0)"), { id: "/a", volumes: [{ y: 2, z: 3 }] });
    assert.deepEqual(without(app, "/volumes"), { id: "/a" });
    for (const path of ["/", "", "/nothing", "/volumes(7)", "/volumes/x"])
      assert.equal(without(app, path), undefined);
  });
});
