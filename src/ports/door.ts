/**
 * What passes through a door: requests and answers as data, and the table row that ties them (`Endpoint`).
 *
 * The shell serves tables of these over HTTP; the doors fill them. Neither imports the other. A handler does
 * no I/O and makes no promise: it calls `respond` exactly once, at once or from a later callback, and never
 * throws for a user's mistake.
 *
 * What the shell does, so that no door has to: authentication by `permission`, Host and Origin checks, limits
 * on headers, body and time, HEAD as GET without the body, 404 for unknown paths, 405 with `Allow` for a known
 * path with another method, percent-decoding of `params`, `Content-Length`.
 */

/** `URLSearchParams` is one. */
export interface DoorQuery {
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string): boolean;
}

export const doorMethods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type DoorMethod = (typeof doorMethods)[number];

export type DoorRequest = {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** What `:name` and `*` of the endpoint's path matched, decoded; `*` has no leading slash. */
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly query: DoorQuery;
  /** The query as it came, without `?`; for proxies. */
  readonly queryText: string;
  /** Names in lower case; repeated ones joined with `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Whole; empty when it comes as a stream. */
  readonly body: Uint8Array;
  /** Of an endpoint that asked for it (`Endpoint.streams`). */
  readonly stream?: BodyStream | undefined;
  readonly remoteAddress: string;
  /** Who has shown to be by a credential of their own; absent: the token's holder, or nobody in particular. */
  readonly principal?: string | undefined;
  /**
   * At an endpoint for executors: the token that was shown, whosever it is; only the agent knows that, and its
   * door asks. Absent: none is asked for.
   */
  readonly executorToken?: string | undefined;
};

/** A body as it comes, of any length. Nothing comes before `read`, and nothing while it is paused. */
export interface BodyStream {
  /** Called once at most. */
  read(reader: BodyReader): void;
  pause(): void;
  resume(): void;
}

export interface BodyReader {
  chunk(bytes: Uint8Array): void;
  /** Once, after the last chunk; not whole: the client went away in the middle. */
  ended(isWhole: boolean): void;
}

export type Headers = Readonly<Record<string, string>>;

export type BodyAnswer = {
  readonly kind: "body";
  readonly status: number;
  readonly headers: Headers;
  readonly body: string | Uint8Array;
};

export interface StreamSink {
  /** A reader for whom more than `StreamAnswer.queueBytesMax` waits already is cut off. */
  write(chunk: string | Uint8Array): void;
  /** The answer is over; what was written before still arrives. */
  end(): void;
}

/** An endless answer (server-sent events, records): status 200, chunks as they come. */
export type StreamAnswer = {
  readonly kind: "stream";
  readonly headers: Headers;
  /** Written when nothing else was for so long; with `always`, whatever else was. Absent: the door's own affair. */
  readonly heartbeat?: {
    readonly everyMs: number;
    readonly text: string | Uint8Array;
    readonly always?: boolean;
  };
  /** `limits.streamQueueBytesMax` when absent. */
  readonly queueBytesMax?: number;
  /** Called once, when the headers are out; what it returns is called once, when the reader has gone. */
  readonly open: (sink: StreamSink) => () => void;
};

/**
 * An answer of any length that nobody may lose a byte of: who writes it waits for who reads it. Status 200.
 */
export type FlowAnswer = {
  readonly kind: "flow";
  readonly headers: Headers;
  /** Written every so often, whatever else is. */
  readonly heartbeat?: { readonly everyMs: number; readonly chunk: Uint8Array };
  /** Its reader only looks on: those who work in containers come first. */
  readonly isLook?: boolean;
  /** Called once, when the headers are out. */
  readonly open: (sink: FlowSink) => FlowSource;
  /** Called in its place when the answer cannot be given: too many are, or its reader has gone. */
  readonly refused: () => void;
};

export interface FlowSink {
  /** False: taken, but no more until `FlowSource.resume`. */
  write(chunk: Uint8Array): boolean;
  /** The answer is over; what was written before still arrives. */
  end(): void;
}

export interface FlowSource {
  resume(): void;
  /** Called once: the answer was read to its end, or its reader has gone. */
  closed(): void;
}

/** An answer that takes as long as what it waits for; without it a door must answer in time. */
export type LaterAnswer = {
  readonly kind: "later";
  /** Called once, at once, to be answered once; what it returns is called when the client has gone first. */
  readonly wait: (respond: (answer: BodyAnswer) => void) => () => void;
};

/** Pass the request on to another of our servers, method and body as they are, and its answer back. */
export type ProxyAnswer = {
  readonly kind: "proxy";
  readonly address: string;
  readonly port: number;
  /** With the query. */
  readonly path: string;
  /** The answer goes on for as long as somebody reads it. */
  readonly isLong?: boolean;
  /** Calls back when another server is the one to ask from now on; what is returned ends that. */
  readonly moved?: (to: (place: { readonly address: string; readonly port: number }) => void) => () => void;
};

/** The shell streams `file` and closes it, whatever happens. */
export type FileAnswer = {
  readonly kind: "file";
  readonly headers: Headers;
  readonly file: OpenFile;
};

/** An open file: where it really lies was checked after it was opened. */
export type OpenFile = { readonly descriptor: number; readonly sizeBytes: number };

/** One of our servers' streams of events. */
export type MergedSource = {
  /** Put into each of its events. */
  readonly key: string;
  readonly address: string;
  readonly port: number;
  /** With the query. */
  readonly path: string;
};

/** Several of our servers' streams of events as one, for as long as somebody reads it. */
export type MergedAnswer = {
  readonly kind: "merge";
  readonly sources: readonly MergedSource[];
  /** Of which it is known already that nothing comes, and why: told once, in place of events. */
  readonly missing?: readonly { readonly key: string; readonly message: string }[];
};

export type DoorAnswer =
  | BodyAnswer
  | StreamAnswer
  | FlowAnswer
  | LaterAnswer
  | ProxyAnswer
  | MergedAnswer
  | FileAnswer;
export type Respond = (answer: DoorAnswer) => void;

/**
 * `public`: anybody who reaches the port. `read`: shows what may be secret. `write`: changes something.
 * `executor`: an executor of this agent, by the token that it was started with (`DoorRequest.executorToken`).
 * `write-or-executor`: who may write, or an executor, whose token the door looks at, and what it may do.
 * All but `public` need a token (law 9), and that of an executor opens nothing else.
 */
export type Permission = "public" | "read" | "write" | "executor" | "write-or-executor";

export type Endpoint<Context> = {
  readonly method: DoorMethod;
  /** `/v2/queue/:name` with `:name` for one segment and, at the end, `*` for the rest, slashes included. */
  readonly path: string;
  readonly permission: Permission;
  /** Whether the body of a request with these headers comes as a stream, in `DoorRequest.stream`; never if absent. */
  readonly streams?: (headers: DoorRequest["headers"]) => boolean;
  /** One line, for the documentation. */
  readonly summary: string;
  readonly handle: (request: DoorRequest, context: Context, respond: Respond) => void;
};
