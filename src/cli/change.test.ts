/**
 * Commands that change something, against a stub: what they send, how they follow it, how they fail.
 */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

const directory = mkdtempSync(join(tmpdir(), "unum-cli-"));
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

const app = (more: Readonly<Record<string, unknown>>) => ({
  app: { id: "/web", instances: 2, tasksRunning: 2, tasksStaged: 0, healthChecks: [], version: "v", ...more },
});
const deployment = (more: Readonly<Record<string, unknown>> = {}) => ({
  id: "d-1",
  affectedApps: ["/web"],
  currentStep: 1,
  totalSteps: 1,
  waitingFor: ["/web: 1 instance has to run, for 3 s"],
  ...more,
});
const changed = { body: { version: "v", deploymentId: "d-1" } };
/** Under way for two looks, then done. */
const goesWell: StubRoutes = {
  "POST /v2/apps": [{ status: 201, body: { id: "/web", deployments: [{ id: "d-1" }] } }],
  "PUT /v2/apps/web": [changed],
  "PATCH /v2/apps/web": [changed],
  "POST /v2/apps/web/restart": [changed],
  "GET /v2/deployments": [{ body: [deployment()] }, { body: [deployment()] }, { body: [] }],
  "GET /v2/apps/web": [
    { body: app({ tasksRunning: 0, tasksStaged: 2 }) },
    { body: app({ tasksRunning: 1 }) },
    { body: app({}) },
  ],
};

describe("cli: app add", () => {
  const file = join(directory, "web.json");
  const definition = { id: "/web", cmd: `exec node \${HERE}/server.js $PORT0`, instances: 2 };
  writeFileSync(file, JSON.stringify(definition));

  it("sends the definition, follows the deployment and says how it ended", async () => {
    const ran = await run(goesWell, ["app", "add", file]);
    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(ran.requests[0]?.body, {
      ...definition,
      cmd: `exec node ${directory}/server.js $PORT0`,
    });
    assert.match(ran.stdout, /^✔ \/web: 2 of 2 running after/);
    assert.match(ran.stderr, /deploy \/web: 0 of 2 running, 2 starting; waits for: 1 instance has to run/);
    assert.match(ran.stderr, /deploy \/web: 1 of 2 running/);
  });

  it("shows its progress in place on a terminal, and takes it away at the end", async () => {
    const { code, stderr } = await run(goesWell, ["app", "add", file], { terminal: true });
    assert.equal(code, 0);
    assert.match(stderr, /█+/);
    assert.ok(stderr.endsWith("\u001b[J"), "what was drawn is not erased");
  });

  it("waits for nothing with --no-wait", async () => {
    const ran = await run(goesWell, ["app", "add", file, "--no-wait"]);
    assert.deepEqual(sent(ran), ["POST /v2/apps"]);
    assert.equal(ran.stdout, "/web: deployment d-1 started\n");
  });

  it("reads standard input, a file's image beside it, and options over both", async () => {
    const stdin = JSON.stringify({
      id: "group/web",
      container: { docker: { image: `file://\${HERE}/../images/web.tar` } },
      env: { A: "1", B: "2" },
    });
    const argv = [
      "app",
      "add",
      "-",
      "--no-wait",
      "--cpus=0.5",
      "--instances",
      "4",
      "-e",
      "B=3",
      "-e",
      "C=x=y",
    ];
    const ran = await run(goesWell, argv, { stdin, cwd: "/srv/apps" });
    assert.deepEqual(ran.requests[0]?.body, {
      id: "group/web",
      container: { docker: { image: "file:///srv/images/web.tar" } },
      env: { A: "1", B: "3", C: "x=y" },
      cpus: 0.5,
      instances: 4,
    });
  });

  it("puts the content of a file beside the definition in its place", async () => {
    writeFileSync(join(directory, "code.js"), 'say("hi")\n');
    const stdin = JSON.stringify({
      id: "/x",
      env: { CODE: `\${FILE:code.js}`, TEXT: `see \${FILE:code.js}` },
    });
    const ran = await run(goesWell, ["app", "add", "-", "--no-wait"], { stdin, cwd: directory });
    assert.deepEqual(ran.requests[0]?.body, {
      id: "/x",
      env: { CODE: 'say("hi")\n', TEXT: `see \${FILE:code.js}` },
    });
    const missing = JSON.stringify({ id: "/x", env: { CODE: `\${FILE:none.js}` } });
    const failed = await run(goesWell, ["app", "add", "-"], { stdin: missing, cwd: directory });
    assert.equal(failed.code, 3);
    assert.match(failed.stderr, /there is no file none\.js/);
  });

  it("needs no file with --id", async () => {
    const argv = [
      "app",
      "add",
      "--id",
      "/x",
      "--cmd",
      "sleep 9",
      "--mem",
      "32",
      "--image",
      "i.tar",
      "--no-wait",
    ];
    const ran = await run(goesWell, argv, { cwd: "/srv" });
    assert.deepEqual(ran.requests[0]?.body, {
      id: "/x",
      cmd: "sleep 9",
      mem: 32,
      container: { type: "MESOS", docker: { image: "file:///srv/i.tar" } },
    });
  });

  it("with --update changes the app, and --force goes with it", async () => {
    const ran = await run(goesWell, ["app", "add", file, "--update", "--force", "--no-wait"]);
    assert.deepEqual(sent(ran), ["PUT /v2/apps/web?force=true&keepInstances=true"]);
  });

  it("says where a file is no JSON, and sends nothing", async () => {
    const bad = join(directory, "bad.json");
    writeFileSync(bad, '{\n  "id": "/web",\n  oops\n}\n');
    const { code, stderr, requests } = await run(goesWell, ["app", "add", bad]);
    assert.equal(code, 1);
    assert.match(stderr, /bad\.json is no JSON at line 3, column 3: /);
    assert.equal(requests.length, 0);
    for (const text of ["", "[]", "1", '{"cmd": "x"}']) {
      const ran = await run(goesWell, ["app", "add", "-"], { stdin: text });
      assert.equal(ran.code, 1, text);
      assert.equal(ran.requests.length, 0, text);
    }
    assert.equal((await run(goesWell, ["app", "add", join(directory, "none.json")])).code, 3);
  });

  it("names the fields that the cluster complains about", async () => {
    const answer = {
      status: 422,
      body: {
        message: "Object is not valid",
        details: [
          { path: "/instances", errors: ["must not be negative"] },
          { path: "/cpus", errors: ["must be a number", "is missing"] },
        ],
      },
    };
    const { code, stderr } = await run({ "POST /v2/apps": [answer] }, ["app", "add", file]);
    assert.equal(code, 1);
    assert.equal(
      stderr,
      "unum: cannot add app /web: Object is not valid\n" +
        "  /instances: must not be negative\n  /cpus: must be a number\n  /cpus: is missing\n",
    );
  });

  it("advises --update for an app that exists, and --force for one that is locked", async () => {
    const exists = { status: 409, body: { message: "An app with id [/web] already exists." } };
    const twice = await run({ "POST /v2/apps": [exists] }, ["app", "add", file]);
    assert.equal(twice.code, 1);
    assert.match(twice.stderr, /already exists\.\nChange it with --update\./);
    const locked = {
      status: 409,
      body: { message: "App is locked by one or more deployments.", deployments: [{ id: "d-9" }] },
    };
    const scaled = await run({ "PATCH /v2/apps/web": [locked] }, ["app", "scale", "web", "3"]);
    assert.match(
      scaled.stderr,
      /locked by one or more deployments\. \(deployment d-9\)\nWait for it .* or override it with --force/,
    );
  });
});

describe("cli: other changes", () => {
  it("scale, restart and remove ask for just that, and never force unasked", async () => {
    const scaled = await run(goesWell, ["app", "scale", "web", "2"]);
    assert.equal(scaled.code, 0, scaled.stderr);
    assert.deepEqual(
      [sent(scaled)[0], scaled.requests[0]?.body],
      ["PATCH /v2/apps/web?supersede=true", { instances: 2 }],
    );
    const restarted = await run(goesWell, ["app", "restart", "/web"]);
    assert.equal(sent(restarted)[0], "POST /v2/apps/web/restart?supersede=true");
    const removal: StubRoutes = {
      "DELETE /v2/apps/web": [changed],
      "GET /v2/deployments": [{ body: [deployment()] }, { body: [] }],
      "GET /v2/apps/web": [
        { body: app({}) },
        { status: 404, body: { message: "App '/web' does not exist" } },
      ],
    };
    const removed = await run(removal, ["app", "remove", "web/"]);
    assert.equal(removed.code, 0, removed.stderr);
    assert.equal(sent(removed)[0], "DELETE /v2/apps/web?supersede=true&force=false");
    assert.match(removed.stdout, /\/web removed in/);
  });

  it("exits with 3 for an app that does not exist", async () => {
    const none = { status: 404, body: { message: "App '/web' does not exist" } };
    const routes: StubRoutes = { "PATCH /v2/apps/web": [none], "GET /v2/apps/web": [none] };
    for (const argv of [
      ["app", "scale", "web", "2"],
      ["app", "show", "web"],
    ]) {
      const { code, stderr } = await run(routes, argv);
      assert.equal(code, 3);
      assert.match(stderr, /App '\/web' does not exist/);
    }
  });

  it("fails when the time is up, saying what is missing, and leaves the deployment alone", async () => {
    const stuck: StubRoutes = {
      ...goesWell,
      "GET /v2/deployments": [{ body: [deployment()] }],
      "GET /v2/apps/web": [
        { body: app({ tasksRunning: 1, lastTaskFailure: { message: "exited with 1", version: "v" } }) },
      ],
    };
    const ran = await run(stuck, ["app", "scale", "web", "2", "--timeout", "0s"]);
    assert.equal(ran.code, 1);
    assert.match(
      ran.stderr,
      /scale \/web is not done after 0 s: 1 of 2 running; .*has to run.*; last failure: exited with 1/,
    );
    assert.ok(sent(ran).every((line) => !line.startsWith("DELETE")));
  });

  it("fails when another deployment took the place, or it was cancelled", async () => {
    const replaced: StubRoutes = {
      ...goesWell,
      "GET /v2/deployments": [{ body: [deployment({ id: "d-2" })] }],
    };
    const taken = await run(replaced, ["app", "scale", "web", "2"]);
    assert.equal(taken.code, 1);
    assert.match(taken.stderr, /deployment d-2 took its place/);
    const cancelled: StubRoutes = {
      ...goesWell,
      "GET /v2/deployments": [{ body: [] }],
      "GET /v2/apps/web": [{ body: app({ tasksRunning: 1 }) }],
    };
    assert.equal((await run(cancelled, ["app", "scale", "web", "2"])).code, 1);
  });

  it("counts healthy instances where there are checks", async () => {
    const checked = (tasksHealthy: number) => ({ body: app({ tasksHealthy, healthChecks: [{}] }) });
    const routes: StubRoutes = { ...goesWell, "GET /v2/apps/web": [checked(0), checked(1), checked(2)] };
    const { code, stdout } = await run(routes, ["app", "restart", "web"]);
    assert.equal(code, 0);
    assert.match(stdout, /2 of 2 running, 2 healthy/);
  });

  it("says that a change which changes nothing changed nothing", async () => {
    const { code, stdout } = await run({ "PATCH /v2/apps/web": [{ body: { version: "v" } }] }, [
      "app",
      "scale",
      "web",
      "2",
    ]);
    assert.equal(code, 0);
    assert.equal(stdout, "/web: nothing to change\n");
  });

  it("kills the task that a few letters name, and refuses when they name several", async () => {
    const task = (id: string) => ({ id, appId: "/web", state: "TASK_RUNNING", endedAt: null });
    const tasks = [
      task("web.instance-1b9d-a._app.1"),
      task("web.instance-1b9e-b._app.1"),
      task("web.instance-77-c._app.1"),
    ];
    const routes: StubRoutes = {
      "GET /unum/v1/tasks": [{ body: { tasks } }],
      "POST /v2/tasks/delete": [{ body: { tasks: [] } }],
    };
    const killed = await run(routes, ["task", "kill", "77"]);
    assert.equal(killed.code, 0);
    assert.equal(sent(killed)[1], "POST /v2/tasks/delete?scale=false&wipe=false&force=false");
    assert.deepEqual(killed.requests[1]?.body, { ids: ["web.instance-77-c._app.1"] });
    const several = await run(routes, ["task", "kill", "1b9"]);
    assert.equal(several.code, 2);
    assert.match(several.stderr, /"1b9" fits 2 tasks/);
    assert.equal((await run(routes, ["task", "kill", "web.instance-1b9d"])).code, 0);
    assert.equal((await run(routes, ["task", "kill", "nope"])).code, 3);
  });

  it("cancels deployments and makes login links", async () => {
    const cancelled = await run({ "DELETE /v2/deployments/d-1": [{ body: { deploymentId: "d-2" } }] }, [
      "deployment",
      "cancel",
      "d-1",
    ]);
    assert.equal(cancelled.stdout, "deployment d-2 takes d-1 back\n");
    const login = await run({ "POST /login": [{ body: { path: "/login?code=x" } }] }, ["login"]);
    assert.match(login.stdout, /^http:\/\/127\.0\.0\.1:\d+\/login\?code=x\n$/);
  });

  it("explains what a wrong token is about", async () => {
    const { code, stderr } = await run(
      { "GET /v2/apps": [{ status: 401, body: { message: "a token is needed" } }] },
      ["app", "list"],
    );
    assert.equal(code, 1);
    assert.match(stderr, /a token is needed\n.*--token-file/);
  });
});
