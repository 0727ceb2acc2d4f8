/**
 * What the release before stored is read by this one, and no stored form changes without a version of its own.
 *
 * The rows and forms are in `fixtures/stored/forms.json`; `node test/fixtures/stored/write-forms.ts` writes it anew, when a kind
 * has got a new version and reads the one before.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createAgentRoom } from "#core/agent/room.ts";
import { createAgentState } from "#core/agent/state.ts";
import { createAppsRoom } from "#core/apps/room.ts";
import { createAppsState } from "#core/apps/state.ts";
import { createMasterRoom } from "#core/master/room.ts";
import { createMasterState } from "#core/master/state.ts";
import { applyStoredRows } from "#loop/rows.ts";
import type { KindPolicy } from "#ports/room.ts";
import type { StoredRow } from "#ports/store.ts";
import { agentConfig } from "./support/agent-fixtures.ts";
import { testConfig as appsConfig } from "./support/apps-driver.ts";
import { testMasterConfig } from "./support/master-fixtures.ts";
import { formSeeds, gatherForms, type StoredForm } from "./support/stored-forms.ts";

const former = JSON.parse(
  readFileSync(new URL("./fixtures/stored/forms.json", import.meta.url), "utf8"),
) as Readonly<Record<string, Omit<StoredForm, "sometimes">>>;

const rows: readonly StoredRow[] = Object.entries(former).flatMap(([kind, { version, rows: samples }]) =>
  samples.map(({ id, value }) => ({ kind, id, version, value: JSON.stringify(value) })),
);

const rooms = {
  master: { room: createMasterRoom(), state: () => createMasterState(testMasterConfig) },
  apps: { room: createAppsRoom(appsConfig), state: () => createAppsState(appsConfig) },
  agent: { room: createAgentRoom(agentConfig), state: () => createAgentState(agentConfig) },
} as const;

const policyOf = (kind: string): KindPolicy | undefined => {
  for (const { room } of Object.values(rooms)) {
    const kinds: Readonly<Record<string, KindPolicy>> = room.kinds;
    if (kinds[kind] !== undefined) return kinds[kind];
  }
  return undefined;
};

test("the rows of the release before are read by this one", () => {
  const known = new Set<string>();
  const read = (name: string, problem: string | undefined, kinds: object): void => {
    assert.equal(problem, undefined, name);
    for (const kind of Object.keys(kinds)) known.add(kind);
  };
  const { master, apps, agent } = rooms;
  read("master", applyStoredRows(master.room, master.state(), rows), master.room.kinds);
  read("apps", applyStoredRows(apps.room, apps.state(), rows), apps.room.kinds);
  read("agent", applyStoredRows(agent.room, agent.state(), rows), agent.room.kinds);
  assert.deepEqual(
    Object.keys(former).filter((kind) => !known.has(kind)),
    [],
    "a kind that is no longer known is refused in every store: keep it, with what its rows become",
  );
});

test("no stored form changes without a version of its own", () => {
  // Every row has what always is there: few clusters show it.
  const now = gatherForms(formSeeds.slice(0, 4));
  const problems: string[] = [];
  for (const [kind, { version, always }] of Object.entries(former)) {
    const form = now[kind];
    if (form === undefined || (policyOf(kind)?.version ?? version) !== version) continue;
    const types = new Map(form.sometimes.map((path) => path.split(" ") as [string, string]));
    for (const path of always) {
      const [name = "", were = ""] = path.split(" ");
      const are = types.get(name);
      if (are === undefined) problems.push(`${kind}: ${name} is gone`);
      else if (are.split("|").some((type) => !were.split("|").includes(type)))
        problems.push(`${kind}: ${name} was ${were}, and is ${are}`);
    }
  }
  assert.deepEqual(
    problems,
    [],
    "give the kind the next version in its room's `kinds`, read the former one there (`upgrade`), and then write " +
      "the fixture anew (test/fixtures/stored/write-forms.ts)",
  );
});

test("every kind that a room stores is in the fixture, but those that simulated clusters have not", () => {
  const stored = Object.values(rooms).flatMap(({ room }) =>
    Object.entries<KindPolicy>(room.kinds)
      .filter(([, { durability }]) => durability !== "memory")
      .map(([kind]) => kind),
  );
  const missing = stored.filter((kind) => former[kind] === undefined);
  assert.ok(missing.length <= stored.length / 2, missing.join(", "));
});
