/**
 * Server-sent events: one event to its text on the wire.
 */

/** `id`: with which a client that lost the stream asks for what it missed. */
export function formatServerSentEvent(name: string, data: string, id?: string): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  const idLine = id === undefined ? "" : `id: ${id}\n`;
  return `${idLine}event: ${name}\n${lines.join("")}\n`;
}

/** For people and their logs: clients skip it. */
export const formatServerSentComment = (text: string): string => `: ${text}\n\n`;

/** What keeps an idle stream open: a comment, which clients skip. */
export const serverSentHeartbeat = ":\n\n";
