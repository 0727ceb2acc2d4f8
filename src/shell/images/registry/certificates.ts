/**
 * Whom to believe on TLS: the certificates that come with Node.js, the machine's own, and those that an
 * operator laid down for one registry, in the place where Docker looks for them too.
 */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";

export async function secureContextFor(
  host: string,
  certificateDirectories: readonly string[],
): Promise<SecureContext> {
  const authorities = new Set([...getCACertificates("default"), ...getCACertificates("system")]);
  let own: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  for (const parent of certificateDirectories) {
    const directory = join(parent, host);
    for (const name of (await readdir(directory).catch(() => [])).toSorted()) {
      if (name.endsWith(".crt")) authorities.add(await readFile(join(directory, name), "utf8"));
      if (!name.endsWith(".cert")) continue;
      const key = join(directory, `${name.slice(0, -".cert".length)}.key`);
      own ??= { cert: await readFile(join(directory, name)), key: await readFile(key) };
    }
  }
  return createSecureContext({ ca: [...authorities], ...own });
}
