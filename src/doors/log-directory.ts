/**
 * Where a process's log lies, as answers tell it (`log_dir`).
 */

export const directoryOf = (file: string | undefined): string | undefined =>
  file?.slice(0, Math.max(1, file.lastIndexOf("/")));
