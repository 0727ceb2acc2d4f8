/**
 * Definitions as package catalogues and deploy scripts contain them, old and new, with what Marathon makes of each:
 * test/fixtures/marathon/definitions holds both, and which of Marathon's rules says so.
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DoorDriver } from "../../../test/support/door-driver.ts";

const directory = join(import.meta.dirname, "../../../test/fixtures/marathon/definitions");

type Members = Readonly<Record<string, unknown>>;
type Fixture = { readonly rule: string; readonly definition: Members; readonly canonical: Members };

/** What an app is shown with whose owner says nothing of it. */
const defaults: Members = {
  instances: 1,
  cpus: 1,
  mem: 128,
  disk: 0,
  gpus: 0,
  executor: "",
  networks: [{ mode: "host" }],
  portDefinitions: [{ port: "*", protocol: "tcp", name: "default" }],
  requirePorts: false,
  backoffSeconds: 1,
  backoffFactor: 1.15,
  maxLaunchDelaySeconds: 300,
  killSelection: "YOUNGEST_FIRST",
  upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
  unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
  role: "*",
};

/** Beside the definition, and different each time. */
const notOfTheDefinition = new Set([
  "version",
  "versionInfo",
  "tasks",
  "tasksStaged",
  "tasksRunning",
  "tasksHealthy",
  "tasksUnhealthy",
  "deployments",
  "lastTaskFailure",
]);

/** Marathon leaves out empty lists and objects, and says nothing by it. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, withoutEmpty(member)] as const);
  const isEmpty = (member: unknown): boolean =>
    typeof member === "object" && member !== null && Object.keys(member).length === 0;
  return Object.fromEntries(members.filter(([, member]) => !isEmpty(member) && member !== null));
}

/** A service port that we assigned. */
const assigned = (name: string, value: unknown): unknown =>
  (name === "port" || name === "servicePort") && Number(value) >= 10_000 && Number(value) <= 20_000
    ? "*"
    : value;

/** `*` in what is expected fits any port that we assign. */
function withStars(shown: unknown, expected: unknown): unknown {
  if (Array.isArray(shown))
    return shown.map((member, index) =>
      withStars(member, Array.isArray(expected) ? expected[index] : undefined),
    );
  if (typeof shown !== "object" || shown === null) return shown;
  const known = (expected ?? {}) as Members;
  return Object.fromEntries(
    Object.entries(shown).map(([name, member]) => [
      name,
      known[name] === "*" ? assigned(name, member) : withStars(member, known[name]),
    ]),
  );
}

const definitionOf = (app: Members): Members =>
  Object.fromEntries(Object.entries(app).filter(([name]) => !notOfTheDefinition.has(name)));

for (const file of readdirSync(directory).toSorted()) {
  const { rule, definition, canonical } = JSON.parse(readFileSync(join(directory, file), "utf8")) as Fixture;
  test(`${file}: ${rule}`, () => {
    const door = new DoorDriver();
    const created = door.json("POST", "/v2/apps", definition);
    assert.equal(created.status, 201, JSON.stringify(created.json));
    const warning = created.headers["Unum-Warning"];
    assert.equal(warning, "maintainer" in definition ? "unknown fields were ignored: maintainer" : undefined);
    const expected = withoutEmpty({ ...defaults, ...canonical });
    const { app } = door.get(`/v2/apps${definition.id}`).json;
    assert.deepEqual(withStars(withoutEmpty(definitionOf(app)), expected), expected);

    // What was shown means the same when it is sent, and so changes nothing.
    const again = door.json("PUT", `/v2/apps${definition.id}?force=true`, definitionOf(app));
    assert.equal(again.status, 200, JSON.stringify(again.json));
    assert.equal(door.get(`/v2/apps${definition.id}`).json.app.version, app.version);
  });
}
