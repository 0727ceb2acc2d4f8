/**
 * The console's server side against a whole cluster, as a page in a browser uses it: in by the link, a look that
 * stays live, a change with the page's key, a terminal, a log that is followed, and what is really used.
 */

import assert from "node:assert/strict";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { after, before, describe, it } from "node:test";
import { detectHost } from "#shell/containers/detect.ts";
import type { TerminalEvent } from "#wire/unum/console/session.ts";
import { applyPatch } from "./support/apply-patch.ts";
import { TestCluster } from "./support/cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const host = await detectHost();

type Answer = { readonly status: number; readonly headers: IncomingMessage["headers"]; text(): string };

describe("the console's server side", { skip: host.kind === "plain" && host.why }, () => {
  const cluster = new TestCluster(temporaryDirectory("unum-console-"));
  const open = new Set<ClientRequest>();
  let cookie = "";
  let key = "";

  /** As the page does it; resolves with the headers, and goes on reading. */
  const ask = (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: unknown,
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = request(
        `${cluster.file.url}${path}`,
        { method, headers: { cookie, ...headers } },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8");
          answer.on("data", (chunk) => {
            text += chunk;
          });
          answer.on("error", () => {});
          answer.on("close", () => open.delete(sent));
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: () => text });
        },
      );
      open.add(sent);
      sent.on("error", reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });

  const change = (method: string, path: string, body?: unknown): Promise<Answer> =>
    ask(method, path, { "x-unum-session": key, origin: cluster.file.url }, body);

  const look = async (name: string, params: object = {}) => {
    const path = `/unum/v1/views/${name}?params=${encodeURIComponent(JSON.stringify(params))}`;
    const answer = await cluster.send("GET", path);
    assert.equal(answer.status, 200, answer.text);
    // biome-ignore lint/suspicious/noExplicitAny: what came out is what is tested
    return answer.json as any;
  };

  before(async () => {
    await cluster.start("--agents", "1");
  });
  after(async () => {
    for (const each of open) each.destroy();
    await cluster.end("SIGINT");
  });

  it("lets a browser in by the link, to look by the cookie and to act by the page's key", async () => {
    const [, code] = /\/login\?code=(\S+)/.exec(cluster.output) ?? [];
    const entered = await ask("GET", `/login?code=${code}`);
    cookie = [entered.headers["set-cookie"]].flat().join("").split(";", 1)[0] ?? "";
    const enter = String(entered.headers.location).replace("/#enter=", "");
    assert.equal((await change("POST", "/v2/apps", { id: "/no", cmd: "true" })).status, 403);
    const got = await ask("POST", "/unum/v1/session", { origin: cluster.file.url }, { code: enter });
    assert.equal(got.status, 200);
    await until("the key", () => got.text().endsWith("}"));
    ({ key } = JSON.parse(got.text()));
  });

  it("shows a page what changes while it looks", async () => {
    const views = JSON.stringify([{ key: "s", view: "services" }]);
    const stream = await ask("GET", `/unum/v1/live?views=${encodeURIComponent(views)}`);
    assert.equal(stream.headers["content-type"], "text/event-stream");
    const app = {
      id: "/web",
      cmd: "i=0; while true; do i=$((i+1)); echo line $i; sleep 0.2; done",
      cpus: 0.1,
      mem: 64,
    };
    const created = await change("POST", "/v2/apps", app);
    assert.equal(created.status, 201);
    const shown = (): { readonly rows?: readonly { readonly running: number; readonly key: string }[] } => {
      let value: unknown;
      for (const [, event, data = ""] of stream.text().matchAll(/event: (\w+)\ndata: (.*)\n\n/g))
        value = event === "view" ? JSON.parse(data).value : applyPatch(value, JSON.parse(data));
      return (value ?? {}) as ReturnType<typeof shown>;
    };
    await until("the page to show the instance", () => shown().rows?.[0]?.running === 1, 30_000);
    assert.equal(shown().rows?.[0]?.key, "/web");
  });

  it("opens a terminal, does what is typed in order, and says how it ended", async () => {
    const [task] = (await look("tasks", { service: "/web" })).rows;
    const path = `/agent/${task.nodeId}/unum/v1/terminals`;
    const wanted = { frameworkId: task.frameworkId, taskId: task.id, columns: 100, rows: 30 };
    assert.equal((await ask("POST", path, { origin: cluster.file.url }, wanted)).status, 401);
    const answer = await change("POST", path, { ...wanted, argv: ["/bin/sh"] });
    assert.equal(answer.status, 200, answer.text());
    const events = (): readonly TerminalEvent[] =>
      answer
        .text()
        .split("\n")
        .filter((text) => text.endsWith("}"))
        .map((text) => JSON.parse(text));
    const shown = (): string =>
      events()
        .map((event) => (event.type === "output" ? Buffer.from(event.data, "base64").toString() : ""))
        .join("");
    await until("the terminal", () => events().length > 0);
    const [first] = events();
    assert.equal(first?.type, "opened");
    const terminal = first?.type === "opened" ? first.terminal : "";
    const type = async (number: number, text: string, more: object = {}): Promise<number> => {
      const data = Buffer.from(text).toString("base64");
      return (await change("POST", `${path}/${terminal}/input`, { number, data, ...more })).status;
    };
    assert.equal(await type(1, "echo one-$((1+1))\n", { size: { columns: 91, rows: 17 } }), 204);
    await until("its output", () => /one-2/.test(shown()));
    assert.equal(await type(1, "echo twice\n"), 204, "a repeated piece is not typed again");
    assert.equal(await type(3, "echo early\n"), 409);
    // The terminal has its new size a little later than what is typed.
    let number = 1;
    await until("its size", async () => {
      number += 1;
      assert.equal(await type(number, "stty size\n"), 204);
      return /17 91/.test(shown());
    });
    assert.equal(await type(number + 1, "exit 7\n"), 204);
    await until("its end", () => events().at(-1)?.type === "exited");
    assert.deepEqual(events().at(-1), { type: "exited", code: 7, signal: null });
    assert.ok(!/twice|early/.test(shown()));
    assert.equal(await type(number + 2, "x"), 404);
  });

  it("follows a log from its tail, and goes on where a page left off", async () => {
    const [task] = (await look("tasks", { service: "/web" })).rows;
    const { sandbox } = await look("task", { id: task.id });
    const path = `/agent/${task.nodeId}/unum/v1/log?path=${encodeURIComponent(`${sandbox}/stdout`)}`;
    const stream = await ask("GET", `${path}&follow=true&tail=20`);
    assert.equal(stream.status, 200);
    const chunks = (): readonly { readonly offset: number; readonly text: string }[] =>
      Array.from(stream.text().matchAll(/event: chunk\ndata: (.*)\n\n/g), ([, data = ""]) =>
        JSON.parse(data),
      );
    await until("several pieces", () => chunks().length >= 3, 20_000);
    const [first] = chunks();
    assert.ok((first?.text.length ?? 0) <= 60, "from the tail on");
    for (const [index, chunk] of chunks().entries()) {
      const before = chunks()[index - 1];
      if (before !== undefined) assert.equal(chunk.offset, before.offset + before.text.length);
    }
    const [, id = ""] = /^id: (\d+)/m.exec(stream.text()) ?? [];
    const again = await ask("GET", path, { "last-event-id": id });
    await until("the rest", () => /event: chunk/.test(again.text()));
    assert.match(again.text(), new RegExp(`"offset":${id},`));
    assert.equal((await ask("GET", `${path}x`)).status, 404);
  });

  it("follows files of several tasks in one stream, and says which of them cannot be", async () => {
    const [task] = (await look("tasks", { service: "/web" })).rows;
    const { sandbox } = await look("task", { id: task.id });
    const sources = ["stdout", "nothing"].map((name) => ({
      key: name,
      nodeId: task.nodeId,
      path: `${sandbox}/${name}`,
    }));
    const path = (list: readonly object[]): string =>
      `/unum/v1/log?follow=true&tail=10&sources=${encodeURIComponent(JSON.stringify(list))}`;
    const stream = await ask("GET", path(sources));
    assert.equal(stream.status, 200);
    await until("both", () => {
      const text = stream.text();
      return (
        /event: chunk\ndata: {"key":"stdout","offset":\d+,"text":"/.test(text) && /event: ended/.test(text)
      );
    });
    assert.match(stream.text(), /event: ended\ndata: {"key":"nothing","message":"[^"]*nothing/);
    const gone = { key: "gone", nodeId: "nowhere", path: "/x" };
    const others = await ask("GET", path([gone, ...sources]));
    assert.equal(others.status, 200);
    await until("the others of one whose node is gone", () =>
      /event: chunk\ndata: {"key":"stdout",/.test(others.text()),
    );
    assert.match(others.text(), /event: ended\ndata: {"key":"gone","message":"There is no node 'nowhere'/);
    assert.equal((await ask("GET", path([]))).status, 422);
  });

  it("knows before long what is really used, and what happened", async () => {
    const used = async (): Promise<boolean> => {
      const { rows } = await look("tasks", { service: "/web" });
      return rows[0].cpusUsed !== null && rows[0].memUsed > 0;
    };
    await until("the task's use", used, 45_000);
    const { resources } = await look("overview");
    assert.ok(resources.mem.used > 0);
    const [node] = (await look("nodes")).rows;
    const { host: machine } = await look("node", { id: node.key });
    assert.ok(machine.memTotal > machine.memUsed && machine.memUsed > 0);
    const texts = (await look("timeline")).rows.map(({ text }: { text: string }) => text);
    assert.ok(texts.includes("/web was created, with 1 instance."), texts.join("\n"));
  });
});
