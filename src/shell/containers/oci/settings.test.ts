import assert from "node:assert/strict";
import { test } from "node:test";
import { applySettings } from "./settings.ts";

const user = { uid: 0, gid: 0, additionalGids: [] };
const definition = {
  process: { user: {} },
  root: {},
  mounts: [],
  linux: {
    namespaces: [],
    resources: { pids: { limit: 10 }, devices: [] },
    devices: [{ path: "/dev/nvidia0" }],
    maskedPaths: [],
    readonlyPaths: [],
  },
};
const input = { user, allowPrivileged: true, hasOwnNetwork: false, groups: [] };

test("a container with GPUs keeps them beside the devices that it asks for", () => {
  const devices = [{ hostPath: "/dev/null", containerPath: "/dev/nothing", access: "r" }];
  const { linux } = applySettings(definition, { devices }, input, []) as typeof definition;
  assert.deepEqual(
    linux.devices.map(({ path }) => path),
    ["/dev/nvidia0", "/dev/nothing"],
  );
});

test("one that names a GPU's place does not take it", () => {
  const devices = [{ hostPath: "/dev/null", containerPath: "/dev/nvidia0", access: "r" }];
  const { linux } = applySettings(definition, { devices }, input, []) as typeof definition;
  assert.deepEqual(linux.devices, [{ path: "/dev/nvidia0" }]);
});
