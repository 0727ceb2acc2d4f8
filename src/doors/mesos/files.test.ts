import assert from "node:assert/strict";
import { test } from "node:test";
import type { Files } from "#ports/files.ts";
import { asBody, DoorDriver } from "../../../test/support/door-driver.ts";

const data = new TextEncoder().encode("a line\n");
const log: Files = {
  browse: (path, done) =>
    done(path === "/master/log" ? { ok: true, value: [] } : { ok: false, code: "not-found", message: path }),
  read: (path, offset, lengthBytes, done) => {
    if (path !== "/master/log") return done({ ok: false, code: "not-found", message: path });
    const at = Math.min(offset ?? data.length, data.length);
    return done({ ok: true, value: { offset: at, data: data.subarray(at, at + lengthBytes) } });
  },
  open: (_path, done) => done({ ok: true, value: { descriptor: -1, sizeBytes: data.length } }),
  attached: () => ({ "/master/log": "/var/log/master.log" }),
};

function doorWith(files: Files | undefined): DoorDriver {
  const door = new DoorDriver();
  Object.assign(door.context, { files });
  return door;
}

const call = (door: DoorDriver, body: unknown) => {
  const answer = asBody(door.call("POST", "/api/v1", body, { "content-type": "application/json" }));
  const text = typeof answer.body === "string" ? answer.body : new TextDecoder().decode(answer.body);
  return [answer.status, text] as const;
};
const read = (path: string) => ({ type: "READ_FILE", read_file: { path, offset: 2, length: 4 } });

test("the master's log is listed and read, and nothing else is", () => {
  const door = doorWith(log);
  assert.deepEqual(door.get("/files/debug").json, { "/master/log": "/var/log/master.log" });
  assert.deepEqual(door.get("/files/browse?path=/master/log").json, []);
  assert.deepEqual(door.get("/files/read?path=/master/log&offset=2&length=4").json, {
    data: "line",
    offset: 2,
  });
  assert.deepEqual(call(door, { type: "LIST_FILES", list_files: { path: "/master/log" } }), [
    200,
    '{"type":"LIST_FILES","list_files":{}}',
  ]);
  const shown = `{"type":"READ_FILE","read_file":{"size":7,"data":"${Buffer.from("line").toString("base64")}"}}`;
  assert.deepEqual(call(door, read("/master/log")), [200, shown]);
  assert.equal(door.get("/files/browse?path=/etc").status, 404);
  assert.deepEqual(call(door, read("/etc/passwd")), [404, ""]);
});

test("the master's log is downloaded whole", () => {
  const answer = doorWith(log).call("GET", "/files/download?path=/master/log");
  assert.ok(answer.kind === "file");
  assert.equal(answer.file.sizeBytes, data.length);
});

test("a master that was not told where its log is kept shows no files", () => {
  const door = doorWith(undefined);
  assert.deepEqual(door.get("/files/debug").json, {});
  for (const what of ["browse", "read", "download"])
    assert.equal(asBody(door.call("GET", `/files/${what}?path=/master/log`)).status, 404);
  assert.deepEqual(call(door, read("/master/log")), [404, ""]);
  assert.deepEqual(call(door, { type: "LIST_FILES", list_files: { path: "/master/log" } }), [404, ""]);
});
