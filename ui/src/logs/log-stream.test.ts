import assert from "node:assert/strict";
import { after, test } from "node:test";
import { followAll, type LogReader, type Source } from "./log-stream.ts";

type Take = (event: { readonly data: string }) => void;

/** Stands in for the browser's, and is what each test speaks through. */
class PlayedStream {
  static readonly opened: PlayedStream[] = [];
  readonly sources: readonly { readonly key: string; readonly offset?: number }[];
  readonly #takes = new Map<string, Take>();
  onerror: (() => void) | undefined;

  constructor(address: string) {
    const query = new URL(address, "http://localhost").searchParams;
    assert.ok((query.get("sources") ?? "").length <= 8_192);
    this.sources = JSON.parse(query.get("sources") ?? "");
    PlayedStream.opened.push(this);
  }
  addEventListener(name: string, take: Take): void {
    this.#takes.set(name, take);
  }
  say(name: string, data: object): void {
    this.#takes.get(name)?.({ data: JSON.stringify(data) });
  }
  isOpen = true;
  close(): void {
    this.isOpen = false;
  }
}

class PlayedPage extends EventTarget {
  hidden = false;
  turn(isHidden: boolean): void {
    this.hidden = isHidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}
const page = new PlayedPage();

Object.assign(globalThis, { EventSource: PlayedStream, document: page });
after(() => {
  Reflect.deleteProperty(globalThis, "EventSource");
  Reflect.deleteProperty(globalThis, "document");
});

const sourceOf = (name: string, path = `/${name}`): Source => ({ key: name, name, nodeId: "node", path });

function reading(): { readonly reader: LogReader; readonly said: string[] } {
  const said: string[] = [];
  const reader: LogReader = {
    chunk: ({ name }, text) => said.push(`${name}: ${text}`),
    reset: ({ name }) => said.push(`${name} anew`),
    failed: ({ name }, reason) => said.push(`${name} failed: ${reason}`),
    line: (isUp) => said.push(isUp ? "up" : "down"),
  };
  return { reader, said };
}

const latest = (): PlayedStream => {
  const stream = PlayedStream.opened.at(-1);
  assert.ok(stream !== undefined);
  return stream;
};

test("after a break it goes on where each file was, with nothing twice and nothing left out", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { reader, said } = reading();
  const [stream] = followAll([sourceOf("a"), sourceOf("b")], reader);
  latest().say("chunk", { key: "0", offset: 100, text: "one\n" });
  latest().say("chunk", { key: "0", offset: 104, text: "two\n" });
  latest().onerror?.();
  mock.timers.tick(1_000);
  assert.deepEqual(
    latest().sources.map(({ key, offset }) => [key, offset]),
    [
      ["0", 104],
      ["1", undefined],
    ],
  );
  // In other pieces than before, and broken once more in the middle of what is known.
  latest().say("chunk", { key: "0", offset: 104, text: "tw" });
  latest().onerror?.();
  mock.timers.tick(2_000);
  latest().say("chunk", { key: "0", offset: 104, text: "two\nthr" });
  latest().say("chunk", { key: "0", offset: 111, text: "ee\n" });
  stream?.close();
  assert.equal(
    said.filter((text) => text.startsWith("a: ")).join("|"),
    "a: one\n|a: two\n|a: |a: thr|a: ee\n",
  );
});

test("a file that cannot be read is asked for again, ever more seldom, until it can", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { reader, said } = reading();
  const [stream] = followAll([sourceOf("a")], reader);
  const before = PlayedStream.opened.length;
  latest().say("ended", { key: "0", message: "no such file" });
  latest().onerror?.();
  mock.timers.tick(1_000);
  assert.equal(PlayedStream.opened.length, before + 1);
  latest().say("ended", { key: "0", message: "" });
  mock.timers.tick(1_000);
  assert.equal(PlayedStream.opened.length, before + 1);
  mock.timers.tick(1_000);
  assert.equal(PlayedStream.opened.length, before + 2);
  latest().say("reset", { key: "0", sizeBytes: 0 });
  latest().say("chunk", { key: "0", offset: 0, text: "x" });
  assert.deepEqual(said, ["a failed: no such file", "a anew", "a: x"]);
  stream?.close();
});

test("a page that is hidden for a while holds no stream, and goes on where it was when it is seen", ({
  mock,
}) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { reader, said } = reading();
  const [stream] = followAll([sourceOf("a")], reader);
  latest().say("chunk", { key: "0", offset: 100, text: "one\n" });
  const before = PlayedStream.opened.length;
  page.turn(true);
  mock.timers.tick(29_000);
  page.turn(false);
  mock.timers.tick(60_000);
  assert.ok(latest().isOpen, "who looks away for a moment keeps it");
  page.turn(true);
  mock.timers.tick(30_000);
  assert.ok(!latest().isOpen, "it is given up");
  latest().onerror?.();
  mock.timers.tick(60_000);
  assert.equal(PlayedStream.opened.length, before, "and not asked for while nobody looks");
  page.turn(false);
  assert.equal(PlayedStream.opened.length, before + 1);
  assert.equal(latest().sources[0]?.offset, 100);
  latest().say("chunk", { key: "0", offset: 100, text: "one\ntwo\n" });
  assert.equal(said.filter((text) => text.startsWith("a: ")).join("|"), "a: one\n|a: two\n");
  stream?.close();
  page.turn(true);
  page.turn(false);
  assert.equal(PlayedStream.opened.length, before + 1, "what is closed stays so");
});

test("a break while a page is hidden is not mended before it is seen", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const [stream] = followAll([sourceOf("a")], reading().reader);
  page.turn(true);
  mock.timers.tick(29_500);
  latest().onerror?.();
  const before = PlayedStream.opened.length;
  mock.timers.tick(120_000);
  assert.equal(PlayedStream.opened.length, before);
  page.turn(false);
  assert.equal(PlayedStream.opened.length, before + 1);
  stream?.close();
});

test("many long paths become a few streams that the server takes, with every file in one of them", () => {
  const before = PlayedStream.opened.length;
  const all = Array.from({ length: 32 }, (_, index) => sourceOf(`t${index}`, `/${"p".repeat(300)}${index}`));
  const streams = followAll(all, reading().reader);
  const opened = PlayedStream.opened.slice(before);
  for (const stream of streams) stream.close();
  assert.equal(opened.length, 2);
  assert.equal(opened.flatMap(({ sources }) => sources).length, 32);
});
