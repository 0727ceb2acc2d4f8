import assert from "node:assert/strict";
import { createServer as createHttp } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { after, test } from "node:test";
import { limits } from "#base/limits.ts";
import type { ProbeRequest, ProbeResult } from "#ports/probes.ts";
import { until } from "../../../test/until.ts";
import { createProbes } from "./probes.ts";

const cleanups: (() => void)[] = [];
after(() => {
  for (const cleanup of cleanups) cleanup();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  cleanups.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

const probes = createProbes();
let probeNumber = 0;
type What = { protocol: "tcp" } | { protocol: "http" | "https"; path: string; withBody?: boolean };

function probe(port: number, what: What, timeoutMs = 10_000): Promise<ProbeResult> {
  probeNumber += 1;
  const request: ProbeRequest = {
    probeId: `p-${probeNumber}`,
    address: "127.0.0.1",
    port,
    timeoutMs,
    ...what,
  };
  return new Promise((resolve) => {
    let answers = 0;
    probes.perform(request, (result) => {
      answers += 1;
      assert.equal(answers, 1);
      assert.equal(result.probeId, request.probeId);
      resolve(result);
    });
  });
}

test("HTTP passes with 200 to 399, and the path arrives", async () => {
  const paths: (string | undefined)[] = [];
  const port = await listen(
    createHttp((request, response) => {
      paths.push(request.url);
      response.statusCode = Number(request.url?.slice(1, 4));
      response.write("a body that never ends");
    }),
  );
  for (const [status, ok] of [
    [200, true],
    [302, true],
    [399, true],
    [404, false],
    [500, false],
  ] as const) {
    const result = await probe(port, { protocol: "http", path: `/${status}?a=1` });
    assert.deepEqual([result.ok, result.message], [ok, `HTTP status ${status}`]);
  }
  assert.equal((await probe(port, { protocol: "http", path: "200 ü\r\nX: y" })).ok, true);
  assert.equal(paths.at(-1), "/200%20%C3%BC%0D%0AX:%20y");
});

test("an answer is told: its status and type, and its body where that is asked for, as far as it is kept", async () => {
  const port = await listen(
    createHttp((request, response) => {
      response.writeHead(418, { "Content-Type": "text/plain; charset=utf-8" });
      if (request.url === "/long") response.write("x".repeat(limits.probeBodyBytesMax + 10));
      else response.end("short");
    }),
  );
  const ask = async (path: string, withBody: boolean) =>
    (await probe(port, { protocol: "http", path, withBody })).response;
  const told = { status: 418, contentType: "text/plain" };
  assert.deepEqual(await ask("/", true), { ...told, body: "short" });
  assert.deepEqual(await ask("/", false), { ...told, body: "" });
  const long = await ask("/long", true);
  assert.equal(long?.body.length, limits.probeBodyBytesMax, "what never ends is cut");
});

test("a promise of an answer is told as such when nothing follows, and counts for nothing when something does", async () => {
  const promising = await listen(
    createServer((socket) => void socket.write("HTTP/1.1 103 Early Hints\r\n\r\n")),
  );
  const alone = await probe(promising, { protocol: "http", path: "/" }, 300);
  assert.deepEqual([alone.ok, alone.response?.status], [false, 103]);
  const keeping = await listen(
    createServer((socket) =>
      socket.end("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ),
  );
  const kept = await probe(keeping, { protocol: "http", path: "/" });
  assert.deepEqual([kept.ok, kept.response?.status], [true, 200]);
});

test("TCP passes when somebody listens, and a closed port says so", async () => {
  const server = createServer();
  const port = await listen(server);
  assert.deepEqual([(await probe(port, { protocol: "tcp" })).ok], [true]);
  const closed = createServer();
  const closedPort = await listen(closed);
  await new Promise((resolve) => closed.close(resolve));
  for (const protocol of ["http", "https"] as const) {
    assert.match((await probe(closedPort, { protocol, path: "/" })).message, /ECONNREFUSED/);
  }
  assert.match((await probe(closedPort, { protocol: "tcp" })).message, /ECONNREFUSED/);
});

test("silence ends with the time-out, and nonsense with a reason", async () => {
  const silent = await listen(createServer());
  assert.match((await probe(silent, { protocol: "http", path: "/" }, 50)).message, /no answer within 50 ms/);
  const nonsense = await listen(createServer((socket) => socket.end("nonsense\r\n\r\n")));
  assert.equal((await probe(nonsense, { protocol: "http", path: "/" })).ok, false);
  assert.equal((await probe(nonsense, { protocol: "https", path: "/" })).ok, false);
});

test("so many at a time: the others wait for a place, and are answered within their own time-out", async () => {
  let open = 0;
  let most = 0;
  const port = await listen(
    createHttp((request, response) => {
      open += 1;
      most = Math.max(most, open);
      request.on("close", () => {
        open -= 1;
      });
      if (request.url === "/fast") response.end();
    }),
  );
  const slow = Array.from({ length: limits.probesInFlightMax }, () =>
    probe(port, { protocol: "http", path: "/slow" }, 3_000),
  );
  const late = await probe(port, { protocol: "http", path: "/fast" }, 20);
  assert.match(late.message, /waited for other checks/);
  const patient = probe(port, { protocol: "http", path: "/fast" }, 60_000);
  assert.equal((await patient).ok, true);
  assert.ok((await Promise.all(slow)).every((result) => !result.ok));
  assert.ok(most <= limits.probesInFlightMax, `${most} at a time`);
  await until("the connections to end", () => open === 0);
});
