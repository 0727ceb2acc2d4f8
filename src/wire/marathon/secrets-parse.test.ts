/** Secrets, parameters and Linux settings of apps: read, shown again as they were said, and refused by their place. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppDefinition } from "#model/app.ts";
import { formatDefinition } from "./app-format.ts";
import { parseApp, parseAppPatch } from "./app-parse.ts";

const plain = { id: "/shop/web", cmd: "x", cpus: 0.1, mem: 32 };

function taken(more: object): AppDefinition {
  const parsed = parseApp({ ...plain, ...more });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.value;
}

function refused(more: object): readonly string[] {
  const parsed = parseApp({ ...plain, ...more });
  assert.ok(!parsed.ok, "it was taken");
  assert.equal(parsed.problem.status, 422);
  const { details } = parsed.problem;
  assert.ok(typeof details !== "string");
  return details.map(({ path }) => path);
}

const whole = {
  secrets: { db: { source: "/shop/db" }, all: { source: "shared" } },
  env: { PLAIN: "1", PASSWORD: { secret: "db" } },
  container: {
    type: "MESOS",
    docker: { image: "nginx", pullConfig: { secret: "all" } },
    volumes: [
      { containerPath: "data", hostPath: "/srv/data", mode: "RO" },
      { containerPath: "conf/password", secret: "db" },
    ],
    linuxInfo: { seccomp: { unconfined: true }, ipcInfo: { mode: "PRIVATE", shmSize: 16 } },
  },
};

test("secrets by their names, and Linux settings", () => {
  const app = taken(whole);
  assert.deepEqual(app.secrets, { db: "/shop/db", all: "shared" });
  assert.deepEqual(app.env, { PLAIN: "1" });
  assert.deepEqual(app.secretEnv, { PASSWORD: "db" });
  assert.deepEqual(app.secretMounts, [{ containerPath: "conf/password", secret: "db" }]);
  assert.equal(app.pullSecret, "all");
  assert.equal(app.volumes?.length, 1);
  assert.deepEqual(app.wishes?.settings, { unconfined: true, shmBytes: 16 * 1024 * 1024 });
  const shown = formatDefinition(app);
  assert.deepEqual(shown.env, whole.env);
  assert.deepEqual(shown.secrets, whole.secrets);
  const again = parseApp(JSON.parse(JSON.stringify(shown)));
  assert.deepEqual(again.ok && again.value, app);
});

test("Docker's parameters, whose parts go where they belong", () => {
  const parameters = [
    { key: "env", value: "A=1" },
    { key: "ulimit", value: "nofile=10" },
    { key: "memory-swap", value: "64m" },
    { key: "add-host", value: "db:10.0.0.1" },
  ];
  const docker = { image: "nginx", forcePullImage: true, privileged: true, parameters };
  const app = taken({ container: { type: "DOCKER", docker, volumes: [] } });
  assert.deepEqual(app.wishes, {
    settings: {
      ...{ parameters, privileged: true, env: { A: "1" } },
      hosts: [{ name: "db", address: "10.0.0.1" }],
    },
    volumes: [],
    rlimits: [{ type: "nofile", soft: 10, hard: 10 }],
    memoryAndSwapBytes: 64 * 1024 * 1024,
  });
  const shown = formatDefinition(app) as { readonly container: { readonly docker: object } };
  assert.deepEqual(shown.container.docker, docker);
  const again = parseApp(JSON.parse(JSON.stringify(shown)));
  assert.deepEqual(again.ok && again.value, app);
});

test("what a change leaves out stays, and what it empties goes", () => {
  const app = taken(whole);
  const patch = (body: object) => {
    const parsed = parseAppPatch(body, app);
    assert.ok(parsed.ok, JSON.stringify(parsed));
    return { ...app, ...parsed.value };
  };
  assert.deepEqual(patch({ cpus: 0.2 }).secretEnv, app.secretEnv);
  const bare = patch({ env: {}, container: { type: "MESOS", docker: { image: "nginx" } }, secrets: {} });
  for (const name of ["secrets", "secretEnv", "secretMounts", "pullSecret", "wishes"] as const)
    assert.equal(bare[name], undefined, name);
});

test("a secret is for apps at its path and below it", () => {
  for (const source of ["shop/db", "shop/web/db", "db", "/shop/db"])
    assert.deepEqual(taken({ secrets: { a: { source } } }).secrets, { a: source });
  for (const source of ["other/db", "shop/web/deeper/db", "sho/db", "shop/we/db", "shop//db", "shop/../db"])
    assert.deepEqual(refused({ secrets: { a: { source } } }), ["/secrets/a/source"], source);
});

test("what is wrong is told by its place", () => {
  assert.deepEqual(refused({ env: { A: { secret: "none" } } }), ["/env/A/secret"]);
  const container = (more: object) => ({ container: { type: "MESOS", ...more } });
  assert.deepEqual(refused(container({ volumes: [{ containerPath: "a", secret: "none" }] })), [
    "/container/volumes/secret",
  ]);
  const secrets = { a: { source: "x" } };
  const volumes = [{ containerPath: "../a", secret: "a", mode: "RW", hostPath: "/x" }];
  assert.deepEqual(refused({ secrets, ...container({ volumes }) }), [
    "/container/volumes(0)/hostPath",
    "/container/volumes(0)/mode",
    "/container/volumes(0)/containerPath",
  ]);
  const docker = { image: "nginx" };
  assert.deepEqual(refused(container({ docker: { ...docker, pullConfig: { secret: "none" } } })), [
    "/container/docker/pullConfig/secret",
  ]);
  const parameters = [
    { key: "env", value: "A=1" },
    { key: "log-driver", value: "none" },
  ];
  assert.deepEqual(refused({ container: { type: "DOCKER", docker: { ...docker, parameters } } }), [
    "/container/docker/parameters(1)",
  ]);
  assert.deepEqual(refused(container({ docker: { ...docker, privileged: true } })), [
    "/container/docker/privileged",
  ]);
  const swap = [{ key: "memory-swap", value: "1m" }];
  assert.deepEqual(refused({ container: { type: "DOCKER", docker: { ...docker, parameters: swap } } }), [
    "/container/docker/parameters",
  ]);
  assert.deepEqual(refused(container({ linuxInfo: { seccomp: { profileName: "x" } } })), [
    "/container/linuxInfo/seccomp/profileName",
  ]);
});
