/**
 * Requests to registries, and to wherever they send us: TLS, limits of time, and redirects that take nothing
 * secret with them to another host.
 *
 * What a server answers, whatever its status, is a value; that none answers is an `ImageFault`.
 */

import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici";
import { limits } from "#base/limits.ts";
import { ImageFault, wordsOf } from "../image-fault.ts";
import { secureContextFor } from "./certificates.ts";
import { isLoopback } from "./policy.ts";

export type RegistryRequest = {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
};

export type RegistryAnswer = {
  /** Of the server that answered, which a redirect may have led to. */
  readonly origin: string;
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: Dispatcher.ResponseData["body"];
};

const redirects = new Set([301, 302, 303, 307, 308]);

export class Transport {
  readonly #certificateDirectories: readonly string[];
  readonly #agents = new Map<string, Promise<Dispatcher>>();

  constructor(certificateDirectories: readonly string[]) {
    this.#certificateDirectories = certificateDirectories;
  }

  async close(): Promise<void> {
    for (const agent of this.#agents.values())
      await agent.then(
        (each) => each.destroy(),
        () => undefined,
      );
  }

  /** Follows redirects of `GET` and `HEAD`. */
  async send(request: RegistryRequest): Promise<RegistryAnswer> {
    let { url, headers } = request;
    for (let hops = 0; ; hops += 1) {
      const answer = await this.#once({ ...request, url, headers });
      const location = answer.header("location");
      if (!redirects.has(answer.status) || location === undefined || request.method === "POST") return answer;
      await discard(answer);
      if (hops >= limits.registryRedirectsMax)
        throw new ImageFault(`${request.url.host} redirects more than ${limits.registryRedirectsMax} times`);
      const next = targetOf(location, url);
      if (next.origin !== url.origin) headers = withoutSecrets(headers);
      url = next;
    }
  }

  async #once(request: RegistryRequest): Promise<RegistryAnswer> {
    const { url, signal } = request;
    try {
      const agent = await this.#agentFor(url);
      const answer = await agent.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: request.method,
        headers: { "user-agent": "unum", ...request.headers },
        body: request.body ?? null,
        signal,
      });
      const header = (name: string): string | undefined => {
        const value = answer.headers[name];
        return Array.isArray(value) ? value.join(", ") : value;
      };
      return { origin: url.origin, status: answer.statusCode, header, body: answer.body };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw faultOf(error, url);
    }
  }

  #agentFor(url: URL): Promise<Dispatcher> {
    const known = this.#agents.get(url.origin);
    if (known !== undefined) return known;
    const made = this.#makeAgent(url);
    this.#agents.set(url.origin, made);
    return made;
  }

  async #makeAgent(url: URL): Promise<Dispatcher> {
    const times = {
      headersTimeout: limits.registryHeadersTimeoutMs,
      bodyTimeout: limits.registryIdleTimeoutMs,
      connections: limits.imageDownloadsMax + 2,
    };
    const timeout = limits.registryHeadersTimeoutMs;
    const tls =
      url.protocol === "https:"
        ? { secureContext: await secureContextFor(url.host, this.#certificateDirectories) }
        : {};
    const options = { ...times, connect: { timeout, ...tls }, requestTls: { timeout, ...tls } };
    // By the proxies that the environment names, as everything else on the machine.
    return isLoopback(url.host) ? new Agent(options) : new EnvHttpProxyAgent(options);
  }
}

/** Reads away what nobody wants, so that the connection can be used again; a long one is cut. */
export async function discard(answer: RegistryAnswer): Promise<void> {
  await answer.body.dump({ limit: 64 * 1024 }).catch(() => undefined);
}

/** The whole body; an `ImageFault` when it is longer than any document may be. */
export async function readDocument(answer: RegistryAnswer, what: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of answer.body as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > limits.imageDocumentBytesMax) break;
      pieces.push(piece);
    }
  } catch (error) {
    throw new ImageFault(`${what} broke off: ${wordsOf(error)}`, true);
  }
  if (bytes > limits.imageDocumentBytesMax) {
    throw new ImageFault(`${what} is larger than ${limits.imageDocumentBytesMax} bytes`);
  }
  return Buffer.concat(pieces);
}

function targetOf(location: string, from: URL): URL {
  const target = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (target === undefined || !["http:", "https:"].includes(target.protocol))
    throw new ImageFault(
      `${from.host} redirects to ${JSON.stringify(location.slice(0, 200))}, which is no address`,
    );
  if (from.protocol === "https:" && target.protocol !== "https:")
    throw new ImageFault(`${from.host} redirects to ${target.host} without TLS, which is not followed`);
  target.username = "";
  target.password = "";
  return target;
}

const withoutSecrets = (headers: RegistryRequest["headers"]): RegistryRequest["headers"] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== "authorization"));

const certificateCodes = /CERT|SIGNATURE|SELF_SIGNED|UNABLE_TO/;

function faultOf(error: unknown, url: URL): ImageFault {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (certificateCodes.test(code))
    return new ImageFault(
      `the certificate of ${url.host} is not believed (${wordsOf(error)}): lay its authority's certificate ` +
        `down on the agent as /etc/docker/certs.d/${url.host}/ca.crt`,
    );
  if (isNoTls(error)) return new NoTls(`${url.host} does not speak TLS (${code})`);
  return new ImageFault(`${url.host} cannot be reached: ${wordsOf(error) || code}`, true);
}

/** Something listens, and it is no TLS server. */
export class NoTls extends ImageFault {}

const isNoTls = (error: unknown): boolean =>
  error instanceof Error &&
  (("code" in error && /^(EPROTO|ERR_SSL_.*)$/.test(String(error.code))) ||
    error.message.includes("wrong version number"));
