/**
 * Secrets of apps on a real cluster: kept by the operator, had by the app, shown to nobody; and what Docker's
 * parameters come to in an app.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { TestCluster } from "./support/cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const home = temporaryDirectory("unum-app-secrets-");
const secrets = join(home, "secrets");
const word = "the-word-that-nobody-sees";
const cluster = new TestCluster(home);
before(async () => {
  mkdirSync(join(secrets, "shop"), { recursive: true, mode: 0o700 });
  writeFileSync(join(secrets, "shop/db"), word, { mode: 0o600 });
  await cluster.start("--secrets-dir", secrets);
});
after(async () => void (await cluster.end("SIGTERM")));

/** Of whichever agent and task has it. */
function outputs(directory: string, name: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return outputs(path, name);
    return entry.isFile() && entry.name === name ? [readFileSync(path, "utf8")] : [];
  });
}

function holding(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (path === secrets) return [];
    if (entry.isDirectory()) return holding(path);
    return entry.isFile() && readFileSync(path).includes(word) ? [path] : [];
  });
}

test("an app has its secret, and nothing else does", async () => {
  const env = { PASSWORD: { secret: "db" } };
  await cluster.deploy("POST", "/v2/apps", {
    id: "/shop/web",
    cmd: 'printf %s "$PASSWORD" | sha256sum; sha256sum <conf; sleep 1000',
    ...{ cpus: 0.05, mem: 32, env, secrets: { db: { source: "shop/db" } } },
    container: { type: "MESOS", volumes: [{ containerPath: "conf", secret: "db" }] },
  });
  const line = `${createHash("sha256").update(word).digest("hex")}  -\n`;
  await until("the app to say what it has", () =>
    outputs(home, "stdout").some((text) => text === line + line),
  );
  const shown = (await cluster.send("GET", "/v2/apps/shop/web")).json as { readonly app: object };
  assert.deepEqual((shown.app as { readonly env: object }).env, env);
  assert.ok(!JSON.stringify(shown).includes(word));
  assert.deepEqual(holding(home), []);
  await cluster.deploy("DELETE", "/v2/apps/shop/web");
});

test("another app may not read it, and one that is not there fails the task by its name", async () => {
  const refused = await cluster.send("POST", "/v2/apps", {
    ...{ id: "/other", cmd: "sleep 1", cpus: 0.05, mem: 32, env: { A: { secret: "db" } } },
    secrets: { db: { source: "shop/db" } },
  });
  assert.equal(refused.status, 422);
  assert.match(JSON.stringify(refused.json), /is for apps at \/shop and below it, and this one is \/other/);
  const added = await cluster.send("POST", "/v2/apps", {
    ...{ id: "/shop/late", cmd: "sleep 1000", cpus: 0.05, mem: 32, env: { A: { secret: "a" } } },
    secrets: { a: { source: "shop/late" } },
  });
  assert.equal(added.status, 201, JSON.stringify(added.json));
  await until("the task to fail", async () => {
    const { app } = (await cluster.send("GET", "/v2/apps/shop/late?embed=app.lastTaskFailure")).json as {
      readonly app: { readonly lastTaskFailure?: { readonly message: string } };
    };
    return /secret "shop\/late" cannot be had: this agent has none/.test(app.lastTaskFailure?.message ?? "");
  });
  await cluster.send("DELETE", "/v2/apps/shop/late?force=true");
});
