/**
 * User lands of several distributions, each made of its own packages by debootstrap: which ones, how they are made,
 * and how a program is run on one as if it were the host's.
 *
 * Every package is checked against keys that this system has; those of Ubuntu come from a package of Debian's.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type UserLand = {
  readonly name: string;
  readonly suite: string;
  /** What its os-release calls it. */
  readonly prettyName: RegExp;
  readonly vendor: "debian" | "ubuntu";
  /** What debootstrap is to make it like, where it is older than the release. */
  readonly script?: string;
  /** What provides something under another name, which debootstrap does not look for. */
  readonly further?: readonly string[];
  /** Of what an agent wants, what this release does not have. */
  readonly lacks?: readonly string[];
};

export const userLands: readonly UserLand[] = [
  { name: "debian-13", suite: "trixie", prettyName: /^Debian GNU\/Linux 13/, vendor: "debian" },
  { name: "debian-12", suite: "bookworm", prettyName: /^Debian GNU\/Linux 12/, vendor: "debian" },
  { name: "debian-11", suite: "bullseye", prettyName: /^Debian GNU\/Linux 11/, vendor: "debian" },
  {
    ...{ name: "ubuntu-24.04", suite: "noble", prettyName: /^Ubuntu 24\.04/, vendor: "ubuntu" },
    ...{ script: "jammy", further: ["libglib2.0-0t64"] },
  },
  { name: "ubuntu-22.04", suite: "jammy", prettyName: /^Ubuntu 22\.04/, vendor: "ubuntu" },
  {
    ...{ name: "ubuntu-20.04", suite: "focal", prettyName: /^Ubuntu 20\.04/, vendor: "ubuntu" },
    lacks: ["conmon"],
  },
];

/** What `unum agent preflight` would have an operator install, and what this repository's Node.js needs. */
const packages = [
  ...["crun", "runc", "conmon", "tini", "containernetworking-plugins", "nftables", "iproute2"],
  ...["bzip2", "xz-utils", "bsdutils", "perl", "bash", "util-linux", "mount", "libatomic1"],
];

/** Where Debian's package of Ubuntu's keys puts them. */
const ubuntuKeyring = "usr/share/keyrings/ubuntu-archive-keyring.gpg";
const keyringRelease = "debian-13";

/** Makes it unless it is there, and what it needs before it. Returns its directory. */
export function makeUserLand(land: UserLand, directory: string): string {
  const target = join(directory, land.name);
  if (existsSync(target)) return target;
  const keys = userLands.find(({ name }) => name === keyringRelease);
  if (land.vendor === "ubuntu" && keys !== undefined) makeUserLand(keys, directory);
  mkdirSync(directory, { recursive: true });
  const partial = `${target}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const wanted = packages.filter((name) => !(land.lacks ?? []).includes(name));
  wanted.push(...(land.further ?? []));
  if (land.name === keyringRelease) wanted.push("ubuntu-archive-keyring");
  const args = ["--variant=minbase", "--merged-usr", "--force-check-gpg", `--include=${wanted.join(",")}`];
  if (land.vendor === "ubuntu")
    args.push("--components=main,universe", `--keyring=${join(directory, keyringRelease, ubuntuKeyring)}`);
  args.push(land.suite, partial);
  // Without a mirror's name it takes the distribution's own.
  if (land.script !== undefined) args.push("", land.script);
  const { status, stdout } = spawnSync("debootstrap", args, {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stdout.trimEnd().split("\n").slice(-5).join("\n"));
  // What says that a system of its own does not start here is no matter of ours.
  rmSync(join(partial, "usr/sbin/policy-rc.d"), { force: true });
  rmSync(join(partial, "var/cache/apt"), { recursive: true, force: true });
  renameSync(partial, target);
  return target;
}

/** Those that `run.ts` made, and says so in the environment. */
export function chosenLands(): readonly { readonly land: UserLand; readonly directory: string }[] {
  const { UNUM_USER_LANDS: names = "", UNUM_USER_LANDS_IN: directory = "" } = process.env;
  const chosen = names.split(",");
  return userLands
    .filter(({ name }) => chosen.includes(name))
    .map((land) => ({ land, directory: join(directory, land.name) }));
}

export type AsHost = {
  readonly land: string;
  /** The test's own directory, seen at the same path, and where the land's /run is kept. */
  readonly home: string;
  readonly repository: string;
  /** Programs that this host is to have not. */
  readonly without?: readonly string[];
};

/**
 * Writes a program that stands in for Node.js: it becomes Node.js with the user land as its root, and the kernel's own
 * file systems, the repository (read-only) and the test's directory where they are here.
 */
export function writeHostWrapper(file: string, { land, home, repository, without = [] }: AsHost): void {
  const node = process.execPath;
  const run = join(home, "run");
  mkdirSync(run, { recursive: true });
  const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
  const inside = `
set -e
land=$1 home=$2 repository=$3 node=$4; shift 4
mount --bind "$land" "$land"
for each in proc sys dev; do mount --rbind "/$each" "$land/$each"; done
mount --bind "$home/run" "$land/run"
mount -t tmpfs -o mode=1777 tmp "$land/tmp"
mkdir -p "$land$repository" "$land$home" "$land\${node%/*}"
mount --bind "$repository" "$land$repository" && mount -o remount,bind,ro "$land$repository"
mount --bind "$home" "$land$home"
case $node in "$repository"/*) ;; *) mount --bind "\${node%/*}" "$land\${node%/*}";; esac
${without.map((path) => `! [ -e "$land${path}" ] || mount --bind /dev/null "$land${path}"`).join("\n")}
cd "$land"
pivot_root . mnt
umount --lazy /mnt
cd "$home"
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin exec "$node" "$@"`;
  const words = [land, home, repository, node].map(quoted).join(" ");
  const program = `exec unshare --mount --propagation slave sh -c ${quoted(inside)} sh ${words} "$@"`;
  writeFileSync(file, `#!/bin/sh\n${program}\n`, { mode: 0o755 });
}
