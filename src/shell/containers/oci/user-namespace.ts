/**
 * A container's user namespace: which ids it has, and its files as they look from inside of it.
 *
 * On disk nothing changes hands. What the container may write is mounted a second time, with ids translated, where
 * only its conmon and it see that (`map.sh`); so a sandbox, a volume or a layer is shared with whom it likes.
 */

import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { LayerForm } from "../../images/layers/unpack-layer.ts";
import type { BoundVolume } from "../../volumes/volumes.ts";
import { LaunchRefusal } from "../launch-refusal.ts";
import type { ResolvedUser } from "./user.ts";
import { type IdRange, idsPerContainer } from "./user-ids.ts";

const MAPPED = "mapped";

/** The places of one container that are mounted with translated ids, in its directory. */
export class MappedPlaces {
  readonly #directory: string;

  constructor(containerDirectory: string, { first, count }: IdRange) {
    this.#directory = join(containerDirectory, MAPPED);
    mkdirSync(this.#directory, { mode: 0o700 });
    writeFileSync(join(this.#directory, "ids"), `${first} ${count}\n`);
  }

  /** Where `source` will be. */
  place(name: string, source: string): string {
    const place = join(this.#directory, name);
    if (statSync(source).isDirectory()) mkdirSync(place, { mode: 0o700 });
    else writeFileSync(place, "");
    // A link, so that the lane's script meets no path that a user had a hand in.
    symlinkSync(source, `${place}.source`);
    return place;
  }
}

/** What a container is made of, as its definition names it. */
type Parts = {
  readonly sandbox: string;
  readonly sharedSandbox: string | undefined;
  readonly volumes: readonly BoundVolume[];
};

/** The same by their mapped places. Volumes of images stay as they are: no file system of theirs can be mapped. */
export function mapParts(places: MappedPlaces, parts: Parts, unmapped: string): Parts {
  const { sandbox, sharedSandbox, volumes } = parts;
  return {
    sandbox: places.place("sandbox", sandbox),
    sharedSandbox: sharedSandbox === undefined ? undefined : places.place("shared", sharedSandbox),
    volumes: volumes.map((volume, index) =>
      "source" in volume && !volume.source.startsWith(`${unmapped}/`)
        ? { ...volume, source: places.place(`volume-${index}`, volume.source) }
        : volume,
    ),
  };
}

/** What the container's root is laid out of, once it is; `layers`: the uppermost first. */
export function mapRoot(
  places: MappedPlaces,
  containerDirectory: string,
  form: LayerForm,
  layers: readonly string[],
): void {
  if (form === "plain") {
    places.place("rootfs", join(containerDirectory, "rootfs"));
    return;
  }
  const names = layers.map((directory, index) => places.place(`l${index.toString(36)}`, directory));
  if (names.length === 0) names.push(places.place("l0", join(containerDirectory, "l0")));
  const lowers = names.map((place) => `${MAPPED}/${basename(place)}`);
  writeFileSync(join(containerDirectory, "lowers"), `${lowers.join(":")}\n`);
}

/** Undefined: the container shares the host's users. */
export function heldIds(containerDirectory: string): IdRange | undefined {
  try {
    const [first, count] = readFileSync(join(containerDirectory, MAPPED, "ids"), "utf8").split(" ");
    return { first: Number(first), count: Number(count) };
  } catch {
    return undefined;
  }
}

/** Throws `LaunchRefusal` for one whose number no container has. */
export function checkMappable({ uid, gid, additionalGids }: ResolvedUser): void {
  const beyond = [uid, gid, ...additionalGids].find((id) => id >= idsPerContainer);
  if (beyond !== undefined)
    throw new LaunchRefusal(
      `the task's user or group ${beyond} is not among the ${idsPerContainer} of its user namespace; choose one below that`,
    );
}

/** For `linux` in the container's definition. */
export function mappingsOf(ids: IdRange | undefined): object {
  if (ids === undefined) return {};
  const mapping = [{ containerID: 0, hostID: ids.first, size: ids.count }];
  return { uidMappings: mapping, gidMappings: mapping };
}

/**
 * The kernel's own file system of devices belongs to the network's user namespace, which is the host's: so it is the
 * host's that is shown, read-only to its last mount.
 */
export const hostSys = {
  destination: "/sys",
  source: "/sys",
  type: "bind",
  options: ["rbind", "rro", "nosuid", "noexec", "nodev"],
} as const;

/** What is mounted within the host's, which a container has no business with. */
export const hostSysMasks: readonly string[] = [
  "/sys/fs/cgroup",
  "/sys/fs/bpf",
  "/sys/fs/fuse/connections",
  "/sys/fs/pstore",
  "/sys/fs/selinux",
  "/sys/kernel/config",
  "/sys/kernel/debug",
  "/sys/kernel/security",
  "/sys/kernel/tracing",
];
