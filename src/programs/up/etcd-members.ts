/**
 * The members of the etcd that several masters on this machine share: their certificates, their ports, their command
 * lines.
 *
 * Loopback is no authentication: every connection to a member, also one between two of them, shows a certificate of this
 * cluster's own authority. They end with `unum up`, however it ends.
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileWhole } from "#shell/process/files.ts";
import { UsageError } from "../flags.ts";
import { findProgram } from "./hosts/commands.ts";

export type EtcdPlan = {
  readonly members: readonly EtcdMember[];
  /** How a master is to find it. */
  readonly storeArgv: readonly string[];
};

export type EtcdMember = {
  readonly name: string;
  readonly program: string;
  readonly argv: readonly string[];
};

/** Loopback's address where none is said. */
export type EtcdPorts = readonly {
  readonly address?: string;
  readonly client: number;
  readonly peer: number;
}[];

/** What it needs that a machine may not have. */
const programs = ["etcd", "openssl", "setpriv"] as const;
const packages = "etcd-server, openssl and util-linux (Debian's names)";
const loopback = "127.0.0.1";
const certificateDays = 3_650;

export function planEtcd(dataDirectory: string, ports: EtcdPorts): EtcdPlan {
  const missing = programs.find((name) => findProgram(name) === undefined);
  if (missing !== undefined) {
    throw new UsageError(
      `Several masters need ${missing}, which is not here. Install ${packages}, or run one master.`,
    );
  }
  const directory = join(dataDirectory, "etcd");
  const addresses = [...new Set([loopback, ...ports.map(({ address = loopback }) => address)])];
  const files = makeCertificates(join(directory, "tls"), addresses);
  // Half of it would have the next start refuse, and nobody else knows where the members are.
  writeFileWhole(portsFile(dataDirectory), JSON.stringify(ports), 0o600);
  const urls = ports.map(({ address = loopback, client, peer }) => ({
    client: `https://${address}:${client}`,
    peer: `https://${address}:${peer}`,
  }));
  const cluster = urls.map(({ peer }, index) => `${nameOf(index)}=${peer}`).join(",");
  const members = urls.map(({ client, peer }, index) => ({
    name: nameOf(index),
    // The kernel ends it with its parent, when that has no time left for it; etcd is made for such ends.
    program: findProgram("setpriv") ?? "setpriv",
    argv: [
      ...["--pdeathsig", "KILL", "--", findProgram("etcd") ?? "etcd"],
      ...["--name", nameOf(index), "--data-dir", join(directory, nameOf(index))],
      ...["--listen-client-urls", client, "--advertise-client-urls", client],
      ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
      ...["--initial-cluster", cluster, "--initial-cluster-token", "unum"],
      ...[
        "--client-cert-auth",
        "--trusted-ca-file",
        files.ca,
        "--cert-file",
        files.cert,
        "--key-file",
        files.key,
      ],
      ...["--peer-client-cert-auth", "--peer-trusted-ca-file", files.ca],
      ...["--peer-cert-file", files.cert, "--peer-key-file", files.key],
      ...["--auto-compaction-retention", "1h", "--logger", "zap", "--log-level", "warn"],
    ],
  }));
  const hosts = ports.map(({ address = loopback, client }) => `${address}:${client}`).join(",");
  const storeArgv = [
    ...["--store", `etcds://${hosts}`],
    ...["--store-ca", files.ca, "--store-cert", files.cert, "--store-key", files.key],
  ];
  return { members, storeArgv };
}

/** The ports that its members have had since their first start, and know of each other; undefined: there are none yet. */
export function knownEtcdPorts(dataDirectory: string): EtcdPorts | undefined {
  try {
    return JSON.parse(readFileSync(portsFile(dataDirectory), "utf8")) as EtcdPorts;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${portsFile(dataDirectory)} cannot be read: ${(error as Error).message}`);
  }
}

const portsFile = (dataDirectory: string): string => join(dataDirectory, "etcd/ports.json");

const nameOf = (index: number): string => `etcd-${index + 1}`;

type Certificates = { readonly ca: string; readonly cert: string; readonly key: string };

/** One authority and one certificate, for servers and clients alike; made once. */
function makeCertificates(directory: string, addresses: readonly string[]): Certificates {
  const files = {
    ca: join(directory, "ca.crt"),
    cert: join(directory, "member.crt"),
    key: join(directory, "member.key"),
  };
  if (existsSync(files.cert)) return files;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const [caKey, request, extensions] = ["ca.key", "member.csr", "member.ext"].map((name) =>
    join(directory, name),
  );
  const days = String(certificateDays);
  const openssl = (...argv: readonly (string | undefined)[]): void => {
    const words = argv.filter((word) => word !== undefined);
    execFileSync(findProgram("openssl") ?? "openssl", words, { stdio: "pipe", timeout: 60_000 });
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...newKey, "-subj", "/CN=unum", "-days", days, "-keyout", caKey, "-out", files.ca);
  openssl("req", "-new", ...newKey, "-subj", "/CN=member", "-keyout", files.key, "-out", request);
  writeFileSync(
    extensions ?? "",
    `subjectAltName=${addresses.map((each) => `IP:${each}`)}\nextendedKeyUsage=serverAuth,clientAuth\n`,
  );
  const signed = ["-CA", files.ca, "-CAkey", caKey, "-CAcreateserial", "-days", days, "-extfile", extensions];
  openssl("x509", "-req", "-in", request, ...signed, "-out", files.cert);
  // Nobody is to be let in later.
  rmSync(caKey ?? "", { force: true });
  return files;
}
