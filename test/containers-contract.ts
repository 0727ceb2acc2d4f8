/**
 * The contract of containers, as one suite for every implementation of the port, real or fake.
 *
 * Effects in, outcomes out. What a command does and how time passes is the subject's business: it names
 * commands with the behaviours below and waits its own way, by the clock or by virtual time.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PersistentDirectory } from "#model/container-volume.ts";
import { type ContainerId, containerId, executorId, frameworkId, roleName, taskId } from "#model/ids.ts";
import { resources } from "#model/resources.ts";
import type { CommandSpec, OwnCommand } from "#model/task.ts";
import type { ContainerOutcome, ContainerSpec, Containers } from "#ports/containers.ts";
import { checksContract } from "./containers-checks.ts";
import { ownNetworksContract } from "./containers-own-networks.ts";

export type ContractSubject = {
  readonly containers: Containers;
  /** Ends the object as `kill -9` of its process would, and gives its successor on the same host. */
  restart(): Promise<Containers>;
  /** Passes time until the condition holds; throws at a deadline of the subject's own. */
  until(condition: () => boolean, what: string): Promise<void>;
  /** Until a stubborn command does not mind SIGTERM any more: it says so. */
  deaf(spec: ContainerSpec): Promise<void>;
  /** Passes some time in which nothing is expected. */
  settle(): Promise<void>;
  /** Leaves nothing behind. */
  dispose(): Promise<void>;
  /** Whether its containers can have networks of their own. */
  readonly hasNetworks: boolean;
  readonly commands: {
    exits(code: number): CommandSpec;
    /** Runs until it is told to end, and ends by SIGTERM. */
    readonly runs: CommandSpec;
    /** Runs on after SIGTERM. */
    readonly stubborn: CommandSpec;
    /** Checks, run inside a container. */
    readonly passes: OwnCommand;
    readonly fails: OwnCommand;
    readonly hangs: OwnCommand;
    /** A port at which a task, or the host whose network it shares, answers HTTP with 200. */
    openPort(): Promise<number>;
  };
};

type OutcomeOf<Type extends ContainerOutcome["type"]> = Extract<ContainerOutcome, { type: Type }>;

/** Collects outcomes and finds them again. */
class Outcomes {
  readonly all: ContainerOutcome[] = [];
  readonly #subject: ContractSubject;

  constructor(subject: ContractSubject) {
    this.#subject = subject;
  }

  listen(containers: Containers): void {
    containers.onOutcome((outcome) => this.all.push(outcome));
  }

  of<Type extends ContainerOutcome["type"]>(type: Type, id?: ContainerId): readonly OutcomeOf<Type>[] {
    return this.all.filter(
      (outcome): outcome is OutcomeOf<Type> =>
        outcome.type === type &&
        (id === undefined || ("containerId" in outcome && outcome.containerId === id)),
    );
  }

  async next<Type extends ContainerOutcome["type"]>(type: Type, id?: ContainerId): Promise<OutcomeOf<Type>> {
    const what = `${type}${id === undefined ? "" : ` of ${id}`}; so far: ${JSON.stringify(this.all)}`;
    await this.#subject.until(() => this.of(type, id).length > 0, what);
    const [outcome] = this.of(type, id);
    assert.ok(outcome);
    return outcome;
  }
}

let lastNumber = 0;

export function contractSpec(command: CommandSpec, overrides: Partial<ContainerSpec> = {}): ContainerSpec {
  lastNumber += 1;
  return {
    containerId: containerId(`c-${process.pid}-${lastNumber}`),
    frameworkId: frameworkId("framework-1"),
    executorId: executorId(`task-${lastNumber}`),
    command,
    root: { kind: "host" },
    user: undefined,
    workingDirectory: undefined,
    env: {},
    resources: resources({ cpus: 0.1, mem: 64 }),
    limits: {},
    ...overrides,
  };
}

export function containersContract(name: string, create: () => Promise<ContractSubject>): void {
  const scenario = (
    title: string,
    run: (subject: ContractSubject, outcomes: Outcomes) => Promise<void>,
  ): void => {
    it(title, async () => {
      const subject = await create();
      try {
        const outcomes = new Outcomes(subject);
        outcomes.listen(subject.containers);
        await run(subject, outcomes);
      } finally {
        await subject.dispose();
      }
    });
  };

  describe(`containers contract: ${name}`, () => {
    endings(scenario);
    signals(scenario);
    removals(scenario);
    volumes(scenario);
    groups(scenario);
    updates(scenario);
    recoveries(scenario);
    ownNetworksContract(scenario, contractSpec);
    checksContract(scenario, contractSpec);
  });
}

export type Scenario = (
  title: string,
  run: (subject: ContractSubject, outcomes: Outcomes) => Promise<void>,
) => void;

function endings(scenario: Scenario): void {
  scenario("launched comes before exited, each once, with the exit code", async (subject, outcomes) => {
    const spec = contractSpec(subject.commands.exits(7));
    subject.containers.perform({ type: "launch", spec });
    const { exit, outOfMemory } = await outcomes.next("exited", spec.containerId);
    await subject.settle();
    assert.deepEqual(exit, { kind: "code", code: 7 });
    assert.equal(outOfMemory, undefined);
    assert.deepEqual(
      outcomes.all.map((outcome) => outcome.type),
      ["launched", "exited"],
    );
    assert.ok((outcomes.of("launched")[0]?.pid ?? 0) > 0);
  });

  scenario("a clean exit is code 0", async (subject, outcomes) => {
    const spec = contractSpec(subject.commands.exits(0));
    subject.containers.perform({ type: "launch", spec });
    assert.deepEqual((await outcomes.next("exited")).exit, { kind: "code", code: 0 });
  });

  scenario("a dozen containers at once each answer for themselves", async (subject, outcomes) => {
    const specs = Array.from({ length: 12 }, (_, index) => contractSpec(subject.commands.exits(index)));
    for (const spec of specs) subject.containers.perform({ type: "launch", spec });
    await subject.until(() => outcomes.of("exited").length === specs.length, "twelve exits");
    for (const [index, spec] of specs.entries()) {
      assert.equal(outcomes.of("launched", spec.containerId).length, 1);
      assert.deepEqual(outcomes.of("exited", spec.containerId)[0]?.exit, { kind: "code", code: index });
    }
  });

  scenario("a second launch of the same container fails and disturbs nothing", async (subject, outcomes) => {
    const spec = contractSpec(subject.commands.runs);
    subject.containers.perform({ type: "launch", spec });
    await outcomes.next("launched");
    subject.containers.perform({ type: "launch", spec });
    assert.equal((await outcomes.next("launch-failed")).containerId, spec.containerId);
    await subject.settle();
    assert.equal(outcomes.of("exited").length, 0);
  });

  scenario(
    "a root file system that is not there fails the launch, with a reason",
    async (subject, outcomes) => {
      const root = { kind: "file", path: "/nowhere/at/all" } as const;
      const spec = contractSpec(subject.commands.runs, { root });
      subject.containers.perform({ type: "launch", spec });
      assert.notEqual((await outcomes.next("launch-failed", spec.containerId)).message, "");
      await subject.settle();
      assert.equal(outcomes.all.length, 1);
    },
  );
}

function signals(scenario: Scenario): void {
  scenario("TERM ends a task that does not mind, by that signal", async (subject, outcomes) => {
    const spec = contractSpec(subject.commands.runs);
    const { containerId: id } = spec;
    subject.containers.perform({ type: "launch", spec });
    // At once: a signal must not overtake its launch, nor come too early to be heard.
    subject.containers.perform({ type: "signal", containerId: id, signal: "TERM" });
    assert.deepEqual((await outcomes.next("exited", id)).exit, { kind: "signal", signal: 15 });
    assert.equal(outcomes.of("launched", id).length, 1);
  });

  scenario("a stubborn task outlives TERM, not KILL", async (subject, outcomes) => {
    const spec = contractSpec(subject.commands.stubborn);
    const { containerId: id } = spec;
    subject.containers.perform({ type: "launch", spec });
    await outcomes.next("launched", id);
    await subject.deaf(spec);
    subject.containers.perform({ type: "signal", containerId: id, signal: "TERM" });
    await subject.settle();
    assert.equal(outcomes.of("exited").length, 0);
    subject.containers.perform({ type: "signal", containerId: id, signal: "KILL" });
    assert.deepEqual((await outcomes.next("exited", id)).exit, { kind: "signal", signal: 9 });
  });

  scenario("signals to what has ended or never was are harmless", async (subject, outcomes) => {
    const spec = contractSpec(subject.commands.exits(3));
    const { containerId: id } = spec;
    subject.containers.perform({ type: "launch", spec });
    await outcomes.next("exited", id);
    subject.containers.perform({ type: "signal", containerId: id, signal: "TERM" });
    subject.containers.perform({ type: "signal", containerId: id, signal: "KILL" });
    subject.containers.perform({ type: "signal", containerId: containerId("none"), signal: "KILL" });
    await subject.settle();
    assert.equal(outcomes.all.length, 2);
  });
}

function removals(scenario: Scenario): void {
  scenario("remove and remove-sandbox answer, also for what is not there", async (subject, outcomes) => {
    const spec = contractSpec(subject.commands.exits(0));
    subject.containers.perform({ type: "launch", spec });
    await outcomes.next("exited");
    subject.containers.perform({ type: "remove", containerId: spec.containerId });
    await outcomes.next("removed", spec.containerId);
    subject.containers.perform({ type: "remove", containerId: spec.containerId });
    subject.containers.perform({ type: "remove", containerId: containerId("never-was") });
    await subject.until(() => outcomes.of("removed").length === 3, "three removals");
    const sandbox = { frameworkId: spec.frameworkId, executorId: spec.executorId };
    subject.containers.perform({ type: "remove-sandbox", ...sandbox });
    subject.containers.perform({ type: "remove-sandbox", ...sandbox });
    await subject.until(() => outcomes.of("sandbox-removed").length === 2, "two sandbox removals");
    for (const outcome of outcomes.of("sandbox-removed"))
      assert.deepEqual(outcome, { type: "sandbox-removed", ...sandbox });
  });

  scenario("a sandbox that is removed makes room for a launch at once", async (subject, outcomes) => {
    const first = contractSpec(subject.commands.exits(0));
    subject.containers.perform({ type: "launch", spec: first });
    await outcomes.next("exited", first.containerId);
    const { frameworkId, executorId } = first;
    const second = contractSpec(subject.commands.exits(3), { executorId });
    subject.containers.perform({ type: "remove", containerId: first.containerId });
    subject.containers.perform({ type: "remove-sandbox", frameworkId, executorId });
    subject.containers.perform({ type: "launch", spec: second });
    assert.deepEqual((await outcomes.next("exited", second.containerId)).exit, { kind: "code", code: 3 });
    await subject.until(() => outcomes.of("sandbox-removed").length === 1, "the removal");
  });

  scenario("a running container that is removed ends first", async (subject, outcomes) => {
    const spec = contractSpec(subject.commands.stubborn);
    subject.containers.perform({ type: "launch", spec });
    await outcomes.next("launched");
    subject.containers.perform({ type: "remove", containerId: spec.containerId });
    await outcomes.next("removed", spec.containerId);
    assert.deepEqual(
      outcomes.all.map((outcome) => outcome.type),
      ["launched", "exited", "removed"],
    );
  });

  scenario("a removed container's id is free again", async (subject, outcomes) => {
    const spec = contractSpec(subject.commands.exits(4));
    subject.containers.perform({ type: "launch", spec });
    await outcomes.next("exited");
    subject.containers.perform({ type: "remove", containerId: spec.containerId });
    await outcomes.next("removed");
    subject.containers.perform({ type: "launch", spec: { ...spec, command: subject.commands.exits(5) } });
    await subject.until(() => outcomes.of("exited").length === 2, "a second exit");
    assert.deepEqual(outcomes.of("exited")[1]?.exit, { kind: "code", code: 5 });
  });
}

function volumes(scenario: Scenario): void {
  const volume = (id: string): PersistentDirectory => ({
    ...{ role: roleName("role"), id, disk: { kind: "root" }, isShared: false },
  });

  scenario("a volume's removal is told, whether it was there or not", async (subject, outcomes) => {
    subject.containers.perform({ type: "create-volume", volume: volume("there") });
    for (const id of ["there", "never-there"]) {
      const before = outcomes.of("volume-removed").length;
      subject.containers.perform({ type: "remove-volume", volume: volume(id) });
      await subject.until(() => outcomes.of("volume-removed").length > before, `the removal of ${id}`);
    }
    await subject.settle();
    const told = outcomes.of("volume-removed");
    assert.deepEqual(
      told.map(({ volume: { id }, fault }) => [id, fault]),
      [
        ["there", undefined],
        ["never-there", undefined],
      ],
    );
  });

  scenario("a container starts on a volume that nobody made ahead", async (subject, outcomes) => {
    const source = { kind: "persistent", directory: volume("new") } as const;
    const spec = contractSpec(subject.commands.exits(3), {
      volumes: [{ containerPath: "data", mode: "read-write", source }],
    });
    subject.containers.perform({ type: "launch", spec });
    const exited = await outcomes.next("exited", spec.containerId);
    assert.deepEqual(exited.exit, { kind: "code", code: 3 });
  });
}

function groups(scenario: Scenario): void {
  scenario("nested tasks of one executor each answer for themselves", async (subject, outcomes) => {
    const { runs, exits } = subject.commands;
    const nested = (name: string, command: CommandSpec): ContainerSpec =>
      contractSpec(command, { executorId: executorId("group"), nestedTaskId: taskId(name) });
    const specs = [nested("web", runs), nested("job", exits(6))] as const;
    for (const spec of specs) subject.containers.perform({ type: "launch", spec });
    const [web, job] = specs;
    assert.deepEqual((await outcomes.next("exited", job.containerId)).exit, { kind: "code", code: 6 });
    await outcomes.next("launched", web.containerId);
    subject.containers.perform({ type: "signal", containerId: web.containerId, signal: "KILL" });
    assert.deepEqual((await outcomes.next("exited", web.containerId)).exit, { kind: "signal", signal: 9 });
  });
}

function updates(scenario: Scenario): void {
  scenario(
    "an update changes no state and answers nothing, whatever it is for",
    async (subject, outcomes) => {
      const spec = contractSpec(subject.commands.runs);
      const update = { type: "update", resources: resources({ cpus: 0.2, mem: 128 }), limits: {} } as const;
      subject.containers.perform({ ...update, containerId: containerId("none") });
      subject.containers.perform({ type: "launch", spec });
      subject.containers.perform({ ...update, containerId: spec.containerId });
      subject.containers.perform({ type: "signal", containerId: spec.containerId, signal: "KILL" });
      await outcomes.next("exited", spec.containerId);
      subject.containers.perform({ ...update, containerId: spec.containerId });
      await subject.settle();
      assert.deepEqual(
        outcomes.all.map((outcome) => outcome.type),
        ["launched", "exited"],
      );
    },
  );
}

function recoveries(scenario: Scenario): void {
  scenario("recover tells running, ended and missing, and destroys strangers", async (subject, outcomes) => {
    const { runs, exits, stubborn } = subject.commands;
    const running = contractSpec(runs);
    const ended = contractSpec(exits(9));
    const stranger = contractSpec(stubborn);
    for (const spec of [running, ended, stranger]) subject.containers.perform({ type: "launch", spec });
    await outcomes.next("exited", ended.containerId);
    await subject.until(() => outcomes.of("launched").length === 3, "three launches");
    const missing = containerId("never-started");

    const successor = await subject.restart();
    const after = new Outcomes(subject);
    after.listen(successor);
    successor.perform({ type: "recover", known: [running.containerId, ended.containerId, missing] });
    const recovered = await after.next("recovered");
    assert.deepEqual(recovered.running, [running.containerId]);
    assert.deepEqual(recovered.ended, [ended.containerId]);
    assert.deepEqual(recovered.missing, [missing]);
    assert.deepEqual((await after.next("exited", ended.containerId)).exit, { kind: "code", code: 9 });

    // What was found is in hand: it can be signalled, and its end is noticed.
    successor.perform({ type: "signal", containerId: running.containerId, signal: "TERM" });
    assert.deepEqual((await after.next("exited", running.containerId)).exit, { kind: "signal", signal: 15 });
    await subject.settle();
    assert.equal(after.of("exited").length, 2);

    // The stranger is gone: a third agent finds nothing of it, even if it asks for it.
    const third = await subject.restart();
    const last = new Outcomes(subject);
    last.listen(third);
    third.perform({ type: "recover", known: [stranger.containerId] });
    assert.deepEqual((await last.next("recovered")).missing, [stranger.containerId]);
  });

  scenario("recover on an empty host answers with nothing", async (subject, outcomes) => {
    subject.containers.perform({ type: "recover", known: [] });
    const recovered = await outcomes.next("recovered");
    assert.deepEqual(recovered, { type: "recovered", running: [], ended: [], missing: [] });
  });
}
