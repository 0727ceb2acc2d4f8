/**
 * RecordIO, written: a record is its length in decimal digits, a line feed, and its bytes.
 *
 * Nothing stands between records. Mesos's streams of events, and of a container's input and output, are made
 * of them.
 */

import { encodeUtf8 } from "../json/text.ts";

export function encodeRecord(record: Uint8Array): Uint8Array {
  const head = encodeUtf8(`${record.length}\n`);
  const bytes = new Uint8Array(head.length + record.length);
  bytes.set(head);
  bytes.set(record, head.length);
  return bytes;
}
