/**
 * How a command reaches the `unum up` that runs a cluster: a socket in the data directory, a line each way.
 *
 * Only who may write to the directory's own files can open it. It is opened by way of the directory, for a socket's path
 * may be no longer than about a hundred characters.
 */

import { chmodSync, closeSync, openSync, rmSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";

const fileName = "control.sock";

export type ControlSocket = { readonly close: () => Promise<void> };

/** `answer` never rejects. */
export async function listenForControl(
  directory: string,
  bytesMax: number,
  answer: (line: string) => Promise<string>,
): Promise<ControlSocket> {
  const path = join(directory, fileName);
  // Whoever has the lock on the directory is the only one.
  rmSync(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    void readLine(socket, bytesMax).then(
      async (line) => socket.end(`${await answer(line)}\n`),
      () => socket.destroy(),
    );
  });
  const file = openSync(directory, "r");
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(`/proc/self/fd/${file}/${fileName}`, resolve);
    });
  } finally {
    closeSync(file);
  }
  chmodSync(path, 0o600);
  server.on("error", () => {});
  return {
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(path, { force: true });
    },
  };
}

/** Rejects when nobody listens there. */
export async function askControl(directory: string, line: string, bytesMax: number): Promise<string> {
  const file = openSync(directory, "r");
  const socket = createConnection(`/proc/self/fd/${file}/${fileName}`);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
  } finally {
    closeSync(file);
  }
  socket.write(`${line}\n`);
  return readLine(socket, bytesMax).finally(() => socket.destroy());
}

function readLine(socket: Socket, bytesMax: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
      const end = text.indexOf("\n");
      if (text.length > bytesMax) reject(new Error("the line is too long"));
      else if (end >= 0) resolve(text.slice(0, end));
    });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("it was closed before a whole line came")));
  });
}
