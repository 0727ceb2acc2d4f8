import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Lanes } from "./lane.ts";

/** Lanes that run a small script: `echo X` answers X, `die` ends the lane, `hang` never answers. */
const lanesOf = (count: number, queueMax = 10): Lanes =>
  new Lanes({ argv: ["sh", "-c", SCRIPT], count, queueMax, onNotice: () => false });

const SCRIPT = `while read -r verb word; do
  case $verb in
    echo) echo "$word" ;;
    die) echo 'last words' >&2; exit 3 ;;
    hang) sleep 1000 ;;
    pid) echo $$ ;;
  esac
done`;

describe("lanes", () => {
  it("answer each job with its own line, in the order of one lane", async () => {
    const lanes = lanesOf(1);
    const words = ["a", "b", "c", "d"];
    assert.deepEqual(await Promise.all(words.map((word) => lanes.run(`echo ${word}`, 5_000))), words);
    lanes.close();
  });

  it("are opened when needed, at most so many", async () => {
    const lanes = lanesOf(2);
    const pids = await Promise.all([1, 2, 3, 4, 5, 6].map(() => lanes.run("pid", 5_000)));
    assert.ok(new Set(pids).size <= 2);
    lanes.close();
  });

  it("that die fail their job with the reason, and are replaced", async () => {
    const lanes = lanesOf(1);
    const next = lanes.run("echo before", 5_000);
    const dead = lanes.run("die", 5_000);
    const after = lanes.run("echo after", 5_000);
    assert.equal(await next, "before");
    await assert.rejects(dead, /ended \(3\)/);
    assert.equal(await after, "after");
    lanes.close();
  });

  it("that hang fail their job in time, and are replaced", async () => {
    const lanes = lanesOf(1);
    const hung = lanes.run("hang", 50);
    const after = lanes.run("echo after", 5_000);
    await assert.rejects(hung, /no answer within 50 ms/);
    assert.equal(await after, "after");
    lanes.close();
  });

  it("that cannot start say so, for every job", async () => {
    const lanes = new Lanes({ argv: ["/no/such/program"], count: 1, queueMax: 10, onNotice: () => false });
    for (let job = 0; job < 3; job += 1) await assert.rejects(lanes.run("echo x", 5_000), /could not start/);
    lanes.close();
  });

  it("refuse more jobs than may wait, and any after closing", async () => {
    const lanes = lanesOf(1, 1);
    const running = lanes.run("echo a", 5_000);
    const waiting = lanes.run("echo b", 5_000);
    await assert.rejects(lanes.run("echo c", 5_000), /more than 1/);
    assert.deepEqual([await running, await waiting], ["a", "b"]);
    lanes.close();
    await assert.rejects(lanes.run("echo d", 5_000), /closing/);
  });
});
