/**
 * `unum task log` against a stub that serves a file as agents do: last lines, following, rotation, cut characters.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { runUnum, type StubRoutes, startStubCluster } from "../../test/support/stub-cluster.ts";
import { lastLines, withoutCutCharacter } from "./task-output.ts";

/** Files by path, served as `/files/read` does: bytes decoded loosely, `-1` for the size. */
class StubFiles {
  readonly contents = new Map<string, Buffer>();

  append(path: string, text: string | Buffer): void {
    this.contents.set(path, Buffer.concat([this.contents.get(path) ?? Buffer.alloc(0), Buffer.from(text)]));
  }

  /** Copied aside and truncated. */
  rotate(path: string): void {
    this.contents.set(`${path}.1`, this.contents.get(path) ?? Buffer.alloc(0));
    this.contents.set(path, Buffer.alloc(0));
  }

  readonly routes: StubRoutes = {
    "GET /agent/a-1/files/read": ({ path }) => {
      const query = new URL(path, "http://x").searchParams;
      const content = this.contents.get(query.get("path") ?? "");
      if (content === undefined) return { status: 404, body: { message: "no such file" } };
      const offset = Number(query.get("offset"));
      if (offset === -1) return { body: { data: "", offset: content.length } };
      const data = content.subarray(offset, offset + Number(query.get("length"))).toString();
      return { body: { data, offset } };
    },
  };
}

const task = (id: string, more: Readonly<Record<string, unknown>> = {}) => ({
  id,
  appId: "/web",
  agentId: "a-1",
  state: "TASK_RUNNING",
  endedAt: null,
  message: "",
  sandbox: `/box/${id}`,
  ...more,
});
const one = task("web.instance-1b9d6bcd-a._app.1");
const two = task("web.instance-2c0e7cde-b._app.1");
const endedOne = {
  ...one,
  state: "TASK_FINISHED",
  endedAt: "2030-01-01T11:00:00Z",
  message: "exited with 0",
};

type Follow = {
  readonly files: StubFiles;
  readonly argv: readonly string[];
  readonly tasks: () => readonly unknown[];
  readonly onOutput?: (text: string) => void;
  readonly terminal?: boolean;
};

const log = ({ argv, ...more }: Follow) => run({ ...more, argv: ["task", "log", ...argv] });

async function run({ files, argv, tasks, onOutput, terminal = false }: Follow) {
  const routes: StubRoutes = { ...files.routes, "GET /unum/v1/tasks": () => ({ body: { tasks: tasks() } }) };
  const stub = await startStubCluster(routes);
  try {
    return await runUnum(argv, {
      env: { UNUM_URL: stub.url },
      terminal,
      ...(onOutput === undefined ? {} : { onOutput }),
    });
  } finally {
    await stub.close();
  }
}

describe("cli: task log", () => {
  it("prints the last lines, of standard output or error", async () => {
    const files = new StubFiles();
    files.append(`${one.sandbox}/stdout`, "1\n2\n3\n4\n5");
    files.append(`${one.sandbox}/stderr`, "oops\n");
    const tasks = () => [one];
    assert.equal((await log({ files, tasks, argv: ["1b9d"] })).stdout, "1\n2\n3\n4\n5");
    assert.equal((await log({ files, tasks, argv: ["/web", "-n", "2"] })).stdout, "4\n5");
    assert.equal((await log({ files, tasks, argv: ["web", "--stderr"] })).stdout, "oops\n");
    assert.equal((await log({ files, tasks, argv: ["web", "-n", "0"] })).stdout, "");
    assert.equal((await log({ files, tasks, argv: ["web", "-n", "all"] })).stdout, "1\n2\n3\n4\n5");
  });

  it("prints nothing for a task that has printed nothing", async () => {
    const { code, stdout } = await log({ files: new StubFiles(), tasks: () => [one], argv: ["web"] });
    assert.deepEqual([code, stdout], [0, ""]);
  });

  it("puts the task before each line when there are several, and knows tasks that have ended", async () => {
    const files = new StubFiles();
    files.append(`${one.sandbox}/stdout`, "a\nb");
    files.append(`${two.sandbox}/stdout`, "c\n");
    const both = await log({ files, tasks: () => [one, two], argv: ["/web"] });
    assert.equal(both.stdout, "1b9d6bcd | a\n2c0e7cde | c\n1b9d6bcd | b\n");
    const ended = await log({ files, tasks: () => [{ ...endedOne, appId: null }], argv: ["/web"] });
    assert.equal(ended.stdout, "a\nb");
    assert.equal((await log({ files, tasks: () => [one], argv: ["/other"] })).code, 3);
  });

  it("follows until the task has ended, and says how it ended", async () => {
    const files = new StubFiles();
    const path = `${one.sandbox}/stdout`;
    files.append(path, "first\n");
    let isEnded = false;
    const { code, stdout, stderr } = await log({
      files,
      argv: ["-f", "web"],
      tasks: () => [isEnded ? endedOne : one],
      onOutput: (text) => {
        if (text === "first\n") files.append(path, "second\n");
        if (text.endsWith("second\n")) {
          files.append(path, "last words");
          isEnded = true;
        }
      },
    });
    assert.equal(stdout, "first\nsecond\nlast words");
    assert.match(stderr, /has ended: TASK_FINISHED\. exited with 0/);
    assert.equal(code, 0);
  });

  it("follows over a rotation without losing or repeating a line", async () => {
    const files = new StubFiles();
    const path = `${one.sandbox}/stdout`;
    files.append(path, "one\ntwo\n");
    let isEnded = false;
    const { stdout } = await log({
      files,
      argv: ["-f", "web"],
      tasks: () => [isEnded ? endedOne : one],
      onOutput: (text) => {
        if (text === "one\ntwo\n") {
          files.append(path, "three\n");
          files.rotate(path);
          files.append(path, "four\n");
        }
        isEnded = text.endsWith("four\n");
      },
    });
    assert.equal(stdout, "one\ntwo\nthree\nfour\n");
  });

  it("ends quietly when nobody reads any more", async () => {
    const gone = new AbortController();
    const files = new StubFiles();
    files.append(`${one.sandbox}/stdout`, "x\n");
    const stub = await startStubCluster({
      ...files.routes,
      "GET /unum/v1/tasks": [{ body: { tasks: [one] } }],
    });
    const { code, stderr } = await runUnum(["task", "log", "-f", "web"], {
      env: { UNUM_URL: stub.url },
      signal: gone.signal,
      onOutput: () => gone.abort(),
    });
    await stub.close();
    assert.deepEqual([code, stderr], [0, ""]);
  });
});

describe("cli: app log", () => {
  it("puts the task before each line, on a terminal in a colour of its own", async () => {
    const files = new StubFiles();
    files.append(`${one.sandbox}/stdout`, "a\n");
    files.append(`${two.sandbox}/stdout`, "b\n");
    const argv = ["app", "log", "/web"];
    const plain = await run({ files, argv, tasks: () => [one, two] });
    assert.equal(plain.stdout, "1b9d6bcd | a\n2c0e7cde | b\n");
    assert.equal((await run({ files, argv, tasks: () => [one] })).stdout, "1b9d6bcd | a\n");
    const { stdout } = await run({ files, argv, tasks: () => [one, two], terminal: true });
    const colours = stdout.split("\n").map((line) => line.split("m")[0]);
    assert.equal(colours.length, 3);
    assert.notEqual(colours[0], colours[1]);
    const none = await run({ files, argv: ["app", "log", "/other"], tasks: () => [one] });
    assert.equal(none.code, 3);
    assert.match(none.stderr, /app \/other has no tasks/);
  });

  it("goes on when an agent is away for a while, and with a task that joins", async () => {
    const files = new StubFiles();
    files.append(`${one.sandbox}/stdout`, "a\n");
    files.append(`${two.sandbox}/stdout`, "late\n");
    let tasks: unknown[] = [one];
    let away = 0;
    const answer = files.routes["GET /agent/a-1/files/read"];
    assert.ok(typeof answer === "function");
    const routes: StubRoutes = {
      "GET /agent/a-1/files/read": (request) => {
        if (away === 0) return answer(request);
        away -= 1;
        if (away === 0) tasks = [one, two];
        return { status: 503, body: { message: "agent a-1 is away" } };
      },
    };
    const { code, stdout, stderr } = await run({
      files: Object.assign(files, { routes }),
      argv: ["app", "log", "-f", "/web"],
      tasks: () => tasks,
      onOutput: (text) => {
        if (text === "1b9d6bcd | a\n") away = 2;
        if (text.endsWith("late\n")) tasks = [endedOne];
      },
    });
    assert.equal(code, 0);
    assert.equal(stderr.match(/cannot be asked now/g)?.length, 1);
    assert.equal(stdout, "1b9d6bcd | a\n2c0e7cde | late\n");
  });
});

describe("cli: parts of a log", () => {
  it("leaves a character that was cut for the next read, and loses no byte of text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 4, max: 9 }), (text, length) => {
        const bytes = Buffer.from(text.toWellFormed().replaceAll("\uFFFD", "?"));
        let position = 0;
        let read = "";
        while (position < bytes.length) {
          const part = bytes.subarray(position, position + length);
          const taken = withoutCutCharacter(part.toString(), part.length);
          assert.ok(taken.bytes > 0);
          read += taken.text;
          position += taken.bytes;
        }
        assert.equal(read, bytes.toString());
      }),
    );
  });

  it("goes on over what is no text", () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0xff]);
    assert.equal(withoutCutCharacter(bytes.toString(), bytes.length).bytes, 4);
  });

  it("takes the last lines, a last one without an end too", () => {
    assert.equal(lastLines("a\nb\nc\n", 2), "b\nc\n");
    assert.equal(lastLines("a\nb\nc", 2), "b\nc");
    assert.equal(lastLines("a\n", 5), "a\n");
    assert.equal(lastLines("", 5), "");
  });
});
