/**
 * The cluster's HTTP API as commands use it: answers that are errors become `CliError`s for people.
 *
 * A refusal names what was asked for and keeps the server's own reason; 404 is "not found" (exit code 3), and a
 * cluster that cannot be reached is exit code 4.
 */

import { ClientError, type ClientRequest, type ClientStream, type HttpClient } from "#shell/http/client.ts";
import { CliError, exitCodes } from "./command.ts";
import { arrayAt, type Json, recordAt, textAt, toRecord } from "./json.ts";

/** `what` says in an error what could not be done: `show app /web`. */
export type ApiRequest = ClientRequest & { readonly what: string };

export type ApiAnswer = {
  readonly status: number;
  readonly body: Json;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
};

export class Api {
  readonly #client: HttpClient;
  readonly #whereFrom: string;
  readonly #prove: () => Promise<void>;
  #proven: Promise<void> | undefined;

  /**
   * `whereFrom`: how the cluster was found, for advice. `prove` is called once, before the first request, and
   * throws when the token must not be sent there.
   */
  constructor(client: HttpClient, whereFrom: string, prove: () => Promise<void>) {
    this.#client = client;
    this.#whereFrom = whereFrom;
    this.#prove = prove;
  }

  get(path: string, what: string): Promise<ApiAnswer> {
    return this.send({ method: "GET", path, what });
  }

  /** Undefined when the server says that there is no such thing. */
  async find(path: string, what: string): Promise<ApiAnswer | undefined> {
    const answer = await this.#request({ method: "GET", path, what });
    return answer.status === 404 ? undefined : this.#checked(answer, what);
  }

  async send(request: ApiRequest): Promise<ApiAnswer> {
    return this.#checked(await this.#request(request), request.what);
  }

  /** Any answer that the cluster gives, a refusal too. */
  attempt(request: ApiRequest): Promise<ApiAnswer> {
    return this.#request(request);
  }

  /** An answer of any length; one that is an error is read, and thrown. */
  async open({ what, ...request }: ApiRequest): Promise<ClientStream> {
    await this.#asked(what, this.#provenOnce());
    const stream = await this.#asked(what, this.#client.stream(request));
    if (stream.status < 400) return stream;
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream.body) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    this.#checked({ status: stream.status, headers: stream.headers, body }, what);
    return stream;
  }

  #provenOnce(): Promise<void> {
    this.#proven ??= this.#prove();
    return this.#proven;
  }

  async #request({ what, ...request }: ApiRequest): Promise<ApiAnswer> {
    await this.#asked(what, this.#provenOnce());
    const { status, headers, json, text } = await this.#asked(what, this.#client.request(request));
    return { status, headers, body: json ?? text };
  }

  async #asked<Answer>(what: string, answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      throw new CliError(
        `cannot ${what}: ${error.message}`,
        exitCodes.unreachable,
        `The cluster was looked for at ${this.#client.baseUrl} (${this.#whereFrom}).`,
      );
    }
  }

  #checked(answer: ApiAnswer, what: string): ApiAnswer {
    if (answer.status < 400) return answer;
    const reason = reasonOf(answer);
    switch (answer.status) {
      case 401:
      case 403:
        throw new CliError(
          `cannot ${what}: ${reason}`,
          exitCodes.failure,
          `The token came from ${this.#whereFrom}; give another with --token-file FILE or UNUM_TOKEN_FILE.`,
        );
      case 404:
        throw new CliError(`cannot ${what}: ${reason}`, exitCodes.notFound);
      case 409:
        throw new CliError(
          `cannot ${what}: ${reason}`,
          exitCodes.failure,
          arrayAt(answer.body, "deployments").length > 0
            ? "Wait for it (unum deployment list), or override it with --force."
            : undefined,
        );
      default:
        throw new CliError(`cannot ${what}: ${reason}`, exitCodes.failure);
    }
  }
}

/** The server's message, with the fields that it complains about and the deployments in the way. */
function reasonOf({ status, body }: ApiAnswer): string {
  const record = toRecord(body);
  const text = typeof body === "string" ? body.trim().slice(0, 300) : textAt(record, "message");
  const details = arrayAt(record, "details").flatMap((detail) => {
    const errors = arrayAt(detail, "errors").filter((error) => typeof error === "string");
    return errors.map((error) => `\n  ${textAt(detail, "path") ?? "/"}: ${error}`);
  });
  const deployments = arrayAt(record, "deployments").map((deployment) => textAt(deployment, "id"));
  const locks = deployments.length === 0 ? "" : ` (deployment ${deployments.join(", ")})`;
  return `${text === undefined || text === "" ? `the server answered ${status}` : text}${locks}${details.join("")}`;
}

/** The app's id as the API has it, `/` first; path segments escaped. */
export const appPath = (appId: string): string =>
  `/v2/apps${absoluteId(appId).split("/").map(encodeURIComponent).join("/")}`;

export const absoluteId = (appId: string): string => `/${appId.replace(/^\/+/, "").replace(/\/+$/, "")}`;

/** From the body or the header of a change's answer; undefined when nothing was to be deployed. */
export function deploymentIdOf({ body, headers }: ApiAnswer): string | undefined {
  const header = headers["marathon-deployment-id"];
  return (
    textAt(body, "deploymentId") ??
    textAt(recordAt({ first: arrayAt(body, "deployments")[0] }, "first"), "id") ??
    (typeof header === "string" ? header : undefined)
  );
}
