import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { PluginAnswer, Plugins } from "#ports/plugins.ts";
import { testApp } from "../../../test/support/apps-driver.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { loadPlugins } from "./load-plugins.ts";

const directory = temporaryDirectory("unum-plugins-");
let count = 0;

function fileOf(source: string): string {
  count += 1;
  const file = join(directory, `plugin-${count}.mjs`);
  writeFileSync(file, source);
  return file;
}

const load = (...sources: readonly string[]): Promise<Plugins> => loadPlugins(sources.map(fileOf));

test("what is no plugin is refused by its file's name, with the reason", async () => {
  for (const [source, reason] of [
    ["export const x = 1;", /must export an id/],
    ['export const id = "a b"; export const checkApp = () => [];', /must export an id/],
    ['export const id = "a";', /does nothing/],
    ['export const id = "a"; export const checkApp = 1;', /checkApp .* must be a function/],
    ["syntax error", /cannot be loaded/],
    ['throw new Error("not today");', /cannot be loaded: not today/],
  ] as const) {
    await assert.rejects(load(source), (error: Error) => {
      assert.match(error.message, reason);
      assert.match(error.message, /plugin-\d+\.mjs/);
      return true;
    });
  }
  const twice = 'export const id = "a"; export const checkApp = () => [];';
  await assert.rejects(load(twice, twice), /has the id 'a', which another one has already/);
  await assert.rejects(loadPlugins([join(directory, "none.mjs")]), /cannot be loaded/);
});

test("definitions are checked in canonical form, and a plugin that is broken refuses", async () => {
  const plugins = await load(
    'export const id = "owner"; export const info = { x: 1 }; export function checkApp(app) {' +
      ' app.id = "changed"; return app.labels.owner ? [] : [{ path: "/labels/owner", error: "is missing" }]; }',
    'export const id = "odd"; export const checkApp = ({ labels }) => ({ promise: Promise.resolve([]), text: "x", bad: [{}],' +
      ' [undefined]: [] })[labels.odd] ?? (labels.odd === "throws" ? (() => { throw new Error("oh") })() : undefined);',
  );
  assert.deepEqual(
    plugins.list.map(({ id, info }) => [id, info]),
    [
      ["owner", { x: 1 }],
      ["odd", {}],
    ],
  );
  const review = (labels: Record<string, string>) => plugins.review(testApp("/web", { labels }));
  assert.deepEqual(review({ owner: "a" }), []);
  assert.deepEqual(review({}), [{ path: "/labels/owner", errors: ["is missing"] }]);
  for (const odd of ["promise", "text", "bad", "throws"]) {
    const [problem] = review({ owner: "a", odd });
    assert.equal(problem?.path, "/", odd);
    assert.match(problem?.errors[0] ?? "", /^the plugin 'odd' could not look at it: /, odd);
  }
});

test("what clients send is changed by one after the other, and stays JSON", async () => {
  const plugins = await load(
    'export const id = "one"; export const changeApp = (app) => { app.labels = { ...app.labels, one: "1" }; };',
    'export const id = "two"; export const changeApp = (app) => ({ ...app, two: new Date(0), no: () => 1 });',
    'export const id = "no"; export const changePod = () => { throw new Error("no pods here"); };',
  );
  const sent = { id: "/web" };
  assert.deepEqual(plugins.change("app", sent), {
    ok: true,
    value: { id: "/web", two: "1970-01-01T00:00:00.000Z" },
  });
  assert.deepEqual(sent, { id: "/web" }, "it has a copy");
  assert.deepEqual(plugins.change("pod", sent), {
    ok: false,
    fault: "the plugin 'no' refuses it: no pods here",
  });
  const odd = await load('export const id = "odd"; export const changeApp = async (app) => app;');
  assert.equal(odd.change("app", sent).ok, false, "a promise is no answer");
});

test("a plugin answers at its own path, or it is said what is wrong with its answer", async () => {
  const plugins = await load(
    'export const id = "a"; export async function handle({ path, body }) {' +
      ' if (path === "/throws") throw new Error("oh");' +
      ' if (path === "/header") return { headers: { X: "a\\r\\nb: c" } };' +
      ' if (path === "/nothing") return;' +
      ' return path === "/json" ? { body: { path } } : { status: 202, headers: { "X-A": "b" }, body }; }',
  );
  const call = (id: string, path: string): Promise<PluginAnswer | undefined> =>
    new Promise((resolve) => {
      const request = { method: "POST", path, query: "", headers: {}, body: Buffer.from("sent") };
      if (!plugins.handle(id, request, resolve)) resolve(undefined);
    });
  assert.equal(await call("b", "/"), undefined);
  assert.deepEqual(await call("a", "/"), { status: 202, headers: { "X-A": "b" }, body: "sent" });
  const json = await call("a", "/json");
  assert.deepEqual([json?.status, json?.body], [200, '{"path":"/json"}']);
  assert.match((await call("a", "/throws"))?.body ?? "", /The plugin 'a' failed: oh/);
  for (const path of ["/header", "/nothing"]) assert.equal((await call("a", path))?.status, 502, path);
});
