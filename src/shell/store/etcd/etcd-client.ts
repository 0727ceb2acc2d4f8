/**
 * Calls to etcd 3 over its JSON gateway, to whichever of its members answers.
 *
 * An answer that was lost may stand for a call that was carried out: whoever calls again must say the same again. Bytes go
 * as base64 and 64-bit numbers as texts, as the gateway has them; `keys.ts` knows what they mean.
 */

import { Agent } from "undici";

export type EtcdOptions = {
  /** For example `https://10.0.0.1:2379`. */
  readonly endpoints: readonly string[];
  readonly user?: { readonly name: string; readonly password: string } | undefined;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined;
};

export type EtcdAnswer = Readonly<Record<string, unknown>>;

export class EtcdError extends Error {
  override readonly name = "EtcdError";
  /** False: it was understood and refused, and will be again. */
  readonly mayPass: boolean;

  constructor(message: string, mayPass: boolean) {
    super(message);
    this.mayPass = mayPass;
  }
}

export interface EtcdClient {
  /**
   * `path` below `/v3/`, for example `kv/txn`. Rejects with an `EtcdError`. `attemptMs`: after which another member is asked.
   */
  call(path: string, body: EtcdAnswer, attemptMs?: number): Promise<EtcdAnswer>;
  close(): Promise<void>;
}

const usualAttemptMs = 3_000;
/** gRPC's codes for what may pass: deadline exceeded, resource exhausted, aborted, unavailable. */
const passingCodes: ReadonlySet<unknown> = new Set([4, 8, 10, 14]);
const unauthenticatedCode = 16;
/** etcd says so (as an invalid argument) of a token that is too old. */
const staleToken = /invalid auth token|revision.*auth store.*old/i;

type Reply =
  | { readonly ok: true; readonly body: EtcdAnswer }
  | { readonly ok: false; readonly error: unknown };

export function createEtcdClient(options: EtcdOptions): EtcdClient {
  const { endpoints, user, tls } = options;
  const agent = new Agent({
    connect: { timeout: usualAttemptMs, ...tls },
    headersTimeout: usualAttemptMs,
    bodyTimeout: usualAttemptMs,
  });
  /** The one that answered last is asked first. */
  let preferred = 0;
  let token: string | undefined;

  const ask = async (endpoint: string, path: string, body: EtcdAnswer, attemptMs: number): Promise<Reply> => {
    try {
      const answer = await agent.request({
        origin: endpoint,
        path: `/v3/${path}`,
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(token === undefined ? {} : { authorization: token }),
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(attemptMs),
      });
      const json = (await answer.body.json()) as EtcdAnswer;
      return answer.statusCode < 300 ? { ok: true, body: json } : { ok: false, error: json };
    } catch (error) {
      return { ok: false, error };
    }
  };

  const authenticate = async (): Promise<void> => {
    if (user === undefined) return;
    token = undefined;
    const answer = await callAny("auth/authenticate", { ...user }, usualAttemptMs);
    if (typeof answer.token === "string") token = answer.token;
  };

  async function callAny(path: string, body: EtcdAnswer, attemptMs: number): Promise<EtcdAnswer> {
    let failure = "";
    for (let attempt = 0; attempt < endpoints.length; attempt += 1) {
      const index = (preferred + attempt) % endpoints.length;
      const endpoint = endpoints[index] ?? "";
      const reply = await ask(endpoint, path, body, attemptMs);
      if (reply.ok) {
        preferred = index;
        return reply.body;
      }
      const { code, message } = describe(reply.error);
      failure = `etcd at ${endpoint}: ${message}`;
      if (code === unauthenticatedCode || staleToken.test(message)) throw new TokenError(failure, false);
      if (code !== undefined && !passingCodes.has(code)) throw new EtcdError(failure, false);
    }
    throw new EtcdError(failure, true);
  }

  return {
    call: async (path, body, attemptMs = usualAttemptMs) => {
      if (user !== undefined && token === undefined) await authenticate();
      try {
        return await callAny(path, body, attemptMs);
      } catch (error) {
        if (!(error instanceof TokenError) || user === undefined) throw error;
        await authenticate();
        return callAny(path, body, attemptMs);
      }
    },
    close: () => agent.destroy(),
  };
}

class TokenError extends EtcdError {}

/** `code` is undefined when the call did not come to etcd, or its answer was none of etcd's. */
function describe(error: unknown): { readonly code: number | undefined; readonly message: string } {
  if (error instanceof Error) {
    const message = error.message === "" ? error.name : error.message;
    return { code: undefined, message };
  }
  const { code, message, error: text } = (error ?? {}) as EtcdAnswer;
  return {
    code: typeof code === "number" ? code : undefined,
    message: String(message ?? text ?? "an answer that is none of etcd's"),
  };
}
