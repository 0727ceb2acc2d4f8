/**
 * Who we are to a registry: its challenges answered with a token of its token service, or with a password.
 *
 * Credentials go to the registry and to the token service that it names, over TLS or where the registry itself
 * may be spoken to without; never anywhere else.
 */

import { type Challenge, parseChallenges, parseToken } from "#wire/oci/challenge.ts";
import type { Credential } from "#wire/oci/docker-config.ts";
import { ImageFault } from "../image-fault.ts";
import { discard, type RegistryAnswer, readDocument, type Transport } from "./transport.ts";

export class Authorization {
  readonly #transport: Transport;
  readonly #registry: string;
  readonly #credential: Credential | undefined;
  readonly #mayBePlain: boolean;
  #header: string | undefined;

  constructor(
    transport: Transport,
    registry: string,
    credential: Credential | undefined,
    mayBePlain: boolean,
  ) {
    this.#transport = transport;
    this.#registry = registry;
    this.#credential = credential;
    this.#mayBePlain = mayBePlain;
  }

  /** For the next request; none before the registry asked. */
  headers(): Readonly<Record<string, string>> {
    return this.#header === undefined ? {} : { authorization: this.#header };
  }

  /** Answers what a 401 asks for. Throws an `ImageFault` when it cannot. */
  async answer(refusal: RegistryAnswer, scope: string, signal: AbortSignal): Promise<void> {
    const challenges = parseChallenges(refusal.header("www-authenticate") ?? "");
    await discard(refusal);
    const bearer = challenges.find(
      ({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"),
    );
    if (bearer !== undefined) {
      this.#header = `Bearer ${await this.#token(bearer, scope, signal)}`;
      return;
    }
    const credential = this.#credential;
    if (challenges.some(({ scheme }) => scheme === "basic") && credential?.kind === "password") {
      this.#header = basic(credential);
      return;
    }
    throw this.refused();
  }

  /** When even the right answer is not enough. */
  refused(): ImageFault {
    const remedy = "name the registry in the auths of the agent's --docker-config file";
    return new ImageFault(
      this.#credential === undefined
        ? `registry ${this.#registry} asks who we are, and there are no credentials for it: ${remedy}`
        : `registry ${this.#registry} does not accept the credentials it was given, or they do not reach this image`,
    );
  }

  async #token(challenge: Challenge, scope: string, signal: AbortSignal): Promise<string> {
    const credential = this.#credential;
    if (credential?.kind === "bearer") return credential.token;
    const url = this.#realmOf(challenge);
    const service = challenge.parameters.get("service");
    const fields: Record<string, string> = {
      ...(service === undefined ? {} : { service }),
      scope: challenge.parameters.get("scope") ?? scope,
    };
    const answer =
      credential?.kind === "identity"
        ? await this.#exchange(url, { ...fields, ...grant(credential.token) }, signal)
        : await this.#ask(url, fields, credential, signal);
    const what = `the answer of the token service ${url.host}`;
    if (answer.status === 401 || answer.status === 403 || answer.status === 400) {
      await discard(answer);
      throw this.refused();
    }
    if (answer.status !== 200) {
      await discard(answer);
      throw new ImageFault(
        `the token service ${url.host} of registry ${this.#registry} answered ${answer.status}`,
        answer.status >= 500 || answer.status === 429,
      );
    }
    const token = parseToken(await readDocument(answer, what));
    if (!token.ok) throw new ImageFault(`${what} ${token.fault}`);
    return token.value.token;
  }

  #realmOf(challenge: Challenge): URL {
    const realm = challenge.parameters.get("realm") ?? "";
    const url = URL.canParse(realm) ? new URL(realm) : undefined;
    if (url?.protocol === "https:" || (url?.protocol === "http:" && this.#mayBePlain)) return url;
    throw new ImageFault(
      `registry ${this.#registry} names the token service ${JSON.stringify(realm.slice(0, 200))}, which is no https address`,
    );
  }

  #ask(
    url: URL,
    fields: Readonly<Record<string, string>>,
    credential: Credential | undefined,
    signal: AbortSignal,
  ): Promise<RegistryAnswer> {
    const asked = new URL(url);
    for (const [name, value] of Object.entries(fields)) asked.searchParams.set(name, value);
    const headers = credential?.kind === "password" ? { authorization: basic(credential) } : {};
    return this.#transport.send({ method: "GET", url: asked, headers, signal });
  }

  #exchange(
    url: URL,
    fields: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<RegistryAnswer> {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams(fields).toString();
    return this.#transport.send({ method: "POST", url, headers, body, signal });
  }
}

const grant = (token: string): Readonly<Record<string, string>> => ({
  grant_type: "refresh_token",
  client_id: "unum",
  refresh_token: token,
});

const basic = ({ user, password }: Extract<Credential, { kind: "password" }>): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
