/**
 * The one stream of the page: what its parts show is subscribed together, and comes as views and patches.
 *
 * Values that nobody shows any more are kept for a while, so that going back shows something at once; they are
 * replaced when the server speaks. A hidden page holds no stream. It never polls.
 */

import type {
  LiveFault,
  LiveMissed,
  LivePatch,
  LiveSubscription,
  LiveView,
  ViewName,
} from "#console/live.ts";
import { whenCalm } from "./calm.ts";
import { applyPatch, withMissed } from "./patch.ts";

export type LineState = "open" | "waiting" | "refused" | "hidden";

export type Entry = {
  readonly subscription: LiveSubscription;
  value: unknown;
  revision: number;
  fault: string | undefined;
  /** The server has spoken of it since it was subscribed. */
  isFresh: boolean;
  /** When it was last read ahead. */
  readAtMs?: number;
  readonly listeners: Set<() => void>;
};

const keptMost = 40;
/** A change of route ends some subscriptions and begins others: they become one stream. */
const gatherMs = 15;
const retryMs = 2_000;
/** By then the page that wants what was subscribed ahead is there. */
const aheadMs = 15_000;
/** What was read ahead just now is not read again. */
const readAgainMs = 3_000;

const entries = new Map<string, Entry>();
const changed = new Set<Entry>();
const lineListeners = new Set<() => void>();
let line: LineState = "waiting";
let source: EventSource | undefined;
let openKeys = "";
let gathering: ReturnType<typeof setTimeout> | undefined;

export function entryOf(view: ViewName, params: Readonly<Record<string, unknown>>): Entry {
  const key = `${view}?${JSON.stringify(params)}`;
  const known = entries.get(key);
  if (known !== undefined) {
    // The newest last: the others go first.
    entries.delete(key);
    entries.set(key, known);
    return known;
  }
  const entry: Entry = {
    subscription: { key, view, params },
    value: undefined,
    revision: -1,
    fault: undefined,
    isFresh: false,
    listeners: new Set(),
  };
  entries.set(key, entry);
  return entry;
}

export function listen(entry: Entry, listener: () => void): () => void {
  entries.set(entry.subscription.key, entry);
  entry.listeners.add(listener);
  // From here on it is wanted for as long as this listener listens.
  entry.listeners.delete(nobody);
  gather();
  return () => {
    entry.listeners.delete(listener);
    gather();
  };
}

export const lineState = (): LineState => line;
export function listenLine(listener: () => void): () => void {
  lineListeners.add(listener);
  return () => lineListeners.delete(listener);
}

/** After the page was let in. A stream that is open, or on its way, stays: its views are being made. */
export function reconnect(): void {
  if (source !== undefined && line !== "refused") return;
  openKeys = "";
  gather();
}

type Wanted = Pick<LiveSubscription, "view"> & { readonly params: Readonly<Record<string, unknown>> };

const nobody = (): void => undefined;

/** Subscribes before there is a page to show it: the views are on their way while its code is. */
export function subscribeAhead(wanted: readonly Wanted[]): void {
  const held = wanted.map(({ view, params }) => entryOf(view, params));
  for (const entry of held) entry.listeners.add(nobody);
  subscribeAll();
  setTimeout(() => {
    for (const entry of held) entry.listeners.delete(nobody);
    gather();
  }, aheadMs);
}

/** Reads what will probably be shown next, once, so that it is there at the click. */
export async function readAhead({ view, params }: Wanted): Promise<void> {
  const entry = entryOf(view, params);
  const nowMs = performance.now();
  if (entry.listeners.size > 0 || nowMs - (entry.readAtMs ?? Number.NEGATIVE_INFINITY) < readAgainMs) return;
  entry.readAtMs = nowMs;
  const query = encodeURIComponent(JSON.stringify(params));
  const answer = await fetch(`/unum/v1/views/${view}?params=${query}`).catch(() => undefined);
  const value: unknown = answer?.ok === true ? await answer.json() : undefined;
  if (value === undefined || entry.isFresh) return;
  entry.value = value;
  tell(entry);
}

function setLine(next: LineState): void {
  if (line === next) return;
  line = next;
  for (const listener of lineListeners) listener();
}

function gather(): void {
  if (gathering !== undefined) return;
  gathering = setTimeout(() => {
    gathering = undefined;
    subscribeAll();
  }, gatherMs);
}

function subscribeAll(): void {
  const wanted = [...entries.values()].filter(({ listeners }) => listeners.size > 0);
  forgetOldest();
  const keys = wanted
    .map(({ subscription }) => subscription.key)
    .sort()
    .join("\n");
  if (document.hidden) {
    close();
    return setLine("hidden");
  }
  if (keys === openKeys && source !== undefined) return;
  close();
  openKeys = keys;
  if (wanted.length === 0) return;
  for (const entry of entries.values()) entry.isFresh = false;
  const views = JSON.stringify(wanted.map(({ subscription }) => subscription));
  open(new EventSource(`/unum/v1/live?views=${encodeURIComponent(views)}`));
}

function forgetOldest(): void {
  for (const [key, { listeners }] of entries) {
    if (entries.size <= keptMost) return;
    if (listeners.size === 0) entries.delete(key);
  }
}

function close(): void {
  source?.close();
  source = undefined;
  openKeys = "";
}

function open(stream: EventSource): void {
  source = stream;
  stream.onopen = () => setLine("open");
  stream.addEventListener("view", (event) => {
    const { key, revision, value }: LiveView = JSON.parse(event.data);
    change(key, (entry) => {
      entry.value = value;
      entry.revision = revision;
      entry.fault = undefined;
      entry.isFresh = true;
    });
  });
  stream.addEventListener("patch", (event) => {
    const patch: LivePatch = JSON.parse(event.data);
    change(patch.key, (entry) => {
      entry.value = applyPatch(entry.value, patch);
      entry.revision = patch.revision;
      entry.isFresh = true;
    });
  });
  stream.addEventListener("missed", (event) => {
    const { key, rows }: LiveMissed = JSON.parse(event.data);
    change(key, (entry) => {
      entry.value = withMissed(entry.value, rows);
    });
  });
  stream.addEventListener("fault", (event) => {
    const { key, message }: LiveFault = JSON.parse(event.data);
    change(key, (entry) => {
      entry.fault = message;
    });
  });
  stream.onerror = () => void lost(stream);
}

/** What nobody has seen yet is told at once; what only changes, when it can be drawn without disturbing. */
function change(key: string, how: (entry: Entry) => void): void {
  const entry = entries.get(key);
  if (entry === undefined) return;
  const isFirst = entry.value === undefined;
  how(entry);
  if (isFirst || entry.fault !== undefined) return tell(entry);
  changed.add(entry);
  whenCalm(tellChanged);
}

function tell(entry: Entry): void {
  for (const listener of entry.listeners) listener();
}

function tellChanged(): void {
  const told = [...changed];
  changed.clear();
  for (const entry of told) tell(entry);
}

/** EventSource comes back by itself after a cut, but not after an answer that is no stream. */
async function lost(stream: EventSource): Promise<void> {
  if (stream !== source) return;
  setLine("waiting");
  if (stream.readyState !== EventSource.CLOSED) return;
  close();
  const status = await fetch("/unum/v1/session").then(
    (answer) => answer.status,
    () => 0,
  );
  // Let in meanwhile: what was asked before says nothing of the stream that is open now.
  if (source !== undefined) return;
  if (status === 401) return setLine("refused");
  setTimeout(gather, retryMs);
}

document.addEventListener("visibilitychange", gather);
