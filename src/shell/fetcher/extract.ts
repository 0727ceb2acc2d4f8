/**
 * Unpacks an archive into a task's files, with no rights but those of the task's user.
 *
 * It knows nothing but the directory it starts in. What is in the archive was judged before.
 */

import { runTar } from "../images/tar/run-tar.ts";
import type { Rights } from "./decompress.ts";

const TAR_ARGUMENTS = [
  ...["--extract", "--file=-", "--numeric-owner", "--no-same-owner", "--preserve-permissions"],
  ...["--delay-directory-restore", "--no-xattrs", "--no-acls", "--no-selinux", "--warning=no-timestamp"],
];

export const extract = (
  directory: string,
  archive: AsyncIterable<Buffer>,
  { rights, signal }: { readonly rights: Rights; readonly signal: AbortSignal },
): Promise<void> =>
  runTar({ arguments: TAR_ARGUMENTS, workingDirectory: directory, rights, archive, signal });
