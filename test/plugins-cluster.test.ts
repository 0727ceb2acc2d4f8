/**
 * Plugins in a whole cluster: loaded by flag, asked about every definition, answering through the gateway.
 */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { TestCluster } from "./support/cluster.ts";
import { temporaryDirectory } from "./temporary.ts";

const home = temporaryDirectory("unum-plugins-cluster-");
const cluster = new TestCluster(home);

before(async () => {
  writeFileSync(
    join(home, "owners.mjs"),
    'export const id = "owners";\n' +
      "export const changeApp = (app) => ({ ...app, env: { ...app.env, CHANGED: 'yes' } });\n" +
      'export const checkApp = ({ labels }) => (labels.owner ? [] : [{ path: "/labels/owner", error: "say who" }]);\n' +
      "export const handle = async ({ method, path, body }) => ({ body: { method, path, body } });\n",
  );
  await cluster.start("--agents", "1", "--agent-cpus", "1", "--agent-mem", "512", "--plugin", "owners.mjs");
});
after(async () => {
  assert.equal(await cluster.end("SIGTERM"), 0);
});

test("a plugin looks at what comes, changes it, and answers for itself", async () => {
  const app = { id: "/web", cmd: 'echo "changed: $CHANGED"; sleep 1000', cpus: 0.1, mem: 32 };
  const refused = await cluster.send("POST", "/v2/apps", app);
  assert.equal(refused.status, 422, refused.text);
  assert.match(refused.text, /"path":"\/labels\/owner","errors":\["say who"\]/);
  await cluster.deploy("POST", "/v2/apps", { ...app, labels: { owner: "a" } });
  const shown = await cluster.send("GET", "/v2/apps/web");
  assert.match(shown.text, /"CHANGED":"yes"/);
  const listed = await cluster.send("GET", "/v2/plugins");
  assert.match(listed.text, /"id":"owners"/);
  const answer = await cluster.send("PUT", "/v2/plugins/owners/a/b?c=d", { e: 1 });
  assert.deepEqual(answer.json, { method: "PUT", path: "/a/b", body: '{"e":1}' });
});
