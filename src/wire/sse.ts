/**
 * Server-sent events: one event to its text on the wire.
 */

/** `number` becomes the event's id, with which a client that lost the stream asks for what it missed. */
export function formatServerSentEvent(name: string, data: string, number?: number): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  const id = number === undefined ? "" : `id: ${number}\n`;
  return `${id}event: ${name}\n${lines.join("")}\n`;
}

/** What keeps an idle stream open: a comment, which clients skip. */
export const serverSentHeartbeat = ":\n\n";
