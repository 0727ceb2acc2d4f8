/**
 * Sends a door's answer: bodies, files, and the headers that every answer carries.
 *
 * Streams and proxied answers have files of their own. Whatever happens to the connection, an open file that
 * came with an answer is closed.
 */

import { close, createReadStream } from "node:fs";
import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import type { BodyAnswer, FileAnswer, Headers } from "#ports/door.ts";

/** For every answer; a door's own headers win. */
const commonHeaders: Headers = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
};

export function setHeaders(response: ServerResponse, headers: Headers): void {
  for (const [name, value] of Object.entries(commonHeaders)) response.setHeader(name, value);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

export function sendBody(response: ServerResponse, answer: BodyAnswer): void {
  const body = typeof answer.body === "string" ? Buffer.from(answer.body) : answer.body;
  response.statusCode = answer.status;
  setHeaders(response, answer.headers);
  if (answer.status !== 204 && answer.status !== 304) response.setHeader("Content-Length", body.byteLength);
  response.end(body);
}

export function sendFile(response: ServerResponse, { headers, file }: FileAnswer, isHead: boolean): void {
  if (response.destroyed || isHead) close(file.descriptor, () => {});
  if (response.destroyed) return;
  response.statusCode = 200;
  setHeaders(response, headers);
  response.setHeader("Content-Length", file.sizeBytes);
  if (isHead) return void response.end();
  if (file.sizeBytes === 0) {
    close(file.descriptor, () => {});
    return void response.end();
  }
  // A log that grows while it is sent ends where it was when it was opened, as Content-Length says. One that
  // shrinks (rotation) leaves the answer short: the pipeline then cuts the connection, and the client sees it.
  const source = createReadStream("", { fd: file.descriptor, start: 0, end: file.sizeBytes - 1 });
  pipeline(source, response, () => {});
}

export const discardFile = (answer: FileAnswer): void => close(answer.file.descriptor, () => {});
