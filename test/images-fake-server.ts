/**
 * A server on loopback that answers as a test tells it, and remembers all that it was asked.
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after } from "node:test";

/** `count`: how often this was asked for, this time included. */
export type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

export class FakeServer {
  readonly asked: IncomingMessage[] = [];
  readonly #server: Server;

  private constructor(handler: Handler) {
    this.#server = createServer((request, response) => {
      this.asked.push(request);
      const count = this.asked.filter(({ url }) => url === request.url).length;
      handler(request, response, count);
    });
  }

  static async start(handler: Handler): Promise<FakeServer> {
    const server = new FakeServer(handler);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    servers.push(server);
    return server;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  of(part: string): readonly IncomingMessage[] {
    return this.asked.filter(({ url }) => url?.includes(part));
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const servers: FakeServer[] = [];
after(() => {
  for (const server of servers) server.stop();
});
