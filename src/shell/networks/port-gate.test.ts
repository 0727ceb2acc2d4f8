import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { BridgeNetwork } from "./bridge.ts";
import { PortGate } from "./port-gate.ts";
import { newSpace, type Space } from "./space.ts";

const place = mkdtempSync(join(tmpdir(), "unum-gate-"));
const said = join(place, "said");
const { PATH } = process.env;

/** A firewall that only writes down what it is told. */
before(() => {
  const nft = join(place, "nft");
  writeFileSync(nft, `#!/bin/sh\n[ "$1" = list ] || cat >>${said}\n`);
  chmodSync(nft, 0o755);
  process.env.PATH = `${place}:${PATH}`;
});
after(() => {
  process.env.PATH = PATH;
  rmSync(place, { recursive: true });
});

const bridgeName = "unum-no-such";

function spaceAt(key: string, address: string): Space {
  const space = newSpace(place, key, "h");
  space.members.add(key);
  space.attachments = [
    {
      network: { cniVersion: "0.4.0", name: "n", plugins: [{ type: "bridge", bridge: bridgeName }] },
      wish: {
        name: "n",
        portMappings: [{ hostPort: 31_000, containerPort: 80, protocol: "tcp" }],
        labels: [],
      },
      interfaceName: "eth0",
      dns: undefined,
      isMappedHere: true,
      result: { addresses: [address], dns: undefined, document: undefined },
    },
  ];
  return space;
}

function gateOf(...spaces: readonly Space[]): { gate: PortGate; bridge: { subnet: string } } {
  const bridge = { interfaceName: bridgeName, subnet: "172.24.0.0/22" };
  const options = { spaces: () => spaces, isPossible: true };
  return { gate: new PortGate("unum_test", bridge as unknown as BridgeNetwork, options), bridge };
}

const changes = (): readonly string[] =>
  readFileSync(said, "utf8").match(/^(create|delete) element .*$/gm) ?? [];

test("a port whose last container is still leaving is waited for, and never taken from its successor", async () => {
  const [first, second] = [spaceAt("a", "172.24.0.2"), spaceAt("b", "172.24.0.3")];
  const { gate } = gateOf(first, second);
  await gate.let(first);
  const letting = gate.let(second);
  await gate.shut(first);
  await letting;
  await gate.shut(first);
  assert.deepEqual(
    changes().map((line) => line.replace(/ ip unum_test ports/, "")),
    [
      "create element { tcp . 31000 : 172.24.0.2 . 80 }",
      "delete element { tcp . 31000 }",
      "create element { tcp . 31000 : 172.24.0.3 . 80 }",
    ],
  );
});

test("a table that is made anew has what was let in a moment before", async () => {
  const space = spaceAt("a", "172.24.0.2");
  const { gate, bridge } = gateOf(space);
  await gate.let(space);
  // Nobody has said yet that the space is whole.
  bridge.subnet = "172.24.4.0/22";
  rmSync(said);
  await gate.include();
  assert.match(readFileSync(said, "utf8"), /elements = \{ tcp \. 31000 : 172\.24\.0\.2 \. 80 \}/);
});

test("ports that could lead to an address of version 6 alone are refused, and not left out", async () => {
  const space = spaceAt("six", "fd00::2");
  const { gate } = gateOf(space);
  await assert.rejects(
    gate.let(space),
    /the network n gave it fd00::2, and ports lead to addresses of version 4/,
  );
});
