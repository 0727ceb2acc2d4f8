/**
 * Commands against a stub of the cluster: what they print (golden files), what they ask for, how they exit.
 *
 * Changed output is updated with `node --test --test-update-snapshots src/cli/run.test.ts` and read as a diff.
 */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it, type TestContext } from "node:test";
import {
  formatScript,
  type Outcome,
  runUnum,
  type StubCluster,
  type StubRoutes,
  startStubCluster,
} from "../../test/support/stub-cluster.ts";

const directory = mkdtempSync(join(tmpdir(), "unum-cli-"));
after(() => rmSync(directory, { recursive: true }));

const golden = (t: TestContext, name: string, text: string): void =>
  t.assert.fileSnapshot(text, join(import.meta.dirname, `golden/${name}.txt`), {
    serializers: [(value: string) => value],
  });

async function withStub<Result>(
  routes: StubRoutes,
  use: (stub: StubCluster) => Promise<Result>,
): Promise<Result> {
  const stub = await startStubCluster(routes);
  try {
    return await use(stub);
  } finally {
    await stub.close();
  }
}

/** Runs the commands one after the other against one stub; gives their golden text. */
async function script(routes: StubRoutes, ...commands: readonly (readonly string[])[]): Promise<string> {
  return withStub(routes, async (stub) => {
    const steps: { argv: readonly string[]; outcome: Outcome }[] = [];
    for (const argv of commands) {
      steps.push({ argv, outcome: await runUnum(argv, { env: { UNUM_URL: stub.url } }) });
    }
    return formatScript(steps);
  });
}

const web = {
  id: "/web",
  cmd: "exec node server.js",
  instances: 3,
  cpus: 0.1,
  mem: 1536,
  healthChecks: [{ protocol: "HTTP", path: "/health", intervalSeconds: 2 }],
  deployments: [],
  tasksStaged: 0,
  tasksRunning: 3,
  tasksHealthy: 3,
  tasksUnhealthy: 0,
  version: "2030-01-01T11:00:00.000Z",
  versionInfo: { lastConfigChangeAt: "2030-01-01T11:00:00.000Z" },
};
const big = {
  ...web,
  id: "/jobs/big",
  instances: 4,
  cpus: 2,
  healthChecks: [],
  tasksStaged: 1,
  tasksRunning: 1,
  tasksHealthy: 0,
  deployments: [{ id: "d-7" }],
  lastTaskFailure: {
    message: "Memory limit exceeded: 32 MiB\u001b[31m",
    host: "127.0.0.12",
    timestamp: "2030-01-01T11:59:00.000Z",
    version: "2030-01-01T11:00:00.000Z",
  },
};

const task = (id: string, more: Readonly<Record<string, unknown>> = {}) => ({
  id,
  name: "web",
  appId: "/web",
  frameworkId: "f-1",
  agentId: "a-1",
  agentName: "agent-1",
  hostname: "127.0.0.11",
  state: "TASK_RUNNING",
  healthy: true,
  ports: [31_000, 31_001],
  resources: { cpus: 0.1, mem: 64, disk: 0, gpus: 0, ports: "[31000-31001]" },
  startedAt: "2030-01-01T11:55:00.000Z",
  endedAt: null,
  message: "",
  sandbox: `/frameworks/f-1/executors/${id}/runs/latest`,
  ...more,
});
const first = task("web.instance-1b9d6bcd-aaaa._app.1");
const second = task("web.instance-2c0e7cde-bbbb._app.1", { healthy: false, agentName: "agent-2" });
const ended = task("jobs_big.instance-3d1f8def-cccc._app.1", {
  appId: null,
  state: "TASK_FAILED",
  healthy: null,
  ports: [],
  endedAt: "2030-01-01T11:58:00.000Z",
  message: "exited with code 3",
});

const explanation = {
  id: "/jobs/big",
  summary: "/jobs/big has 1 of 4 instances running. No agent can take another: 2 agents: cpus, short by 0.4.",
  lastFailure: "Memory limit exceeded: 32 MiB",
  agents: [
    {
      agentName: "agent-1",
      fits: false,
      free: { cpus: 1.6, mem: 2048 },
      refusals: [{ text: "cpus, short by 0.4" }],
    },
    { agentName: "agent-2", fits: true, free: { cpus: 4, mem: 512 }, refusals: [] },
  ],
};

const demand = {
  subject: { kind: "framework", id: "F-0001", name: "spark" },
  roles: ["prod/web"],
  frameworks: 1,
  need: { cpus: 2, mem: 4096 },
  summary: "Framework spark could place a task of cpus 2, mem 4096 on 1 of 12 agents.",
  agents: 12,
  open: { agents: 1, examples: ["agent-1"] },
  gates: [
    { kind: "scalar", text: "mem, short by 512 to 2048", agents: 8, examples: ["agent-2", "agent-3"] },
    { kind: "agent-state", text: "agent draining", agents: 1, examples: ["agent-\u001b[31m9"] },
  ],
  others: 2,
  nearest: [
    { resource: "mem", atMost: 3584, agents: 1, text: "would fit on 1 agent with mem ≤ 3584" },
    { resource: "mem", atMost: 2048, agents: 8, text: "would fit on 8 agents with mem ≤ 2048" },
  ],
};

const reads: StubRoutes = {
  "GET /v2/apps": [{ body: { apps: [web, big, { ...web, id: "/idle", instances: 0, tasksRunning: 0 }] } }],
  "GET /v2/apps/web": [{ body: { app: web } }],
  "GET /v2/apps/jobs/big": [{ body: { app: big } }],
  "GET /v2/deployments": [
    {
      body: [
        {
          id: "d-7",
          version: "2030-01-01T11:59:30.000Z",
          affectedApps: ["/jobs/big"],
          currentActions: [{ action: "ScaleApplication", app: "/jobs/big" }],
          currentStep: 1,
          totalSteps: 2,
          waitingFor: ["/jobs/big: 3 instances wait for a place, for 30 s"],
        },
      ],
    },
  ],
  "GET /unum/v1/tasks": [{ body: { tasks: [second, first, ended] } }],
  "GET /unum/v1/nodes": [
    {
      body: {
        nodes: [
          {
            name: "agent-1",
            state: "active",
            hostname: "127.0.0.11",
            isolation: "crun 1.8.1",
            tasks: 2,
            total: { cpus: 2, mem: 4096, disk: 2_500_000 },
            used: { cpus: 0.25, mem: 640, disk: 0 },
            registeredAt: "2030-01-01T09:30:00.000Z",
            unreachableSince: null,
          },
          { name: "agent-2", state: "unreachable", unreachableSince: "2030-01-01T11:59:50.000Z" },
        ],
        losses: { summary: "1 of 2 agents is missing." },
      },
    },
  ],
  "GET /unum/v1/explain/app/jobs/big": [{ body: explanation }],
  "GET /unum/v1/explain/framework/spark": [{ body: demand }],
  "GET /unum/v1/explain/role/prod/web": [{ body: demand }],
};

describe("cli: reading", () => {
  it("prints tables for people", async (t) => {
    const text = await script(
      reads,
      ["app", "list"],
      ["app", "show", "/web"],
      ["app", "show", "jobs/big"],
      ["deployment", "list"],
      ["task", "list"],
      ["task", "list", "--all"],
      ["task", "list", "/jobs/big", "-a"],
      ["node", "list"],
      ["explain", "app", "/jobs/big"],
      ["explain", "framework", "spark", "--role", "prod/web", "--cpus", "2", "--mem", "4096"],
      ["explain", "role", "prod/web"],
    );
    golden(t, "reading", text);
  });

  it("says so when there is nothing", async (t) => {
    const empty: StubRoutes = {
      "GET /v2/apps": [{ body: { apps: [] } }],
      "GET /v2/deployments": [{ body: [] }],
      "GET /unum/v1/tasks": [{ body: { tasks: [] } }],
      "GET /unum/v1/nodes": [{ body: { nodes: [] } }],
    };
    golden(
      t,
      "nothing",
      await script(empty, ["app", "list"], ["deployment", "list"], ["task", "list"], ["node", "list"]),
    );
  });

  it("gives the cluster's own answer with --json, and nothing else", async () => {
    await withStub(reads, async ({ url }) => {
      for (const words of ["app list", "app show /web", "deployment list", "task list", "node list"]) {
        const { code, stdout, stderr } = await runUnum([...words.split(" "), "--json"], {
          env: { UNUM_URL: url },
        });
        assert.equal(code, 0, words);
        assert.equal(stderr, "", words);
        assert.equal(typeof JSON.parse(stdout), "object", words);
      }
      const explained = await runUnum(["explain", "app", "/jobs/big", "--json"], { env: { UNUM_URL: url } });
      assert.deepEqual(JSON.parse(explained.stdout), explanation);
    });
  });

  it("does not fall over an answer of another shape", async () => {
    for (const body of [null, [], "text", 1, { apps: 1, tasks: [null, 1], nodes: [[]] }]) {
      const odd = Object.fromEntries(Object.keys(reads).map((route) => [route, [{ body }]]));
      await withStub(odd, async ({ url }) => {
        for (const words of [
          "app list",
          "app show /web",
          "deployment list",
          "task list -a",
          "node list",
          "explain app /web",
          "explain framework spark",
          "explain role prod/web",
        ]) {
          const { code } = await runUnum(words.split(" "), { env: { UNUM_URL: url } });
          assert.ok(code === 0 || code === 3, `${words} on ${JSON.stringify(body)}: ${code}`);
        }
      });
    }
  });

  it("lets nothing that a task says move the cursor or change the colour", async () => {
    await withStub(reads, async ({ url }) => {
      const { stdout } = await runUnum(["app", "show", "/jobs/big"], { env: { UNUM_URL: url } });
      assert.ok(!stdout.includes("\u001b"));
    });
  });

  it("uses colours on a terminal only, and not with NO_COLOR", async () => {
    await withStub(reads, async ({ url }) => {
      const run = async (env: Readonly<Record<string, string>>, terminal: boolean): Promise<boolean> =>
        (await runUnum(["app", "list"], { env: { UNUM_URL: url, ...env }, terminal })).stdout.includes(
          "\u001b[",
        );
      assert.equal(await run({}, true), true);
      assert.equal(await run({ NO_COLOR: "1" }, true), false);
      assert.equal(await run({}, false), false);
    });
  });
});

describe("cli: words", () => {
  it("helps", async (t) => {
    golden(
      t,
      "help",
      await script({}, ["help"], ["app", "add", "--help"], ["help", "task", "log"], ["help", "deployment"]),
    );
  });

  it("says what is wrong with a command, and what was meant", async (t) => {
    const text = await script(
      {},
      ["app", "lst"],
      ["apps"],
      ["app"],
      ["frobnicate"],
      ["app", "list", "--jsn"],
      ["app", "show"],
      ["app", "show", "/a", "/b"],
      ["app", "scale", "/a", "many"],
      ["app", "scale", "/a", "-1"],
      ["app", "restart", "/a", "--timeout"],
      ["app", "restart", "/a", "--timeout", "soon"],
      ["app", "list", "--json=yes"],
      ["app", "add"],
      ["app", "add", "--id", "/a", "--cpus", "few"],
      ["app", "add", "--id", "/a", "--env", "NAME"],
      ["app", "list", "--url", "nowhere"],
      ["explain", "role", "prod", "--cpus", "many"],
    );
    golden(t, "usage", text);
  });

  it("without a word shows the help, and exits as for wrong usage", async () => {
    const { code, stdout } = await runUnum([]);
    assert.equal(code, 2);
    assert.match(stdout, /app add/);
  });
});

describe("cli: finding the cluster", () => {
  const describeCluster = (place: string, url: string): void => {
    mkdirSync(place, { recursive: true });
    const content = { url, masterUrl: url, tokenFile: join(place, "token"), agents: [], children: [] };
    writeFileSync(
      join(place, "cluster.json"),
      JSON.stringify({ ...content, up: { pid: 2, startTime: "1" } }),
    );
    writeFileSync(join(place, "token"), "secret-of-the-file\n");
  };

  it("by cluster.json above the current directory, with its token", async () => {
    await withStub(reads, async (stub) => {
      describeCluster(join(directory, "above/.unum"), stub.url);
      mkdirSync(join(directory, "above/a/b"), { recursive: true });
      const { code } = await runUnum(["app", "list"], { cwd: join(directory, "above/a/b") });
      assert.equal(code, 0);
      assert.equal(stub.requests[0]?.authorization, "Bearer secret-of-the-file");
    });
  });

  it("by ~/.unum/current", async () => {
    await withStub(reads, async (stub) => {
      const home = join(directory, "home");
      describeCluster(join(directory, "elsewhere"), stub.url);
      mkdirSync(join(home, ".unum"), { recursive: true });
      writeFileSync(join(home, ".unum/current"), `${join(directory, "elsewhere")}\n`);
      assert.equal((await runUnum(["app", "list"], { env: { HOME: home } })).code, 0);
      const { code, stderr } = await runUnum(["app", "list"]);
      assert.equal(code, 4);
      assert.match(stderr, /no cluster was found/);
    });
  });

  it("by the environment, and by options before that", async () => {
    await withStub(reads, async (stub) => {
      const tokenFile = join(directory, "other-token");
      writeFileSync(tokenFile, "from-the-option");
      stub.token = "from-the-option";
      const env = { UNUM_URL: "http://127.0.0.1:1", UNUM_TOKEN_FILE: join(directory, "missing") };
      const { code } = await runUnum(["app", "list", "--url", stub.url, "--token-file", tokenFile], { env });
      assert.equal(code, 0);
      assert.equal(stub.requests[0]?.authorization, "Bearer from-the-option");
      const missing = await runUnum(["app", "list"], { env: { ...env, UNUM_URL: stub.url } });
      assert.equal(missing.code, 1);
      assert.match(missing.stderr, /missing cannot be read/);
    });
  });

  it("does not send the token to what does not know it", async () => {
    await withStub(reads, async (stub) => {
      describeCluster(join(directory, "usurped/.unum"), stub.url);
      stub.token = "another";
      const { code, stderr } = await runUnum(["app", "list"], { cwd: join(directory, "usurped") });
      assert.equal(code, 4);
      assert.match(stderr, /does not know this cluster's token, so it was not given it/);
      assert.deepEqual(stub.requests, []);
    });
  });

  it("passes over a cluster.json that cannot be read, and says so when there is no other", async () => {
    mkdirSync(join(directory, "odd/.unum/cluster.json"), { recursive: true });
    const { code, stderr } = await runUnum(["app", "list"], { cwd: join(directory, "odd") });
    assert.equal(code, 4);
    assert.match(stderr, /odd\/\.unum\/cluster\.json cannot be read/);
  });

  it("exits with 4 when nobody listens, saying where it looked", async () => {
    const { code, stderr } = await runUnum(["app", "list"], { env: { UNUM_URL: "http://127.0.0.1:1" } });
    assert.equal(code, 4);
    assert.match(stderr, /Nothing listens at http:\/\/127\.0\.0\.1:1[\s\S]*UNUM_URL/);
  });
});
