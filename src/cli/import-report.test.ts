/**
 * `unum import marathon`, from an answer of Marathon 1.11's shape into a cluster's real endpoints: the report names
 * everything that could not be kept.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DoorDriver } from "../../test/support/door-driver.ts";
import { runUnum, type StubRoutes, startStubCluster } from "../../test/support/stub-cluster.ts";

const read = (version: string): unknown =>
  JSON.parse(
    readFileSync(
      join(import.meta.dirname, `../../test/fixtures/marathon/groups/marathon-${version}.json`),
      "utf8",
    ),
  );

type Item = {
  readonly kind: string;
  readonly id: string;
  readonly outcome: string;
  readonly lost: readonly { readonly path: string; readonly why: string }[];
  readonly remarks: readonly string[];
};

/** What became of each, and the cluster that it was brought into. */
async function importInto(version: string, ...argv: readonly string[]) {
  const door = new DoorDriver({ agents: 3 });
  const serve: StubRoutes[string] = ({ method, path, body }) => {
    const { status, headers, json } = door.json(method, path, body);
    return { status, headers: headers as Record<string, string>, body: json };
  };
  const paths = ["POST /v2/apps", "POST /v2/pods"];
  for (const group of ["data", "reserved-for-later", "shop", "shared"]) paths.push(`PUT /v2/groups/${group}`);
  const here = await startStubCluster(Object.fromEntries(paths.map((path) => [path, serve])));
  const there = await startStubCluster({
    "GET /v2/groups": [{ body: read(version) }],
    "GET /v2/info": [{ body: { version } }],
  });
  try {
    const words = ["import", "marathon", there.url, "--json", ...argv];
    const { code, stdout } = await runUnum(words, { env: { UNUM_URL: here.url } });
    const items = JSON.parse(stdout).items as readonly Item[];
    return { door, code, of: (id: string) => items.find((item) => item.id === id), items };
  } finally {
    await there.close();
    await here.close();
  }
}

test("the report of an import names what is refused, ignored, and not in any definition", async () => {
  const { door, code, of, items } = await importInto("1.11");
  assert.equal(code, 1);
  assert.deepEqual(items.map(({ kind, id, outcome }) => `${kind} ${id} ${outcome}`).toSorted(), [
    "app /data/db imported",
    "app /data/files refused",
    "group /data imported",
    "group /reserved-for-later imported",
    "pod /data/pipeline refused",
  ]);
  assert.deepEqual(of("/data/db")?.remarks, [
    "volumes data: begin empty, what is in them stays with the other cluster",
    "secrets data/db/password: taken by name alone, put them here yourself",
    "deployments: it was being changed there when it was read, and is taken as it was to be",
  ]);
  assert.deepEqual(
    of("/data/files")?.lost.map(({ path }) => path),
    ["/container/volumes(0)/external"],
  );
  assert.deepEqual(
    of("/data/pipeline")?.lost.map(({ path }) => path),
    ["/legacySharedCgroups"],
  );
  const { app } = door.get("/v2/apps/data/db").json;
  assert.deepEqual(
    [app.role, app.portDefinitions[0].port, app.secrets.pw.source],
    ["data", 10_011, "data/db/password"],
  );
  assert.equal(door.get("/v2/groups/data").json.enforceRole, true);
  assert.deepEqual(door.get("/v2/groups/reserved-for-later").json.apps, []);
});

test("without what is refused the rest is taken, and each loss is listed", async () => {
  const { door, of } = await importInto("1.11", "--drop-unsupported");
  assert.deepEqual(
    [of("/data/pipeline")?.outcome, of("/data/pipeline")?.lost.map(({ path }) => path)],
    ["imported", ["/legacySharedCgroups"]],
  );
  assert.match(of("/data/pipeline")?.remarks.join() ?? "", /volumes spool: begin empty/);
  const files = of("/data/files");
  assert.ok(files !== undefined);
  // A volume without what makes it one cannot stay: what is left of it is listed, too.
  assert.equal(files.outcome, "imported");
  assert.match(files.remarks.join(), /unknown fields were ignored: x-team/);
  assert.deepEqual(
    files.lost.map(({ path }) => path),
    ["/container/volumes(0)/external", "/container/volumes(0)"],
  );
  assert.equal(door.get("/v2/apps/data/files").status, 200);
});

test("what an older Marathon says is taken by the real endpoints as well", async () => {
  const { items } = await importInto("1.4");
  const refused = items.filter(({ outcome }) => outcome !== "imported");
  assert.deepEqual(
    refused.flatMap(({ id, lost }) => lost.map(({ path }) => `${id} ${path}`)),
    ["/shop/web /executor"],
    "all but what is not done here",
  );
});
