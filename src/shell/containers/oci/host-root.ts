/**
 * The host's own file system as a task sees it: read-only, and without what is none of its business.
 *
 * Each top-level directory is bound by itself and without the mounts below it, so that no container shows or
 * pins another user's mount. Home directories, /mnt, /media, /run and /tmp are not shown at all; secrets in
 * what remains are masked.
 */

import { chmod, lstat, mkdir, readdir, readlink, realpath, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Not shown: the kernel's and the container's own places, people's homes, and other file systems. */
const hiddenAtTop = new Set(
  "proc sys dev run tmp root home mnt media boot efi lost+found cdrom snap".split(" "),
);

/** Masked wherever they exist: a file becomes empty, a directory an empty one. */
const secrets: readonly string[] = `
/etc/shadow /etc/shadow- /etc/gshadow /etc/gshadow- /etc/security/opasswd
/etc/sudoers /etc/sudoers.d /etc/doas.conf /etc/ssl/private /etc/pki/private /etc/pki/tls/private /etc/letsencrypt
/etc/krb5.keytab /etc/wireguard /etc/openvpn /etc/ipsec.secrets /etc/ipsec.d/private /etc/ppp
/etc/NetworkManager/system-connections /etc/netplan /etc/wpa_supplicant /etc/kubernetes /etc/docker
/etc/containers/auth.json /etc/mysql/debian.cnf
/var/backups /var/spool /var/mail /var/log /var/cache/debconf
/var/lib/docker /var/lib/containerd /var/lib/containers /var/lib/kubelet /var/lib/etcd /var/lib/lxc
/var/lib/lxd /var/lib/libvirt /var/lib/private /var/lib/systemd /var/lib/sudo /var/lib/cloud
/var/lib/NetworkManager /var/lib/dhcp /var/lib/mysql /var/lib/postgresql /var/lib/redis /var/lib/samba
/var/lib/sss /var/lib/AccountsService
`
  .trim()
  .split(/\s+/);

export type Mount = {
  readonly destination: string;
  readonly source: string;
  readonly type: string;
  readonly options: readonly string[];
};

export type HostRoot = { readonly mounts: readonly Mount[]; readonly maskedPaths: readonly string[] };

/**
 * Makes the mount points below `skeleton` and tells what to mount and to mask.
 * `visible`: paths that the operator shows although they would be hidden; `masked`: further ones to hide.
 */
export async function prepareHostRoot(
  skeleton: string,
  visible: readonly string[],
  masked: readonly string[],
): Promise<HostRoot> {
  await mkdir(skeleton, { recursive: true, mode: 0o755 });
  const mounts: Mount[] = [];
  for (const name of await readdir("/")) {
    if (hiddenAtTop.has(name) || name.startsWith(".")) continue;
    const path = `/${name}`;
    const status = await lstat(path);
    if (status.isSymbolicLink()) await copyLink(path, join(skeleton, name));
    else if (status.isDirectory()) mounts.push(readOnlyBind(path));
  }
  for (const { destination } of mounts) await mkdir(join(skeleton, destination), { recursive: true });
  for (const name of [
    "proc",
    "sys",
    "dev",
    "run",
    "mnt/mesos/sandbox",
    "mnt/mesos/executor",
    "root",
    "home",
  ]) {
    await mkdir(join(skeleton, name), { recursive: true });
  }
  await makePublicDirectory(join(skeleton, "tmp"));
  mounts.push(...(await resolverMounts()));
  for (const path of visible) {
    await makeMountPoint(skeleton, path);
    mounts.push(readOnlyBind(path));
  }
  const keys = await hostKeys();
  return { mounts, maskedPaths: [...secrets, ...keys, ...masked] };
}

/** A mount point for everybody's files: runc gives a new tmpfs the mode of what it covers. */
export async function makePublicDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o1777);
}

/** Where a hidden path is to be shown; a place that is shown anyway has its own. */
async function makeMountPoint(skeleton: string, path: string): Promise<void> {
  if (!hiddenAtTop.has(path.split("/")[1] ?? "")) return;
  const point = join(skeleton, path);
  if ((await stat(path)).isDirectory()) {
    await mkdir(point, { recursive: true });
    return;
  }
  await mkdir(dirname(point), { recursive: true });
  await writeFile(point, "");
}

async function copyLink(from: string, to: string): Promise<void> {
  const target = await readlink(from);
  await symlink(target, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}

const readOnlyBind = (path: string): Mount => ({
  destination: path,
  source: path,
  type: "bind",
  options: ["bind", "ro", "nosuid", "nodev"],
});

/** Name resolution must work although /run, where its files often are, is not shown. */
async function resolverMounts(): Promise<readonly Mount[]> {
  const path = await realpath("/etc/resolv.conf").catch(() => undefined);
  return path?.startsWith("/run/") === true ? [readOnlyBind(path)] : [];
}

async function hostKeys(): Promise<readonly string[]> {
  const names = await readdir("/etc/ssh").catch(() => []);
  return names.filter((name) => /^ssh_host_.*_key$/.test(name)).map((name) => `/etc/ssh/${name}`);
}
