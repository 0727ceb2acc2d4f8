/**
 * Another project's client as a process: orders as JSON lines go in, JSON lines of what it met come out.
 *
 * Lines are kept in order, and each is taken once. What it writes to its standard error is shown when a wait
 * is in vain. None outlives its test file.
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { after } from "node:test";
import { until } from "../until.ts";

export type Line = Readonly<Record<string, unknown>>;

export class ClientProcess {
  readonly lines: Line[] = [];
  readonly #taken = new Set<Line>();
  readonly #child: ChildProcess;
  #stderr = "";
  #rest = "";
  #closed = false;

  constructor(command: string, argv: readonly string[], directory: string) {
    const child = spawn(command, argv, { cwd: directory, stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    // One that has ended takes no orders; the wait for what they bring about says so.
    child.stdin.on("error", () => {});
    child.on("close", () => {
      this.#closed = true;
    });
    after(() => void child.kill("SIGKILL"));
  }

  order(order: Line): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  /** The first line that is not taken yet and has these values. */
  async next(wanted: Line, deadlineMs = 60_000): Promise<Line> {
    const matches = (line: Line): boolean =>
      !this.#taken.has(line) && Object.entries(wanted).every(([key, value]) => line[key] === value);
    const found = await until(
      `a line with ${JSON.stringify(wanted)}`,
      () => this.lines.find(matches) ?? (this.#closed ? "ended" : undefined),
      deadlineMs,
    ).catch((error: Error) => assert.fail(`${error.message}\n${this.#report()}`));
    if (found === "ended")
      return assert.fail(`it ended without a line with ${JSON.stringify(wanted)}\n${this.#report()}`);
    this.#taken.add(found);
    return found;
  }

  all(wanted: Line): readonly Line[] {
    return this.lines.filter((line) => Object.entries(wanted).every(([key, value]) => line[key] === value));
  }

  /** Ends its input, which is to end it. The code is undefined after a signal. */
  async end(): Promise<{ readonly code: number | undefined; readonly stderr: string }> {
    this.#child.stdin?.end();
    await until("it to end", () => this.#closed, 60_000).catch((error: Error) =>
      assert.fail(`${error.message}\n${this.#report()}`),
    );
    return { code: this.#child.exitCode ?? undefined, stderr: this.#stderr };
  }

  #read(text: string): void {
    const parts = (this.#rest + text).split("\n");
    this.#rest = parts.pop() ?? "";
    for (const part of parts) this.lines.push(JSON.parse(part));
  }

  #report(): string {
    const lines = this.lines.slice(-40).map((line) => JSON.stringify(line).slice(0, 400));
    return [...lines, this.#stderr].join("\n");
  }
}
