/**
 * Which distribution a host has, and what its packages are called.
 *
 * Pure: reads the text of /etc/os-release. Of a distribution that it does not know, it says the upstream names
 * of what is needed and leaves the rest to its operator.
 */

export type Family = "debian" | "redhat" | "suse" | "arch" | "alpine" | "image-based" | "other";

export type Distribution = {
  readonly id: string;
  /** As it calls itself. */
  readonly name: string;
  readonly family: Family;
};

/** What may have to be installed, by what it is for. */
export type Need =
  | "runtime"
  | "supervisor"
  | "init"
  | "util-linux"
  | "nftables"
  | "networks"
  | "iproute"
  | "tar"
  | "bzip2"
  | "xz"
  | "script"
  | "perl"
  | "bash";

const families: readonly (readonly [Family, readonly string[]])[] = [
  ["image-based", ["coreos", "flatcar", "bottlerocket", "talos"]],
  ["debian", ["debian", "ubuntu"]],
  ["redhat", ["rhel", "fedora", "centos", "rocky", "almalinux", "ol", "amzn"]],
  ["suse", ["suse", "opensuse", "sles", "opensuse-leap", "opensuse-tumbleweed"]],
  ["arch", ["arch"]],
  ["alpine", ["alpine"]],
];

export function parseDistribution(osRelease: string): Distribution {
  const fields = new Map(
    [...osRelease.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [
      name,
      value.trim().replace(/^(["'])(.*)\1$/, "$2"),
    ]),
  );
  const id = fields.get("ID") ?? "linux";
  // Fedora CoreOS is a Fedora by its id.
  const variant = fields.get("VARIANT_ID") ?? "";
  const names = [variant, id, ...(fields.get("ID_LIKE") ?? "").split(/\s+/)];
  const family = families.find(([, ids]) => names.some((name) => ids.includes(name)))?.[0] ?? "other";
  return { id, name: fields.get("PRETTY_NAME") ?? fields.get("NAME") ?? id, family };
}

const packages: Readonly<Record<Exclude<Family, "image-based" | "other">, Readonly<Record<Need, string>>>> = {
  debian: {
    runtime: "crun",
    supervisor: "conmon",
    init: "tini",
    "util-linux": "util-linux",
    nftables: "nftables",
    networks: "containernetworking-plugins",
    iproute: "iproute2",
    tar: "tar",
    bzip2: "bzip2",
    xz: "xz-utils",
    script: "bsdutils",
    perl: "perl",
    bash: "bash",
  },
  redhat: {
    runtime: "crun",
    supervisor: "conmon",
    init: "catatonit",
    "util-linux": "util-linux",
    nftables: "nftables",
    networks: "containernetworking-plugins",
    iproute: "iproute",
    tar: "tar",
    bzip2: "bzip2",
    xz: "xz",
    script: "util-linux",
    perl: "perl",
    bash: "bash",
  },
  suse: {
    runtime: "crun",
    supervisor: "conmon",
    init: "catatonit",
    "util-linux": "util-linux",
    nftables: "nftables",
    networks: "cni-plugins",
    iproute: "iproute2",
    tar: "tar",
    bzip2: "bzip2",
    xz: "xz",
    script: "util-linux",
    perl: "perl",
    bash: "bash",
  },
  arch: {
    runtime: "crun",
    supervisor: "conmon",
    init: "catatonit",
    "util-linux": "util-linux",
    nftables: "nftables",
    networks: "cni-plugins",
    iproute: "iproute2",
    tar: "tar",
    bzip2: "bzip2",
    xz: "xz",
    script: "util-linux",
    perl: "perl",
    bash: "bash",
  },
  alpine: {
    runtime: "crun",
    supervisor: "conmon",
    init: "tini-static",
    "util-linux": "util-linux-misc",
    nftables: "nftables",
    networks: "cni-plugins",
    iproute: "iproute2",
    tar: "tar",
    bzip2: "bzip2",
    xz: "xz",
    script: "util-linux-misc",
    perl: "perl",
    bash: "bash",
  },
};

const commands: Readonly<Record<keyof typeof packages, string>> = {
  debian: "apt-get install",
  redhat: "dnf install",
  suse: "zypper install",
  arch: "pacman -S",
  alpine: "apk add",
};

const upstream: Readonly<Record<Need, string>> = {
  runtime: "crun or runc",
  supervisor: "conmon",
  init: "tini (statically linked) or catatonit",
  "util-linux": "util-linux",
  nftables: "nftables",
  networks: "the CNI plugins",
  iproute: "iproute2",
  tar: "GNU tar",
  bzip2: "bzip2",
  xz: "xz",
  script: "script (util-linux)",
  perl: "Perl",
  bash: "bash",
};

/** One line that says how to get all of it; undefined when nothing is needed. */
export function installLine({ family }: Distribution, needs: readonly Need[]): string | undefined {
  if (needs.length === 0) return undefined;
  const names = [...new Set(needs)];
  switch (family) {
    case "image-based":
      return `this system takes no packages: choose an image, or a system extension, with ${names.map((need) => upstream[need]).join(", ")}`;
    case "other":
      return `install ${names.map((need) => upstream[need]).join(", ")}`;
    default:
      return `${commands[family]} ${names.map((need) => packages[family][need]).join(" ")}`;
  }
}
