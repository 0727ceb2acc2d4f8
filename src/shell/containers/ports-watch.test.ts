import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { after, before, describe, it } from "node:test";
import { containerId, executorId, frameworkId } from "#model/ids.ts";
import type { HeldContainer } from "./backend.ts";
import { listeningSockets, PortsWatch } from "./ports-watch.ts";

function container(name: string, executor: string, ports: HeldContainer["ports"]): HeldContainer {
  return {
    containerId: containerId(name),
    frameworkId: frameworkId("f"),
    executorId: executorId(executor),
    nestedTaskId: undefined,
    name,
    directory: "/d",
    sandbox: "/s",
    sharedSandbox: undefined,
    diskBytesMax: undefined,
    ports,
    bootId: "b",
    kind: "oci",
  };
}

describe("ports that were not given", () => {
  let server: Server;
  let port = 0;
  before(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
  });
  after(() => server.close());

  /** What one look tells, when this very process is in the containers named. */
  function watch(running: readonly HeldContainer[], own: readonly string[]) {
    const told: string[] = [];
    const ports = new PortsWatch({
      intervalMs: 1_000_000,
      running: () => running,
      processesOf: ({ name }) => (own.includes(name) ? [process.pid] : [0x7ffffffe]),
      onStray: ({ name }, strays) => told.push(`${name} ${strays.join()}`),
    });
    return { ports, told };
  }

  it("are told once of a container; and again of another life of it", () => {
    const { ports, told } = watch([container("c", "e", [])], ["c"]);
    ports.look();
    ports.look();
    assert.deepEqual(told, [`c ${port}`]);
    ports.forget("c");
    ports.look();
    assert.equal(told.length, 2);
  });

  it("are not those of its own ranges, nor of its group's; but another's are", () => {
    const given = [[port - 1, port + 1]] as const;
    const cases = [
      [container("c", "e", given), container("d", "e", []), []],
      [container("c", "e", []), container("d", "e", given), []],
      [container("c", "e", []), container("d", "other", given), [`c ${port}`]],
      [container("c", "e", undefined), container("d", "e", undefined), [`c ${port}`]],
    ] as const;
    for (const [one, other, expected] of cases) {
      const { ports, told } = watch([one, other], ["c"]);
      ports.look();
      assert.deepEqual(told, expected);
    }
  });
});

describe("the kernel's table of sockets", () => {
  it("tells who listens, on either version", () => {
    const table = [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100",
      "   1: 0100007F:1F91 0100007F:0050 01 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100",
      "   2: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 333 1 0",
      "",
    ].join("\n");
    assert.deepEqual(
      [...listeningSockets(table)],
      [
        ["111", 8_080],
        ["333", 80],
      ],
    );
  });
});
