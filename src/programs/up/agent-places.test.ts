import assert from "node:assert/strict";
import { test } from "node:test";
import { Flags } from "../flags.ts";
import { agentPlaceArgv, masterPlaceArgv, parsePlaces, placeFlags } from "./agent-places.ts";

const parse = (agents: number, ...argv: readonly string[]) =>
  parsePlaces(new Flags(argv, placeFlags), agents);

test("zones are dealt out in turn, and the master is where the first agent is", () => {
  const places = parse(3, "--region", "eu", "--zone", "a", "--zone", "b");
  const zones = [0, 1, 2].map((index) => agentPlaceArgv(places, `agent-${index + 1}`, index).at(-1));
  assert.deepEqual(zones, ["a", "b", "a"]);
  assert.deepEqual(masterPlaceArgv(places), ["--region", "eu", "--zone", "a"]);
  assert.deepEqual(masterPlaceArgv(parse(3)), []);
});

test("an attribute is of all agents, or of the one that it names", () => {
  const places = parse(2, "--attribute", "agent-2:rack=r1:x=y", "--attribute", "kind=a:b");
  assert.deepEqual(agentPlaceArgv(places, "agent-1", 0), ["--attribute", "kind=a:b"]);
  assert.deepEqual(agentPlaceArgv(places, "agent-2", 1), [
    ...["--attribute", "rack=r1:x=y"],
    ...["--attribute", "kind=a:b"],
  ]);
});

test("what cannot be says so", () => {
  assert.throws(() => parse(3, "--region", "eu"), /--region and --zone go together/);
  assert.throws(() => parse(1, "--region", "eu", "--zone", "a", "--zone", "b"), /more often than there are/);
  assert.throws(() => parse(3, "--region", "eu", "--zone", ""), /must not be empty/);
  assert.throws(() => parse(1, "--attribute", "agent-2:rack=r1"), /there is no agent-2, but agent-1/);
  assert.throws(() => parse(1, "--attribute", "rack"), /is not \[AGENT:\]NAME=TEXT/);
});
