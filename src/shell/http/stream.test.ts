/**
 * Endless answers on the wire: chunks stay apart, the end comes after them, and slow readers are cut off.
 */

import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { after, test } from "node:test";
import type { StreamAnswer, StreamSink } from "#ports/door.ts";
import { until } from "../../../test/until.ts";
import { createStreams } from "./stream.ts";

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

type Opened = { readonly socket: Socket; readonly sink: () => StreamSink; text(): string; left(): boolean };

async function open(more: Partial<StreamAnswer> = {}): Promise<Opened> {
  const streams = createStreams(() => {});
  let sink: StreamSink | undefined;
  let hasLeft = false;
  const server = createServer((_request, response) =>
    streams.send(
      response,
      {
        kind: "stream",
        headers: {},
        open: (opened) => {
          sink = opened;
          return () => {
            hasLeft = true;
          };
        },
        ...more,
      },
      false,
    ),
  );
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.on("error", () => {});
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await until("the stream to open", () => sink !== undefined);
  return { socket, sink: () => sink ?? assert.fail(), text: () => text, left: () => hasLeft };
}

test("what is written apart stays apart, and the end comes last", async () => {
  const { sink, text, left } = await open();
  sink().write("one");
  sink().write(Uint8Array.of(0x74, 0x77, 0x6f));
  sink().end();
  sink().write("too late");
  sink().end();
  await until("the end", () => text().endsWith("0\r\n\r\n"));
  assert.match(text(), /\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/);
  await until("the door to be told", left);
});

test("a reader that goes away is told of once", async () => {
  const { socket, sink, left } = await open();
  socket.destroy();
  await until("the door to be told", left);
  sink().write("nobody");
});

test("a reader slower than its queue is cut off", async () => {
  const { socket, sink, left } = await open({ queueBytesMax: 1_024 });
  socket.pause();
  const chunk = "x".repeat(1024 * 1024);
  await until("the reader to be cut off", () => {
    if (!left()) sink().write(chunk);
    return left();
  });
});
