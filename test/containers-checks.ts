/**
 * What the contract of containers says of checks: each is answered exactly once, with what it found if it found
 * anything.
 */

import assert from "node:assert/strict";
import { type ContainerId, containerId } from "#model/ids.ts";
import type { CommandSpec, OwnCommand, Probe } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { Scenario } from "./containers-contract.ts";

export function checksContract(
  scenario: Scenario,
  contractSpec: (command: CommandSpec) => ContainerSpec,
): void {
  const checkOf = (id: ContainerId, checkId: string, command: OwnCommand, timeoutMs: number) =>
    ({ type: "check", containerId: id, checkId, probe: { command }, timeoutMs }) as const;

  scenario("checks pass, fail and time out, each answered once", async (subject, outcomes) => {
    const { runs, passes, fails, hangs } = subject.commands;
    const spec = contractSpec(runs);
    subject.containers.perform({ type: "launch", spec });
    await outcomes.next("launched");
    subject.containers.perform(checkOf(spec.containerId, "passes", passes, 60_000));
    subject.containers.perform(checkOf(spec.containerId, "fails", fails, 60_000));
    subject.containers.perform(checkOf(spec.containerId, "hangs", hangs, 300));
    subject.containers.perform(checkOf(containerId("none"), "nowhere", passes, 60_000));
    await subject.until(() => outcomes.of("check-result").length >= 4, "four check results");
    await subject.settle();
    const verdicts = outcomes.of("check-result").map(({ checkId, ok }) => `${checkId} ${ok}`);
    assert.deepEqual(verdicts.sort(), ["fails false", "hangs false", "nowhere false", "passes true"]);
    const codes = outcomes.of("check-result").map(({ checkId, result }) => {
      const exitCode = result?.kind === "command" ? result.exitCode : undefined;
      return `${checkId} ${(exitCode ?? 0) > 0 ? "non-zero" : exitCode}`;
    });
    assert.deepEqual(codes.sort(), ["fails non-zero", "hangs undefined", "nowhere undefined", "passes 0"]);
    assert.equal(outcomes.of("exited").length, 0);
  });

  scenario("checks over the network find what is there, and what is not", async (subject, outcomes) => {
    const spec = contractSpec(subject.commands.runs);
    const port = await subject.commands.openPort();
    const at = (id: ContainerId, checkId: string, probe: Probe) =>
      subject.containers.perform({ type: "check", containerId: id, checkId, probe, timeoutMs: 60_000 });
    subject.containers.perform({ type: "launch", spec });
    await outcomes.next("launched");
    const httpAt = (number: number): Probe => ({
      http: { scheme: "http", port: number, path: "/", family: "IPv4" },
    });
    const tcpAt = (number: number): Probe => ({ tcp: { port: number, family: "IPv4" } });
    at(spec.containerId, "http", httpAt(port));
    at(spec.containerId, "tcp", tcpAt(port));
    at(spec.containerId, "http-closed", httpAt(1));
    at(spec.containerId, "tcp-closed", tcpAt(1));
    at(containerId("none"), "nowhere", tcpAt(port));
    await subject.until(() => outcomes.of("check-result").length >= 5, "five check results");
    await subject.settle();
    const found = new Map(outcomes.of("check-result").map((outcome) => [outcome.checkId, outcome]));
    assert.equal(outcomes.of("check-result").length, 5);
    const verdicts = [...found.values()].filter(({ ok }) => ok).map(({ checkId }) => checkId);
    assert.deepEqual(verdicts.sort(), ["http", "tcp"]);
    assert.deepEqual(found.get("http")?.result, { kind: "http", statusCode: 200 });
    assert.deepEqual(found.get("tcp")?.result, { kind: "tcp", succeeded: true });
    assert.deepEqual(found.get("tcp-closed")?.result, { kind: "tcp", succeeded: false });
    assert.equal(found.get("nowhere")?.result, undefined);
  });
}
