/**
 * Answers and bodies that wait for the other end, over real sockets: nothing is lost, nothing piles up.
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, test } from "node:test";
import { limits } from "#base/limits.ts";
import type { BodyStream, DoorRequest, FlowSource, Respond } from "#ports/door.ts";
import { until } from "../../../test/until.ts";
import { createLog } from "../log/log.ts";
import { createAccess } from "./access.ts";
import type { Route } from "./router.ts";
import { createHttpServer } from "./server.ts";

const log = createLog("test", () => {});
const sockets: Socket[] = [];
const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const socket of sockets) socket.destroy();
  for (const close of closers) await close();
});

async function serve(
  handle: (request: DoorRequest, respond: Respond) => void,
  streams = false,
): Promise<Socket> {
  const route: Route = {
    ...{ method: "POST", path: "/it", permission: "public", handle },
    ...(streams ? { streams: () => true } : {}),
  };
  const server = createHttpServer({ routes: [route], access: createAccess("token"), hostNames: [], log });
  closers.push(() => server.close());
  const socket = connect(await server.listen("127.0.0.1", 0), "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

test("an answer is held back while nobody reads it, and is whole in the end", async () => {
  const chunk = new Uint8Array(1_000_000).fill(120);
  let written = 0;
  let closed = 0;
  const socket = await serve((_request, respond) =>
    respond({
      kind: "flow",
      headers: {},
      refused: () => assert.fail(),
      open: (sink): FlowSource => {
        const go = (): void => {
          while (written < 50) {
            written += 1;
            if (!sink.write(chunk)) return;
          }
          sink.end();
        };
        go();
        return {
          resume: go,
          closed: () => {
            closed += 1;
          },
        };
      },
    }),
  );
  socket.pause();
  socket.write("POST /it HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  await until("the first chunk", () => written > 0);
  // What the kernel takes of it differs; all of it it never does.
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(written < 50, `${written} MB were written to nobody`);
  let read = 0;
  socket.on("data", (bytes: Buffer) => {
    for (const byte of bytes) if (byte === 120) read += 1;
  });
  socket.resume();
  await once(socket, "close");
  assert.equal(read, 50_000_000);
  await until("the end", () => closed === 1);
});

test("a body comes as it is sent, larger than any that is read whole, and stops while it is paused", async () => {
  let stream: BodyStream | undefined;
  let bytes = 0;
  let whole: boolean | undefined;
  const socket = await serve((request, respond) => {
    stream = request.stream;
    assert.equal(request.body.length, 0);
    stream?.read({
      chunk: (chunk) => {
        bytes += chunk.length;
      },
      ended: (isWhole) => {
        whole = isWhole;
        respond({ kind: "body", status: 200, headers: {}, body: "done" });
      },
    });
  }, true);
  const length = 3 * limits.requestBodyBytesMax;
  socket.write(`POST /it HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`);
  socket.write("x".repeat(1_000));
  await until("the first part", () => bytes === 1_000);
  stream?.pause();
  socket.write("x".repeat(length - 1_000));
  stream?.resume();
  const [answer] = await once(socket, "data");
  assert.match(String(answer), /^HTTP\/1.1 200 /);
  assert.equal(bytes, length);
  assert.equal(whole, true);
});

test("who goes away in the middle of a body, or before an answer that takes its time, is missed", async () => {
  let whole: boolean | undefined;
  let left = 0;
  const half = await serve((request) => {
    request.stream?.read({
      chunk: () => {},
      ended: (isWhole) => {
        whole = isWhole;
      },
    });
  }, true);
  half.write("POST /it HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx");
  half.end();
  await until("the end", () => whole === false);
  let isWaiting = false;
  const waiting = await serve((_request, respond) =>
    respond({
      kind: "later",
      wait: () => {
        isWaiting = true;
        return () => {
          left += 1;
        };
      },
    }),
  );
  waiting.write("POST /it HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await until("the wait", () => isWaiting);
  waiting.destroy();
  await until("it to be missed", () => left === 1);
});

test("those who only look on leave room for those who work, and who asks for the headers alone holds nothing", async () => {
  let isLook = true;
  let opened = 0;
  let refused = 0;
  const handle = (_request: DoorRequest, respond: Respond): void =>
    respond({
      kind: "flow",
      headers: { "X-It": "is here" },
      isLook,
      refused: () => {
        refused += 1;
      },
      open: () => {
        opened += 1;
        return { resume: () => {}, closed: () => {} };
      },
    });
  const routes: Route[] = [{ method: "GET", path: "/it", permission: "public", handle }];
  const server = createHttpServer({ routes, access: createAccess("token"), hostNames: [], log });
  closers.push(() => server.close());
  const port = await server.listen("127.0.0.1", 0);
  const ask = async (method: string): Promise<string> => {
    const socket = connect(port, "127.0.0.1");
    sockets.push(socket);
    socket.write(`${method} /it HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    if (method === "HEAD") return String((await once(socket.setEncoding("utf8"), "data"))[0]);
    return String((await once(socket, "data"))[0]).split("\r\n", 1)[0] ?? "";
  };
  assert.match(await ask("HEAD"), /X-It: is here/);
  assert.deepEqual([opened, refused], [0, 1]);
  for (let count = 0; count < limits.logReadersMax; count += 1)
    assert.match(await ask("GET"), / 200 /, `reader ${count}`);
  assert.match(await ask("GET"), / 503 /);
  isLook = false;
  assert.match(await ask("GET"), / 200 /);
});
