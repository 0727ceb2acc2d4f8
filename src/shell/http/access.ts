/**
 * Who may come in: the cluster's token, browser sessions that stem from it, and one-time login codes (law 9).
 *
 * A session's cookie is signed with the token, so that it outlives a restart of the server and ends with the
 * token. Browsers send cookies to every port of a host, a task's too: a cookie alone lets in to look, never to change
 * anything. For that the page has a key, which is bound to the cookie's session and to the page's origin, and which
 * only that origin's own storage holds. Secrets are compared in constant time.
 */

import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { limits } from "#base/limits.ts";

const sessionMs = 30 * 24 * 3_600_000;
const loginCodeMs = 24 * 3_600_000;
/** Between the link and the page's first request. */
const enterCodeMs = 120_000;
/** Long enough for servers whose clocks differ: a pass is good for one request only, and shows what that shows. */
const passMs = 10 * 60_000;

/** What a pass is bound to, as the request has it. */
export type PassedRequest = {
  /** The `Host` header, with the port. */
  readonly host: string;
  readonly method: string;
  /** The path with the query. */
  readonly target: string;
};

export interface Access {
  /** From a request's `Authorization` and `Cookie` headers, to what it wants to do. */
  admits(
    authorization: string | undefined,
    cookies: string | undefined,
    permission: "read" | "write",
  ): boolean;
  /** What an executor shows as its own, unproven; `open`: nothing is asked for. Undefined: nothing was shown. */
  executorTokenOf(authorization: string | undefined): { readonly token: string } | "open" | undefined;
  /**
   * The `Authorization` of one request to another of our servers. Not the token: while that server is down,
   * anybody on its machine, a task too, may listen in its place.
   */
  createPass(request: PassedRequest): string;
  admitsPass(authorization: string | undefined, request: PassedRequest): boolean;
  /** Whose credential the request carries, if it is right; the token is nobody's in particular. */
  principalOf(authorization: string | undefined): string | undefined;
  /** For a link that logs a browser in, once. */
  createLoginCode(): string;
  /**
   * The value of `Set-Cookie`, and the code with which the page then gets its key; undefined when the code is unknown,
   * used or too old.
   */
  redeemLoginCode(code: string): { readonly cookie: string; readonly enterCode: string } | undefined;
  /** Once, within moments, and only with the cookie that came with the code. */
  redeemEnterCode(code: string, cookies: string | undefined, origin: string): PageKey | undefined;
  /** Whether a page of this origin that shows this key, beside its cookie, may change something. */
  admitsPage(key: string, cookies: string | undefined, origin: string): boolean;
}

export type PageKey = { readonly key: string; readonly expiresAtMs: number };

/** Secrets by principal: who else may come in, over Basic authentication. */
export type Credentials = ReadonlyMap<string, string>;

const noCredentials: Credentials = new Map();

/** `open`: `--insecure-local`, where nothing is asked for. */
export function createAccess(
  token: string,
  open = false,
  nowMs: () => number = Date.now,
  credentials: Credentials = noCredentials,
): Access {
  const tokenDigest = digest(token);
  // Cookies know no ports: two clusters on one machine must not overwrite each other's.
  const cookieName = `unum-${digest(`cookie ${token}`).toString("hex").slice(0, 8)}`;
  const codes = new Map<string, { readonly expiresAtMs: number }>();
  const enterCodes = new Map<string, { readonly expiresAtMs: number; readonly nonce: string }>();

  const isToken = (text: string | undefined): boolean =>
    text !== undefined && timingSafeEqual(digest(text), tokenDigest);
  const sign = (claim: string): string => createHmac("sha256", token).update(claim).digest("hex");
  const isSigned = (claim: string, signature: string): boolean =>
    timingSafeEqual(digest(signature), digest(sign(claim)));
  /** Undefined: there is none, or it is not good any more. */
  const sessionOf = (cookies: string | undefined): { readonly nonce: string } | undefined => {
    const [expiresAtMs = "", nonce = "", signature = ""] = cookieFrom(cookies, cookieName)?.split(".") ?? [];
    const isGood = isSigned(`session ${expiresAtMs}.${nonce}`, signature) && Number(expiresAtMs) > nowMs();
    return isGood ? { nonce } : undefined;
  };
  const remember = <Value>(map: Map<string, Value>, value: Value): string => {
    const code = randomBytes(24).toString("base64url");
    map.set(digest(code).toString("hex"), value);
    const oldest = map.keys().next().value;
    if (map.size > limits.loginCodesMax && oldest !== undefined) map.delete(oldest);
    return code;
  };
  const redeem = <Value extends { readonly expiresAtMs: number }>(
    map: Map<string, Value>,
    code: string,
  ): Value | undefined => {
    const key = digest(code).toString("hex");
    const found = map.get(key);
    map.delete(key);
    return found === undefined || found.expiresAtMs <= nowMs() ? undefined : found;
  };

  const principalOf = (authorization: string | undefined): string | undefined => {
    const { user, password } = basicFrom(authorization) ?? {};
    const secret = user === undefined ? undefined : credentials.get(user);
    if (secret === undefined || password === undefined) return undefined;
    return timingSafeEqual(digest(password), digest(secret)) ? user : undefined;
  };

  return {
    principalOf,
    admits: (authorization, cookies, permission) =>
      open ||
      isToken(tokenFrom(authorization)) ||
      principalOf(authorization) !== undefined ||
      (permission === "read" && sessionOf(cookies) !== undefined),
    executorTokenOf: (authorization) => {
      if (open) return "open";
      const [, token] = authorization?.match(/^bearer ([^\s]+)$/i) ?? [];
      return token === undefined ? undefined : { token };
    },
    createPass: (request) => {
      const expiresAtMs = String(nowMs() + passMs);
      return `Unum-Pass ${expiresAtMs}.${sign(passClaim(expiresAtMs, request))}`;
    },
    admitsPass: (authorization, request) => {
      const [, expiresAtMs = "", signature = ""] = authorization?.match(/^unum-pass (\d+)\.(\w+)$/i) ?? [];
      return isSigned(passClaim(expiresAtMs, request), signature) && Number(expiresAtMs) > nowMs();
    },
    createLoginCode: () => remember(codes, { expiresAtMs: nowMs() + loginCodeMs }),
    redeemLoginCode: (code) => {
      if (redeem(codes, code) === undefined) return undefined;
      const nonce = randomBytes(12).toString("hex");
      const claim = `${nowMs() + sessionMs}.${nonce}`;
      const attributes = `HttpOnly; SameSite=Strict; Path=/; Max-Age=${sessionMs / 1000}`;
      const cookie = `${cookieName}=${claim}.${sign(`session ${claim}`)}; ${attributes}`;
      return { cookie, enterCode: remember(enterCodes, { expiresAtMs: nowMs() + enterCodeMs, nonce }) };
    },
    redeemEnterCode: (code, cookies, origin) => {
      const found = redeem(enterCodes, code);
      if (found === undefined || sessionOf(cookies)?.nonce !== found.nonce) return undefined;
      const expiresAtMs = nowMs() + sessionMs;
      return { key: `${expiresAtMs}.${sign(pageClaim(expiresAtMs, found.nonce, origin))}`, expiresAtMs };
    },
    admitsPage: (key, cookies, origin) => {
      const session = sessionOf(cookies);
      const [, expiresAtMs = "", signature = ""] = key.match(/^(\d+)\.(\w+)$/) ?? [];
      if (session === undefined || !(Number(expiresAtMs) > nowMs())) return false;
      return isSigned(pageClaim(expiresAtMs, session.nonce, origin), signature);
    },
  };
}

const pageClaim = (expiresAtMs: number | string, nonce: string, origin: string): string =>
  `page ${expiresAtMs} ${nonce} ${origin.toLowerCase()}`;

const passClaim = (expiresAtMs: string, { host, method, target }: PassedRequest): string =>
  `pass ${expiresAtMs} ${method} ${host} ${target}`;

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** `Bearer T`, DC/OS's `token=T`, or Basic with the token as the password, whoever the user is. */
export function tokenFrom(authorization: string | undefined): string | undefined {
  const [, bearer] = authorization?.match(/^(?:bearer +|token *= *)"?([^\s"]+)"?$/i) ?? [];
  if (bearer !== undefined) return bearer;
  return basicFrom(authorization)?.password;
}

function basicFrom(
  authorization: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const [, basic] = authorization?.match(/^basic +([A-Za-z0-9+/=_-]+)$/i) ?? [];
  if (basic === undefined) return undefined;
  const pair = Buffer.from(basic, "base64").toString();
  const colon = pair.indexOf(":");
  return colon === -1 ? undefined : { user: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

function cookieFrom(cookies: string | undefined, name: string): string | undefined {
  for (const part of cookies?.split(";") ?? []) {
    const [key, value] = part.trim().split("=", 2);
    if (key === name) return value;
  }
  return undefined;
}
