import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArguments } from "./arguments.ts";
import { taskExec } from "./commands/task-exec.ts";
import { taskList } from "./commands/task-list.ts";

test("what follows the first word of a command for elsewhere belongs to it", () => {
  const { positionals, options } = parseArguments(taskExec, [
    "-i",
    "web",
    "-e",
    "A=1",
    "sh",
    "-c",
    "ls -l",
    "--",
    "-i",
  ]);
  assert.deepEqual(positionals, ["web", "sh", "-c", "ls -l", "--", "-i"]);
  assert.deepEqual(options, { interactive: true, env: ["A=1"] });
});

test("a -- before that is for us", () => {
  for (const words of [
    ["web", "--", "sh", "-c", "ls"],
    ["--", "web", "sh", "-c", "ls"],
  ])
    assert.deepEqual(parseArguments(taskExec, words).positionals, ["web", "sh", "-c", "ls"]);
});

test("everywhere else options may stand anywhere", () => {
  const { positionals, options } = parseArguments(taskList, ["/web", "--all", "--json"]);
  assert.deepEqual([positionals, options], [["/web"], { all: true, json: true }]);
});
