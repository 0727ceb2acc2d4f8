/**
 * Who looks at what, live: each view with its parameters is looked at once for all pages that show it, when
 * something that it shows changed, and at most so often; its readers are sent what changed.
 *
 * Cost is bounded from here: a view that takes long is looked at more seldom, and one look is one turn of the loop. A
 * view that fails costs its readers an event that says so, and nothing else.
 */

import { limits } from "#base/limits.ts";
import type { Cancel } from "#ports/clock.ts";
import type { ViewName } from "#wire/unum/console/live.ts";
import type { Topic } from "../desk/marks.ts";
import { views } from "../views/table.ts";
import { Sent } from "./patch.ts";

export type LiveReader = {
  view(revision: number, text: string): void;
  patch(revision: number, text: string): void;
  fault(message: string): void;
};

export type HubWorld = {
  readonly nowMs: () => number;
  readonly after: (delayMs: number, run: () => void) => Cancel;
  readonly count: (topic: Topic) => number;
  /**
   * `done` comes when what was seen is durable, at once or later, with how long it took the loop in all its turns; so does
   * `fault`, or it is thrown.
   */
  readonly look: (
    name: ViewName,
    params: unknown,
    done: (value: unknown, workedMs?: number) => void,
    fault: (error: unknown) => void,
  ) => void;
  readonly failed: (error: unknown) => void;
};

type Channel = {
  readonly name: ViewName;
  readonly params: unknown;
  readonly readers: Set<LiveReader>;
  /** Those that wait for their first value. */
  readonly fresh: Set<LiveReader>;
  readonly sent: Sent;
  revision: number;
  value: unknown;
  /** Of the topics, when it was last looked at. */
  seen: number;
  isLooking: boolean;
  notBeforeMs: number;
};

export class LiveHub {
  readonly #world: HubWorld;
  readonly #channels = new Map<string, Channel>();
  #timer: Cancel | undefined;

  constructor(world: HubWorld) {
    this.#world = world;
  }

  get channels(): number {
    return this.#channels.size;
  }

  /** What it returns ends it. Undefined: too much is looked at already. */
  subscribe(name: ViewName, params: unknown, reader: LiveReader): (() => void) | undefined {
    const key = `${name} ${JSON.stringify(params)}`;
    const known = this.#channels.get(key);
    if (known === undefined && this.#channels.size >= limits.liveChannelsMax) return undefined;
    const channel = known ?? createChannel(name, params);
    this.#channels.set(key, channel);
    channel.fresh.add(reader);
    if (channel.revision > 0 && !this.#isStale(channel)) this.#greet(channel);
    else this.#look(channel);
    return () => {
      channel.readers.delete(reader);
      channel.fresh.delete(reader);
      if (channel.readers.size + channel.fresh.size === 0) this.#channels.delete(key);
    };
  }

  /** Something changed; called often. */
  readonly changed = (): void => {
    if (this.#timer !== undefined || this.#channels.size === 0) return;
    this.#timer = this.#world.after(limits.liveIntervalMs, this.#flush);
  };

  stop(): void {
    this.#timer?.();
    this.#channels.clear();
  }

  /**
   * One channel a turn, so that requests find their way between two looks, and then as much time for others as it took.
   * Whose turn it was goes to the end, so that everyone has one, also where there is no time for all.
   */
  readonly #flush = (): void => {
    this.#timer = undefined;
    const startedAtMs = this.#world.nowMs();
    let isWaiting = false;
    let next: readonly [string, Channel] | undefined;
    for (const each of this.#channels) {
      const [, channel] = each;
      if (channel.isLooking || !this.#isStale(channel)) continue;
      if (next !== undefined || channel.notBeforeMs > startedAtMs) isWaiting = true;
      else next = each;
    }
    if (next !== undefined) {
      const [key, channel] = next;
      this.#channels.delete(key);
      this.#channels.set(key, channel);
      this.#look(channel);
    }
    if (!isWaiting) return;
    const restMs = next === undefined ? limits.liveIntervalMs / 5 : this.#world.nowMs() - startedAtMs;
    this.#flushAfter(Math.max(0, restMs));
  };

  /** In place of the time that was set, if one was. */
  #flushAfter(delayMs: number): void {
    this.#timer?.();
    this.#timer = this.#world.after(delayMs, this.#flush);
  }

  #isStale(channel: Channel): boolean {
    return channel.seen !== this.#countOf(channel.name);
  }

  /** Counts only grow: equal sums are equal counts. */
  #countOf(name: ViewName): number {
    return views[name].topics.reduce((sum, topic) => sum + this.#world.count(topic), 0);
  }

  #look(channel: Channel): void {
    if (channel.isLooking) return;
    channel.isLooking = true;
    channel.seen = this.#countOf(channel.name);
    const { nowMs, look } = this.#world;
    const startedAtMs = nowMs();
    const restFor = (workedMs: number): void => {
      const untilMs = startedAtMs + Math.max(limits.liveIntervalMs, workedMs * limits.liveRestFactor);
      channel.notBeforeMs = Math.max(channel.notBeforeMs, untilMs);
    };
    const rest = (): void => restFor(nowMs() - startedAtMs);
    const fault = (error: unknown): void => {
      channel.isLooking = false;
      rest();
      this.#fault(channel, error);
    };
    try {
      look(
        channel.name,
        channel.params,
        (value, workedMs) => {
          channel.isLooking = false;
          restFor(workedMs ?? 0);
          this.#tell(channel, value);
          if (this.#isStale(channel)) this.changed();
        },
        fault,
      );
      rest();
    } catch (error) {
      fault(error);
    }
  }

  #tell(channel: Channel, value: unknown): void {
    try {
      const diff = channel.sent.next(value);
      channel.value = value;
      if (diff !== undefined || channel.revision === 0) {
        channel.revision += 1;
        const text = channel.readers.size === 0 ? "" : JSON.stringify(diff === "whole" ? { value } : diff);
        for (const reader of [...channel.readers])
          if (diff === "whole") reader.view(channel.revision, text);
          else if (diff !== undefined) reader.patch(channel.revision, text);
      }
      this.#greet(channel);
    } catch (error) {
      this.#fault(channel, error);
    }
  }

  /** The whole value, to those that have none of it yet. */
  #greet(channel: Channel): void {
    if (channel.fresh.size === 0) return;
    const text = JSON.stringify({ value: channel.value });
    for (const reader of [...channel.fresh]) {
      channel.fresh.delete(reader);
      channel.readers.add(reader);
      reader.view(channel.revision, text);
    }
  }

  #fault(channel: Channel, error: unknown): void {
    this.#world.failed(error);
    for (const reader of [...channel.readers, ...channel.fresh])
      reader.fault("This view failed; the master's log says more.");
    // The next change is another try.
    for (const reader of channel.readers) channel.fresh.add(reader);
    channel.readers.clear();
  }
}

const createChannel = (name: ViewName, params: unknown): Channel => ({
  name,
  params,
  readers: new Set(),
  fresh: new Set(),
  sent: new Sent(),
  revision: 0,
  value: undefined,
  seen: 0,
  isLooking: false,
  notBeforeMs: 0,
});
