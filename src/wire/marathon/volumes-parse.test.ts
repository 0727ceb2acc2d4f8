import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultAppDefinition } from "#model/app-defaults.ts";
import { appId } from "#model/ids.ts";
import { Faults } from "../json/problem.ts";
import { parseVolumes } from "./volumes-parse.ts";

const base = defaultAppDefinition(appId("/web"));

test("paths of the host and of the sandbox", () => {
  const faults = new Faults();
  const volumes = [
    { containerPath: "/data", hostPath: "/srv/data", mode: "RO" as const },
    { containerPath: "cache", hostPath: "own" },
  ];
  const patch = parseVolumes({ volumes }, base, faults);
  assert.deepEqual(
    [patch.volumes, faults.any],
    [
      [
        { containerPath: "/data", mode: "read-only", source: { kind: "host", path: "/srv/data" } },
        { containerPath: "cache", mode: "read-write", source: { kind: "sandbox", of: "self", path: "own" } },
      ],
      false,
    ],
  );
  assert.deepEqual(parseVolumes({ volumes: [] }, { ...base, ...patch }, faults), { volumes: undefined });
  assert.deepEqual(parseVolumes({}, base, faults), {});
});

for (const [why, volume, path] of [
  ["no path of the host", { containerPath: "a" }, "/container/volumes(0)/hostPath"],
  ["no path of the container", { hostPath: "/a" }, "/container/volumes(0)/containerPath"],
  ["one that climbs", { containerPath: "a", hostPath: "/a/../b" }, "/container/volumes(0)/hostPath"],
  ["an external one", { containerPath: "a", external: { name: "x" } }, "/container/volumes(0)/external"],
] as const)
  test(`refused: ${why}`, () => {
    const faults = new Faults();
    parseVolumes({ volumes: [volume] }, base, faults);
    assert.deepEqual(
      faults.places.map((place) => place.path),
      [path],
    );
  });
