/**
 * Backups as they are made: bytes that go to whoever asked, as fast as these read them.
 */

import type { FlowSink, FlowSource } from "./door.ts";

export interface Backups {
  /** Undefined: so many are being made already. */
  start(): Backup | undefined;
}

export interface Backup {
  readonly contentType: string;
  /** Writes it; called once, or `cancel` is. */
  write(sink: FlowSink): FlowSource;
  cancel(): void;
}
