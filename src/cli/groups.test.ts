/**
 * Commands on groups and plans, against a stub: what they send, what they tell, how they fail.
 */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import {
  type Outcome,
  type RunOptions,
  runUnum,
  type StubRequest,
  type StubRoutes,
  startStubCluster,
} from "../../test/support/stub-cluster.ts";

const directory = mkdtempSync(join(tmpdir(), "unum-cli-groups-"));
after(() => rmSync(directory, { recursive: true }));

type Ran = Outcome & { readonly requests: readonly StubRequest[] };

async function run(routes: StubRoutes, argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const stub = await startStubCluster(routes);
  try {
    const outcome = await runUnum(argv, { ...options, env: { UNUM_URL: stub.url, ...options.env } });
    return { ...outcome, requests: stub.requests };
  } finally {
    await stub.close();
  }
}

const sent = ({ requests }: Ran): readonly string[] =>
  requests.map(({ method, path }) => `${method} ${path}`);

const web = { id: "/shop/web", instances: 2, tasksRunning: 2 };
const shop = {
  id: "/shop",
  apps: [web],
  pods: [],
  dependencies: ["/base"],
  groups: [
    { id: "/shop/jobs", apps: [{ id: "/shop/jobs/mail", instances: 1, tasksRunning: 0 }], groups: [] },
  ],
};
const changed = { body: { version: "v", deploymentId: "d-1" } };
const underWay = {
  id: "d-1",
  currentStep: 2,
  totalSteps: 3,
  waitingFor: ["/shop/web: 1 instance has to run, for 3 s"],
  waits: [{ app: "/shop/web", what: "running", count: 1, text: "/shop/web: 1 instance has to run, for 3 s" }],
  deadline: "2030-01-01T00:00:00.000Z",
  steps: [
    { actions: [{ action: "StopApplication", app: "/shop/old" }] },
    {
      actions: [
        { action: "ScaleApplication", app: "/shop/web" },
        { action: "ScaleApplication", pod: "/shop/p" },
      ],
    },
    { actions: [{ action: "RestartApplication", app: "/shop/api" }] },
  ],
};
const goesWell: StubRoutes = {
  "POST /v2/groups": [{ status: 201, body: changed.body }],
  "PUT /v2/groups/shop": [changed],
  "DELETE /v2/groups/shop": [changed],
  "GET /v2/deployments": [{ body: [underWay] }, { body: [] }],
  "GET /v2/groups/shop": [{ body: { ...shop, groups: [] } }],
};
const file = join(directory, "shop.json");
const definition = { id: "/shop", apps: [{ id: "web", cmd: "x" }] };
writeFileSync(file, JSON.stringify(definition));

describe("cli: groups", () => {
  it("create, update and delete send what is meant, follow it, and say how it ended", async () => {
    const created = await run(goesWell, ["group", "create", file]);
    assert.equal(created.code, 0, created.stderr);
    assert.deepEqual([sent(created)[0], created.requests[0]?.body], ["POST /v2/groups", definition]);
    assert.match(created.stderr, /create group \/shop \(step 2 of 3\); waits for: \/shop\/web: 1 instance/);
    assert.match(created.stdout, /^✔ create group \/shop: done in/);
    const updated = await run(goesWell, [
      "group",
      "update",
      "shop",
      "--scale-by",
      "1.5",
      "--rollback-after",
      "90s",
      "--no-wait",
    ]);
    assert.deepEqual(
      [sent(updated), updated.requests[0]?.body],
      [["PUT /v2/groups/shop?supersede=true&keepInstances=true&deadlineSeconds=90"], { scaleBy: 1.5 }],
    );
    assert.equal(updated.stdout, "update group /shop: deployment d-1 started\n");
    const back = await run(goesWell, [
      "group",
      "update",
      "shop",
      "--version",
      "v-1",
      "--no-wait",
      "--replace",
    ]);
    assert.deepEqual(
      [sent(back)[0], back.requests[0]?.body],
      ["PUT /v2/groups/shop?supersede=true", { version: "v-1" }],
    );
    const deleted = await run(goesWell, ["group", "delete", "/shop", "--force"]);
    assert.equal(sent(deleted)[0], "DELETE /v2/groups/shop?force=true");
  });

  it("fails when the deployment ended and the apps are not as wanted", async () => {
    const routes = { ...goesWell, "GET /v2/groups/shop": [{ body: shop }] };
    const ran = await run(routes, ["group", "create", file]);
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /deployment d-1 ended before it was done: \/shop\/jobs\/mail is not as wanted/);
  });

  it("wants one of a file, a factor and a version", async () => {
    for (const more of [[], [file, "--scale-by", "2"], ["--scale-by", "much"]]) {
      const ran = await run({}, ["group", "update", "/shop", ...more]);
      assert.equal(ran.code, 2, ran.stdout);
    }
    const nameless = join(directory, "nameless.json");
    writeFileSync(nameless, "{}");
    assert.match((await run({}, ["group", "create", nameless])).stderr, /names no group/);
  });

  it("list and show tell what is in a group", async () => {
    const routes: StubRoutes = {
      "GET /v2/groups/shop": [{ body: shop }],
      "GET /v2/groups/shop/versions": [{ body: ["2030-01-01T11:00:00.000Z"] }],
    };
    const listed = await run(routes, ["group", "list", "/shop"]);
    assert.match(listed.stdout, /\/shop +1 +0 +2\/3 +\/base/);
    assert.match(listed.stdout, /\/shop\/jobs +1 +0 +0\/1 +-/);
    const shown = await run(routes, ["group", "show", "shop"]);
    assert.match(shown.stdout, /\/shop\/web {2}2 of 2 running/);
    assert.match(shown.stdout, /2030-01-01T11:00:00.000Z/);
  });
});

describe("cli: plans", () => {
  const plan = {
    steps: [
      { actions: [{ action: "StartApplication", app: "/new" }] },
      { actions: [{ action: "RestartApplication", app: "/web" }] },
    ],
    groups: [
      { id: "/", change: "created" },
      { id: "/shop", change: "created" },
    ],
    changes: [
      {
        ...{ id: "/web", kind: "app", change: "update", action: "restart" },
        ...{ kept: 1, replaced: 2, launched: 3, stopped: 0 },
        diff: [
          { path: "/env/V", after: "2" },
          { path: "/instances", before: 3, after: 4 },
        ],
        placements: [{ agent: "agent-1", instances: 2 }],
        unplaced: 1,
        why: "2 agents: cpus, short by 0.4",
      },
    ],
  };

  it("app plan tells what differs, what is replaced, where it would run, and the steps", async () => {
    const routes: StubRoutes = { "PUT /v2/apps/web": [{ body: plan }] };
    const ran = await run(routes, ["app", "plan", "--id", "/web", "--instances", "4"]);
    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(sent(ran), ["PUT /v2/apps/web?supersede=true&keepInstances=true&dryRun=true"]);
    assert.equal(
      ran.stdout,
      [
        "create group /shop",
        "update app /web: 2 replaced, 1 started, 1 left alone",
        '  /env/V: "2"',
        "  /instances: 3 → 4",
        "  would run now: 2 on agent-1",
        "  no room now for 1: 2 agents: cpus, short by 0.4",
        "",
        "in these steps:",
        "  1. start /new",
        "  2. restart /web",
        "",
      ].join("\n"),
    );
    const nothing = { ...plan, groups: [], changes: [], steps: [] };
    const same = await run({ "PUT /v2/apps/web": [{ body: nothing }] }, ["app", "plan", "--id", "web"]);
    assert.equal(same.stdout, "Nothing would change.\n");
  });

  it("group plan asks for Marathon's steps and what we know besides", async () => {
    const ran = await run({ "PUT /v2/groups/shop": [{ body: plan }] }, ["group", "plan", "shop", file]);
    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(sent(ran), [
      "PUT /v2/groups/shop?supersede=true&keepInstances=true&dryRun=true&embed=plan",
    ]);
  });
});

describe("cli: app edit", () => {
  const app = { id: "/web", cmd: "old", instances: 1, tasksRunning: 1, version: "v", deployments: [] };
  const routes: StubRoutes = {
    "GET /v2/apps/web": [{ body: { app } }],
    "PUT /v2/apps/web": [changed],
  };

  it("sends what the editor made of the definition, as a whole", async () => {
    const editor = { env: { EDITOR: "sed -i s/old/new/" } };
    const ran = await run(routes, ["app", "edit", "web", "--no-wait"], editor);
    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(
      [sent(ran)[1], ran.requests[1]?.body],
      [
        "PUT /v2/apps/web?supersede=true&keepInstances=true&partialUpdate=false",
        { id: "/web", cmd: "new", instances: 1 },
      ],
    );
  });

  it("sends nothing when nothing was changed or the editor failed, and keeps what was refused", async () => {
    const same = await run(routes, ["app", "edit", "web"], { env: { EDITOR: "true" } });
    assert.deepEqual([same.code, sent(same)], [0, ["GET /v2/apps/web"]]);
    const failed = await run(routes, ["app", "edit", "web"], { env: { EDITOR: "false" } });
    assert.deepEqual([failed.code, sent(failed)], [1, ["GET /v2/apps/web"]]);
    const refusal = { status: 422, body: { message: "Object is not valid", details: [] } };
    const refused = await run({ ...routes, "PUT /v2/apps/web": [refusal] }, ["app", "edit", "web"], {
      env: { EDITOR: "sed -i s/old/new/" },
    });
    assert.equal(refused.code, 1);
    const kept = /What you wrote is in (\S+)\./.exec(refused.stderr)?.[1] ?? "";
    assert.match(readFileSync(kept, "utf8"), /"cmd": "new"/);
    rmSync(join(kept, ".."), { recursive: true });
  });
});

describe("cli: deployments", () => {
  it("show tells the steps, what it waits for, and when it is taken back", async () => {
    const ran = await run({ "GET /v2/deployments/d-1": [{ body: underWay }] }, ["deployment", "show", "d-1"]);
    assert.match(ran.stdout, /1\. stop \/shop\/old {2}done/);
    assert.match(ran.stdout, /2\. scale \/shop\/web, scale \/shop\/p/);
    assert.match(ran.stdout, /waits for +\/shop\/web: 1 instance has to run/);
    assert.match(ran.stdout, /taken back at +2030-01-01T00:00:00.000Z/);
  });

  it("wait ends when they are over, and complains when its time is", async () => {
    const over: StubRoutes = { "GET /v2/deployments": [{ body: [underWay] }, { body: [] }] };
    const waited = await run(over, ["deployment", "wait"]);
    assert.deepEqual([waited.code, waited.stdout], [0, "all deployments are over\n"]);
    const never: StubRoutes = { "GET /v2/deployments": [{ body: [underWay] }] };
    const late = await run(never, ["deployment", "wait", "d-1", "--timeout", "0s"]);
    assert.equal(late.code, 1);
    assert.match(late.stderr, /1 instance has to run/);
  });
});
