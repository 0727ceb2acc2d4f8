/**
 * How a page becomes somebody: the one-time link, the page key, terminals and logs. Types only.
 *
 * `/login?code=…` (what `unum up` and `unum login` print) sets an HttpOnly cookie, which may only look, and leads to
 * `/#enter=CODE`. The page takes the code out of the address (history.replaceState) and sends it at once as
 * `POST /unum/v1/session`. The answer's `key` it keeps in localStorage (which belongs to this origin with its port,
 * unlike cookies) and sends with whatever changes something as the header `X-Unum-Session`. Every tab has it. Where
 * there is none, the page can look; to act, a person asks for a new link (`unum login`). 401: no cookie or an old
 * one; 403 with this header: the key is no longer good, forget it.
 */

/** Body of `POST /unum/v1/session`. */
export type SessionRequest = { readonly code: string };

export type SessionAnswer = {
  readonly key: string;
  readonly expiresAtMs: number;
};

/** `GET /unum/v1/session`, with the cookie and perhaps the header: what this page may do. */
export type SessionState = { readonly mayRead: true; readonly mayWrite: boolean };

/** The header's name, as fetch takes it. */
export type SessionHeader = "x-unum-session";

/**
 * `POST /agent/{nodeId}/unum/v1/terminals`: a command in the container of a task, with a terminal. The answer is a
 * stream of lines (fetch, ReadableStream), each a `TerminalEvent`; it ends when the command does, and the command ends
 * when nobody reads it any more.
 */
export type TerminalRequest = {
  readonly frameworkId: string;
  readonly taskId: string;
  /** Default: `/bin/sh`, or bash where there is one. */
  readonly argv?: readonly string[];
  readonly columns: number;
  readonly rows: number;
};

export type TerminalEvent =
  | { readonly type: "opened"; readonly terminal: string }
  /** base64 */
  | { readonly type: "output"; readonly data: string }
  | { readonly type: "heartbeat" }
  | { readonly type: "exited"; readonly code: number | null; readonly signal: number | null };

/**
 * `POST /agent/{nodeId}/unum/v1/terminals/{terminal}/input`: 204. Numbers are 1, 2, 3 …; a page sends the next when the
 * last was answered (what was typed meanwhile goes together). A number that was seen is taken for a repetition: 204.
 */
export type TerminalInput = {
  readonly number: number;
  /** base64 */
  readonly data?: string;
  readonly size?: { readonly columns: number; readonly rows: number };
  /** The end of the input. */
  readonly end?: boolean;
};

/**
 * `GET /agent/{nodeId}/unum/v1/log?path={sandbox}/stdout&follow=true&tail=65536` as server-sent events: `chunk` with
 * LogChunk and, as `id`, the offset after it (EventSource goes on there by itself); `reset` with LogReset when
 * the file is shorter than it was (it was turned over). `tail`: bytes before the end to begin with; or `offset`. Without
 * `follow` it ends at the end of the file.
 */
export type LogChunk = {
  /** In bytes, of its first one. */
  readonly offset: number;
  /** What is no UTF-8 is replaced. */
  readonly text: string;
};

export type LogReset = { readonly sizeBytes: number };

/**
 * `GET /unum/v1/log?sources=<JSON: LogSource[]>&follow=true&tail=65536`: up to 32 files in one stream (a browser has six
 * connections for a host). Events as above, without `id`, and with the source's `key` in their data; `ended` with
 * LogEnded when one is over. After a break come back with the offsets that you have (and without EventSource's own
 * reconnection, which asks for the tails again).
 */
export type LogSource = {
  readonly key: string;
  readonly nodeId: string;
  readonly path: string;
  /** In place of `tail`. */
  readonly offset?: number;
};

/** `message` is empty when the file is at its end, or gone. */
export type LogEnded = { readonly key: string; readonly message: string };
