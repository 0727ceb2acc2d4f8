/**
 * Which requests are turned away before anything looks at them: strange hosts and pages of other origins.
 *
 * Loopback is no authentication (law 9): any web page can send requests to it, by our address or by a name
 * of its own that resolves to us (DNS rebinding). `--insecure-local` lifts neither check.
 */

import { isIPv4 } from "node:net";

export type Refusal = { readonly status: number; readonly message: string };

export type GuardedHeaders = { readonly [name: string]: string | string[] | undefined };

/** `hostNames`: the names and addresses under which clients reach us, beside loopback's own. */
export function refuseStranger(headers: GuardedHeaders, hostNames: readonly string[]): Refusal | undefined {
  const host = single(headers.host);
  const name = host === undefined ? undefined : hostNameOf(host);
  if (name === undefined) return { status: 400, message: "The request has no valid Host header." };
  if (!isLoopback(name) && !hostNames.includes(name)) {
    return { status: 403, message: `This server does not answer to the name ${name} (Host header).` };
  }
  const origin = single(headers.origin);
  if (origin !== undefined && origin.toLowerCase() !== `http://${host?.toLowerCase()}`) {
    return { status: 403, message: `Pages of ${origin} may not use this server (Origin header).` };
  }
  // Requests that carry no Origin (images, scripts, forms of old browsers) still tell where they come from.
  const site = single(headers["sec-fetch-site"]);
  const isForeign = site === "cross-site" || site === "same-site";
  if (isForeign && single(headers["sec-fetch-mode"]) !== "navigate") {
    return { status: 403, message: "Pages of other sites may not use this server (Sec-Fetch-Site header)." };
  }
  return undefined;
}

/** The host without its port, in lower case; undefined when it is none. */
export function hostNameOf(host: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::\d{1,5})?$/.exec(host.toLowerCase());
  return match?.[1];
}

const isLoopback = (name: string): boolean =>
  name === "localhost" || name === "[::1]" || (isIPv4(name) && name.startsWith("127."));

const single = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(", ") : value;
