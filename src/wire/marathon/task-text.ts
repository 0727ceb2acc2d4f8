/**
 * Where apps are reached, as the plain text that proxies read of Marathon before 1.11: a line for each port of the
 * service, its columns and addresses each followed by a tab.
 */

export type ServiceLine = {
  readonly appId: string;
  /** Undefined: of an app without ports, whose hosts are told alone. */
  readonly servicePort: number | undefined;
  readonly addresses: readonly string[];
};

export const formatServiceLines = (lines: readonly ServiceLine[]): string =>
  lines
    .map(({ appId, servicePort, addresses }) =>
      [nameOf(appId), servicePort ?? " ", ...addresses].map((column) => `${column}\t`).join(""),
    )
    .map((line) => `${line}\n`)
    .join("");

const nameOf = (appId: string): string => appId.slice(1).replaceAll("/", "_");
