/**
 * One image's registry for the time of one pull: asks, is asked back, and tries again.
 *
 * Owns what each status of a registry's means for people. It keeps nothing when it is closed.
 */

import { readFile } from "node:fs/promises";
import { limits } from "#base/limits.ts";
import { registryWords } from "#wire/oci/challenge.ts";
import { type Credential, parseDockerConfig } from "#wire/oci/docker-config.ts";
import { ImageFault, wordsOf } from "../image-fault.ts";
import { Authorization } from "./authorization.ts";
import type { RegistryPlace, RegistryPolicy } from "./policy.ts";
import { withRetries } from "./retries.ts";
import { discard, NoTls, type RegistryAnswer, readDocument, Transport } from "./transport.ts";

export class RegistrySession {
  readonly #place: RegistryPlace;
  readonly #policy: RegistryPolicy;
  readonly #transport: Transport;
  readonly #authorization: Authorization;
  #origin: string | undefined;

  private constructor(place: RegistryPlace, policy: RegistryPolicy, credential: Credential | undefined) {
    this.#place = place;
    this.#policy = policy;
    this.#transport = new Transport(policy.certificateDirectories);
    this.#authorization = new Authorization(this.#transport, place.name, credential, place.mayBePlain);
  }

  /** `pullConfig`: Docker's `config.json` of one task, which goes before the operator's. */
  static async open(
    place: RegistryPlace,
    policy: RegistryPolicy,
    pullConfig: string | undefined,
  ): Promise<RegistrySession> {
    return new RegistrySession(place, policy, await credentialFor(place, policy, pullConfig));
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  /** A small document, whole. */
  async document(
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{
    readonly bytes: Buffer;
    readonly header: (name: string) => string | undefined;
  }> {
    return withRetries(this.#policy.retryInitialMs, signal, async () => {
      const answer = await this.#get(path, headers, signal);
      if (answer.status !== 200) throw await this.#faultOf(answer, path);
      const bytes = await readDocument(answer, `the answer of registry ${this.#place.name}`);
      return { bytes, header: answer.header };
    });
  }

  /** A blob from a byte on. Not tried again: its reader knows how far it came. */
  async stream(path: string, offset: number, signal: AbortSignal): Promise<RegistryAnswer> {
    const headers = offset === 0 ? {} : { range: `bytes=${offset}-` };
    // So that a file that compresses well does not come compressed twice, and lengths are those of the blob.
    const answer = await this.#get(path, { ...headers, "accept-encoding": "identity" }, signal);
    if (answer.status !== 200 && answer.status !== 206) throw await this.#faultOf(answer, path);
    return answer;
  }

  async #get(
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<RegistryAnswer> {
    const { repository } = this.#place;
    const origin = this.#origin ?? (await this.#findOrigin(signal));
    this.#origin = origin;
    const send = (): Promise<RegistryAnswer> =>
      this.#transport.send({
        method: "GET",
        url: new URL(`${origin}/v2/${repository}/${path}`),
        headers: { ...headers, ...this.#authorization.headers() },
        signal,
      });
    const answer = await send();
    if (answer.status !== 401) return answer;
    if (answer.origin !== origin) {
      await discard(answer);
      throw new ImageFault(
        `registry ${this.#place.name} leads to ${new URL(answer.origin).host}, which asks who we are; only the registry itself is told`,
      );
    }
    await this.#authorization.answer(answer, `repository:${repository}:pull`, signal);
    const second = await send();
    if (second.status !== 401) return second;
    await discard(second);
    throw this.#authorization.refused();
  }

  /** TLS, unless the registry has none and may be without. */
  async #findOrigin(signal: AbortSignal): Promise<string> {
    const { host, mayBePlain, name } = this.#place;
    const secure = `https://${host}`;
    try {
      const url = new URL(`${secure}/v2/`);
      await discard(await this.#transport.send({ method: "GET", url, headers: {}, signal }));
      return secure;
    } catch (error) {
      if (!(error instanceof NoTls)) throw error;
      if (mayBePlain) return `http://${host}`;
      throw new ImageFault(
        `registry ${name} does not speak TLS: give it a certificate, or start the agent with --insecure-registry ${name}`,
      );
    }
  }

  async #faultOf(answer: RegistryAnswer, path: string): Promise<ImageFault> {
    const bytes = await readDocument(answer, "").catch(() => Buffer.alloc(0));
    const { name, repository } = this.#place;
    const registry = `registry ${name}`;
    const words = registryWords(bytes);
    const own = words === "" ? "" : ` (${words})`;
    const { status } = answer;
    if (status === 404)
      return new ImageFault(
        path.startsWith("manifests/")
          ? `${registry} has no image ${repository} with ${path.slice("manifests/".length)}${own}: look for a mistake in the name, or push it`
          : `${registry} lacks a part of the image that its manifest names${own}: push the image again`,
      );
    if (status === 403)
      return new ImageFault(`${registry} does not let us read ${repository}${own}: look at the credentials`);
    if (status === 429)
      return new ImageFault(`${registry} says that it is asked too often${own}`, {
        retryAfterMs: retryAfterMs(answer.header("retry-after")),
      });
    return new ImageFault(
      `${registry} answered ${status}${own}`,
      status >= 500 || status === 408 ? { retryAfterMs: retryAfterMs(answer.header("retry-after")) } : false,
    );
  }
}

function retryAfterMs(text: string | undefined): number | undefined {
  const seconds = Number(text);
  return text !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}

async function credentialFor(
  place: RegistryPlace,
  policy: RegistryPolicy,
  pullConfig: string | undefined,
): Promise<Credential | undefined> {
  if (pullConfig !== undefined) {
    const credential = findIn(Buffer.from(pullConfig), "the task's pull secret", place);
    if (credential !== undefined) return credential;
  }
  const file = policy.dockerConfigFile;
  if (file === undefined) return undefined;
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new ImageFault(`the agent's credentials file ${file} cannot be read: ${wordsOf(error)}`);
  });
  return findIn(bytes, `the agent's credentials file ${file}`, place);
}

function findIn(bytes: Buffer, what: string, place: RegistryPlace): Credential | undefined {
  const config = parseDockerConfig(bytes);
  if (!config.ok) throw new ImageFault(`${what} ${config.fault}`);
  for (const name of place.credentialNames) {
    const credential = config.value.get(name);
    if (credential !== undefined) return credential;
  }
  return undefined;
}

/** How many attempts a download has that makes no headway. */
export const downloadAttemptsMax = limits.registryAttemptsMax;
