/**
 * The HTTP client of our own tools: JSON in and out with the cluster's token, and streams.
 *
 * Every way in which a server can fail to answer is a `ClientError` whose message is for people. What the
 * server answers, whatever its status, is a value.
 */

import type { Readable } from "node:stream";
import { Agent, type Dispatcher } from "undici";
import { limits } from "#base/limits.ts";

export type ClientOptions = {
  /** For example `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  readonly token?: string;
};

export type ClientRequest = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With the query, for example `/v2/apps?embed=counts`. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** In its place: sent as it comes, in chunks. Its type is said by `headers`. */
  readonly bodyStream?: Readable;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** The answer may take as long as what it waits for. */
  readonly isPatient?: boolean;
};

export type ClientAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body parsed; undefined when it is not JSON. */
  readonly json: unknown;
};

export type ClientStream = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
};

export class ClientError extends Error {
  override readonly name = "ClientError";
  /** `ECONNREFUSED`, `UND_ERR_HEADERS_TIMEOUT`, …, as far as it is known. */
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined) {
    super(message);
    this.code = code;
  }
}

export interface HttpClient {
  readonly baseUrl: string;
  request(request: ClientRequest): Promise<ClientAnswer>;
  /** The body is unlimited in length and in time; whoever stops reading aborts by `signal`. */
  stream(request: ClientRequest): Promise<ClientStream>;
  close(): Promise<void>;
}

export function createHttpClient({ baseUrl, token }: ClientOptions): HttpClient {
  const agent = new Agent({
    connect: { timeout: 5_000, noDelay: true },
    headersTimeout: 2 * limits.requestTimeoutMs,
  });
  const send = async (request: ClientRequest, bodyTimeoutMs: number): Promise<Dispatcher.ResponseData> => {
    try {
      return await agent.request({
        origin: baseUrl,
        path: request.path,
        method: request.method,
        headers: {
          accept: "application/json",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(request.body === undefined ? {} : { "content-type": "application/json" }),
          ...request.headers,
        },
        body: request.bodyStream ?? (request.body === undefined ? null : JSON.stringify(request.body)),
        signal: request.signal ?? null,
        ...(request.isPatient === true
          ? { headersTimeout: 0, bodyTimeout: 0 }
          : { bodyTimeout: bodyTimeoutMs }),
      });
    } catch (error) {
      throw explain(error, baseUrl, request.signal);
    }
  };
  return {
    baseUrl,
    request: async (request) => {
      const answer = await send(request, limits.requestTimeoutMs);
      const text = await readAll(answer.body).catch((error: unknown) => {
        throw explain(error, baseUrl, request.signal);
      });
      return { status: answer.statusCode, headers: answer.headers, text, json: parseJson(text) };
    },
    stream: async (request) => {
      const answer = await send(request, 0);
      return { status: answer.statusCode, headers: answer.headers, body: answer.body };
    },
    close: () => agent.destroy(),
  };
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > limits.answerBytesMax)
      throw new Error(`the answer is larger than ${limits.answerBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function explain(error: unknown, baseUrl: string, signal: AbortSignal | undefined): ClientError {
  if (signal?.aborted) return new ClientError("The request was given up.", "ABORTED");
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  switch (code) {
    case "ECONNREFUSED":
      return new ClientError(
        `Nothing listens at ${baseUrl}. Is the cluster running? Start it with \`unum up\`.`,
        code,
      );
    case "UND_ERR_CONNECT_TIMEOUT":
    case "UND_ERR_HEADERS_TIMEOUT":
    case "UND_ERR_BODY_TIMEOUT":
      return new ClientError(`The cluster at ${baseUrl} does not answer in time.`, code);
    default:
      return new ClientError(
        `The cluster at ${baseUrl} cannot be reached: ${error instanceof Error ? error.message : error}.`,
        code,
      );
  }
}
