import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { processStartTime } from "#shell/containers/process-identity.ts";
import { type ClusterFile, writeClusterFile } from "#shell/process/cluster-file.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { UsageError } from "../flags.ts";
import { settleEarlier } from "./earlier.ts";

const clusterWith = (children: ClusterFile["children"]): ClusterFile => ({
  url: "http://127.0.0.1:8080",
  masterUrl: "http://127.0.0.1:5050",
  tokenFile: "/nowhere/token",
  agents: [1, 2, 3].map((number) => ({ name: `agent-${number}`, url: `http://127.0.0.1:505${number}` })),
  up: undefined,
  children,
});

test("after an orderly stop there is nothing to settle", async () => {
  assert.equal(await settleEarlier(temporaryDirectory("unum-earlier-"), 3, assert.fail), undefined);
});

test("a cluster that was killed does not come back with fewer agents, whose tasks would be left alone", async () => {
  const directory = temporaryDirectory("unum-earlier-");
  writeClusterFile(directory, clusterWith([]));
  await assert.rejects(settleEarlier(directory, 2, assert.fail), (error) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, /had 3 agents, whose tasks may still run\. Start it with --agents 3/);
    return true;
  });
  assert.deepEqual((await settleEarlier(directory, 4, assert.fail))?.children, []);
});

test("a child that is still ending is waited for, and a stranger with its pid is not touched", async () => {
  const directory = temporaryDirectory("unum-earlier-");
  const child = spawn(process.execPath, ["--eval", "process.stdin.resume()"], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  const { pid = 0 } = child;
  const startTime = processStartTime(pid) ?? "";
  const stranger = { name: "agent-1", pid: process.pid, startTime: "1" };
  writeClusterFile(directory, clusterWith([{ name: "master", pid, startTime }, stranger]));
  const said: string[] = [];
  const exited = once(child, "exit");
  const settled = settleEarlier(directory, 3, (text) => {
    said.push(text);
    // The end of its input ends it, as the end of the channel ends a real one.
    child.stdin?.end();
  });
  assert.equal((await settled)?.children.length, 2);
  assert.equal(said.length, 1);
  assert.deepEqual(await exited, [0, null]);
});
