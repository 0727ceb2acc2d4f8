/**
 * A web server of a test's own: files at paths, and the faults that real servers have.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

export type Served = {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
};

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

export class FilesServer {
  /** What was asked for, in order. */
  readonly served: Served[] = [];
  readonly #answers = new Map<string, Answer>();
  readonly #server: ReturnType<typeof createServer>;
  readonly #scheme: "http" | "https";

  private constructor(tls: { readonly key: string; readonly cert: string } | undefined) {
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      const path = request.url ?? "";
      const count = this.countOf(path);
      this.served.push({ path, headers: request.headers });
      const answer = this.#answers.get(path);
      if (answer === undefined) response.writeHead(404).end("nothing here");
      else answer(request, response, count);
    };
    this.#scheme = tls === undefined ? "http" : "https";
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  }

  static async start(tls?: { readonly key: string; readonly cert: string }): Promise<FilesServer> {
    const made = new FilesServer(tls);
    await new Promise<void>((resolve) => made.#server.listen(0, "127.0.0.1", resolve));
    return made;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  url(path: string): string {
    return `${this.#scheme}://${this.host}${path}`;
  }

  countOf(path: string): number {
    return this.served.filter((one) => one.path === path).length;
  }

  /** `count`: how often it was asked for before. */
  on(path: string, answer: Answer): void {
    this.#answers.set(path, answer);
  }

  file(path: string, content: Buffer | string): void {
    this.on(path, (_request, response) => response.end(content));
  }

  redirect(path: string, location: string): void {
    this.on(path, (_request, response) => response.writeHead(302, { location }).end());
  }

  /** Breaks off after `bytes` of what each of the first `times` requests asks for; honours ranges if `ranges`. */
  broken(
    path: string,
    content: Buffer,
    { bytes, times, ranges }: { readonly bytes: number; readonly times: number; readonly ranges: boolean },
  ): void {
    this.on(path, (request, response, count) => {
      const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
      const start = ranges && from !== undefined ? Number(from) : 0;
      const rest = content.subarray(start);
      const headers = { etag: '"v1"', "content-length": rest.length };
      if (start === 0) response.writeHead(200, headers);
      else
        response.writeHead(206, {
          ...headers,
          "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
        });
      if (count >= times) response.end(rest);
      // Not destroyed: what was written shall arrive.
      else response.write(rest.subarray(0, bytes), () => response.socket?.end());
    });
  }
}
