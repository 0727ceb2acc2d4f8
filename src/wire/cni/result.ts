/**
 * What CNI plugins answer: the addresses that they gave and the name servers of their network, or what went wrong.
 *
 * The specification changed the shape of addresses with its version 0.3; both are understood.
 */

import { Type } from "typebox";
import type { DnsSettings } from "#model/container-network.ts";
import { documentReader, type Read, read } from "../oci/result.ts";

export type CniResult = {
  /** Without the lengths of their prefixes. */
  readonly addresses: readonly string[];
  /** Undefined: the network says nothing. */
  readonly dns: DnsSettings | undefined;
  /** For the next plugin. */
  readonly document: unknown;
};

const texts = Type.Optional(Type.Array(Type.String()));
const older = Type.Optional(Type.Object({ ip: Type.String() }, { additionalProperties: true }));

const readResult = documentReader(
  Type.Object(
    {
      ips: Type.Optional(Type.Array(Type.Object({ address: Type.String() }, { additionalProperties: true }))),
      ip4: older,
      ip6: older,
      dns: Type.Optional(
        Type.Object({
          nameservers: texts,
          domain: Type.Optional(Type.String()),
          search: texts,
          options: texts,
        }),
      ),
    },
    { additionalProperties: true },
  ),
);

export function parseCniResult(bytes: Uint8Array): Read<CniResult> {
  const document = readResult(bytes);
  if (!document.ok) return document;
  const { ips = [], ip4, ip6, dns } = document.value;
  const given = [...ips.map(({ address }) => address), ...[ip4, ip6].flatMap((each) => each?.ip ?? [])];
  const { nameservers = [], domain, search = [], options = [] } = dns ?? {};
  const domains = domain === undefined || search.includes(domain) ? search : [domain, ...search];
  return read({
    addresses: given.map((address) => address.replace(/\/.*$/, "")),
    dns:
      nameservers.length + domains.length + options.length === 0
        ? undefined
        : { servers: nameservers, search: domains, options },
    document: document.value,
  });
}

const readError = documentReader(
  Type.Object(
    { msg: Type.Optional(Type.String()), details: Type.Optional(Type.String()) },
    { additionalProperties: true },
  ),
);

/** Undefined: the plugin wrote no error of the specification's. */
export function cniErrorIn(bytes: Uint8Array): string | undefined {
  const document = readError(bytes);
  if (!document.ok) return undefined;
  const { msg = "", details = "" } = document.value;
  return [msg, details].filter((part) => part !== "").join(": ") || undefined;
}
