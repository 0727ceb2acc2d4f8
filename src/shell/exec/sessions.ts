/**
 * The sessions of one agent: which there are, how they are ended, and how long their exits are remembered.
 *
 * They do not outlive this process: what an earlier one left behind in a container is killed at the first chance.
 */

import { randomUUID } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { limits } from "#base/limits.ts";
import type { ContainerId } from "#model/ids.ts";
import type { SessionGroup, SessionSpec } from "#model/session.ts";
import type { TaskExit } from "#model/task.ts";
import type {
  RunningSession,
  SessionInput,
  SessionKey,
  SessionOutput,
  SessionReader,
  SessionRefusal,
  Sessions,
  SessionWriter,
} from "#ports/sessions.ts";
import type { HeldContainer } from "../containers/backend.ts";
import { LaunchRefusal } from "../containers/launch-refusal.ts";
import { readFileIfThere } from "../process/files.ts";
import type { FollowedOutputs } from "./followed-output.ts";
import { letIn, type SessionGroups } from "./own-group.ts";
import { signalSession, startedBy } from "./processes.ts";
import { Session } from "./session.ts";
import { type Runtime, type Started, startInContainer } from "./start.ts";
import { StartTurns } from "./start-turns.ts";
import { TaskInputs } from "./task-input.ts";

export type SessionsOptions = {
  readonly runtime: () => Promise<Runtime>;
  /** One that runs, as the host knows it. */
  readonly containerOf: (containerId: ContainerId) => HeldContainer | undefined;
  /** The pids in it, as the host numbers them. */
  readonly processesOf: (container: HeldContainer) => readonly number[];
  readonly groups: SessionGroups;
  /** Of the containers' own tasks. */
  readonly outputs: FollowedOutputs;
};

type Held = {
  readonly container: HeldContainer;
  readonly name: string;
  /** Of its own; undefined: it shares its container's. */
  readonly group: SessionGroup | undefined;
  /** Undefined while it is started, and when it has ended. */
  session: Session | undefined;
  started: Started | undefined;
  /** The signal that came while it was started. */
  asked: number | undefined;
  exit: TaskExit | undefined;
  readonly waiting: Set<(exit: TaskExit) => void>;
  readonly isDetached: boolean;
  /** Its first process, once that was seen. */
  leader: number | undefined;
};

const LOOK_MS = 500;
const KILL = 9;
const KILL_RETRY_MS = 50;
const KILL_ATTEMPTS = 200;

export class ContainerSessions implements Sessions {
  readonly #options: SessionsOptions;
  readonly #held = new Map<string, Held>();
  readonly #inputs = new TaskInputs();
  readonly #turns = new StartTurns();
  /** Containers in which nothing of an earlier agent's sessions is left. */
  readonly #swept = new Map<string, Promise<void>>();
  #isClosed = false;
  #looking: NodeJS.Timeout | undefined;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  launch(spec: SessionSpec, done: (refusal: SessionRefusal | undefined) => void): void {
    const refuse = (code: SessionRefusal["code"], message: string): void =>
      queueMicrotask(() => done({ code, message }));
    const key = keyOf(spec);
    const container = this.#options.containerOf(spec.container);
    if (this.#isClosed) return refuse("failed", "the agent is closing");
    if (container === undefined) return refuse("no-container", `Container ${spec.container} cannot be found`);
    if (this.#held.has(key)) return refuse("exists", `Container ${key} exists already`);
    if ([...this.#held.values()].filter(({ exit }) => exit === undefined).length >= limits.sessionsMax) {
      return refuse("too-many", `This agent runs ${limits.sessionsMax} commands in containers already`);
    }
    const held: Held = {
      ...{ name: spec.name, group: spec.group },
      ...{ container, session: undefined, started: undefined, asked: undefined, exit: undefined },
      leader: undefined,
      waiting: new Set(),
      isDetached: spec.isDetached && spec.terminal === undefined,
    };
    this.#held.set(key, held);
    this.#start(key, held, spec).then(
      () => done(undefined),
      (error: unknown) => {
        this.#held.delete(key);
        const message = error instanceof Error ? error.message : String(error);
        const isRefused = error instanceof LaunchRefusal;
        if (isRefused && error.reason === "task-unauthorized") done({ code: "forbidden", message });
        else done({ code: isRefused ? "refused" : "failed", message });
      },
    );
  }

  async #start(key: string, held: Held, spec: SessionSpec): Promise<void> {
    const { container } = held;
    await this.#sweep(container);
    const runtime = await this.#options.runtime();
    const { groups } = this.#options;
    const started = await this.#turns.run(container.name, async () => {
      if (this.#isClosed) throw new Error("the agent is closing");
      if (spec.group !== undefined) await groups.make(container.name, spec.name, spec.group);
      return startInContainer(runtime, container, randomUUID(), spec).catch((error) => {
        if (spec.group !== undefined) void groups.remove(container.name, spec.name);
        throw error;
      });
    });
    held.started = started;
    held.session = new Session(started, {
      exited: () => void this.#signal(held, "SIGKILL"),
      ended: (exit) => this.#ended(key, held, exit),
    });
    this.#looking ??= setInterval(() => void this.#lookAround(), LOOK_MS).unref();
    if (this.#isClosed) held.asked = KILL;
    if (held.asked !== undefined) this.#kill(held, held.asked);
    if (spec.group === undefined) return;
    await letIn(started, (pid) => groups.enter(container.name, spec.name, pid)).catch((error) => {
      this.#kill(held, KILL);
      throw error;
    });
  }

  attachOutput(key: SessionKey, reader: SessionReader): SessionOutput | undefined {
    const held = this.#held.get(keyOf(key));
    if (held?.session === undefined || held.isDetached) return undefined;
    return held.session.readers < limits.sessionReadersMax ? held.session.read(reader) : undefined;
  }

  attachInput(key: SessionKey, writer: SessionWriter): SessionInput | "unknown" | "taken" {
    const session = this.#held.get(keyOf(key))?.session;
    if (session === undefined) return "unknown";
    return session.hasWriter ? "taken" : session.write(writer);
  }

  followTask(container: ContainerId, reader: SessionReader): SessionOutput | undefined {
    const { containerOf, outputs } = this.#options;
    const held = containerOf(container);
    if (held === undefined) return undefined;
    return outputs.follow(held.sandbox, () => containerOf(container) !== undefined, reader);
  }

  typeInto(container: ContainerId, writer: SessionWriter): ReturnType<Sessions["typeInto"]> {
    const held = this.#options.containerOf(container);
    return held === undefined ? "unknown" : this.#inputs.write(held, writer);
  }

  wait(key: SessionKey, done: (exit: TaskExit) => void): (() => void) | undefined {
    const held = this.#held.get(keyOf(key));
    if (held === undefined) return undefined;
    if (held.exit !== undefined) done(held.exit);
    else held.waiting.add(done);
    return () => void held.waiting.delete(done);
  }

  kill(key: SessionKey, signal: number): boolean {
    const held = this.#held.get(keyOf(key));
    if (held === undefined || held.exit !== undefined) return false;
    if (held.session === undefined) held.asked = signal;
    else this.#kill(held, signal);
    return true;
  }

  running(): readonly RunningSession[] {
    return [...this.#held.values()]
      .filter(({ exit }) => exit === undefined)
      .map(({ container, name, group }) => {
        const key = { container: container.containerId, name };
        if (group === undefined) return key;
        const usage = { timestampMs: Date.now(), ...this.#options.groups.usage(container.name, name) };
        return { ...key, own: { group, usage } };
      });
  }

  remove(key: SessionKey): "removed" | "unknown" | "running" {
    const held = this.#held.get(keyOf(key));
    if (held === undefined) return "unknown";
    if (held.exit === undefined) return "running";
    this.#held.delete(keyOf(key));
    return "removed";
  }

  /** Ends them all, before it returns: this process may be about to end. Their containers run on. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#looking);
    for (const { container, started, session } of this.#held.values()) {
      if (started === undefined || session === undefined) continue;
      session.noteKill(KILL);
      const members = this.#options.processesOf(container);
      const leader = pidIn(readFileIfThere(started.pidFile) ?? "") ?? startedBy(started.child.pid, members);
      if (leader !== undefined) signalSession(leader, started.child.pid, members, "SIGKILL");
    }
  }

  /** A runtime that copies the output waits for all who could still write, also when the command is gone. */
  async #lookAround(): Promise<void> {
    const running = [...this.#held.values()].filter(({ session }) => session !== undefined);
    if (running.length === 0) {
      clearInterval(this.#looking);
      this.#looking = undefined;
    }
    for (const held of running) {
      const { started, container, leader } = held;
      if (started === undefined) continue;
      const members = this.#options.processesOf(container);
      if (leader !== undefined && !members.includes(leader)) {
        signalSession(leader, started.child.pid, members, "SIGKILL");
      }
      const pid = await readPid(started.pidFile);
      if (pid !== undefined && members.includes(pid)) held.leader = pid;
    }
  }

  #kill(held: Held, signal: number): void {
    held.session?.noteKill(signal);
    void this.#signal(held, signalName(signal));
  }

  /** Repeated until it has a process to go to, or has none any more. */
  async #signal(held: Held, signal: NodeJS.Signals): Promise<void> {
    for (let attempt = 0; attempt < KILL_ATTEMPTS; attempt += 1) {
      const { started, session } = held;
      if (started === undefined || session === undefined || session.isOver) return;
      const leader = await readPid(started.pidFile);
      const members = this.#options.processesOf(held.container);
      if (leader !== undefined) return void signalSession(leader, started.child.pid, members, signal);
      if (started.child.exitCode !== null || started.child.signalCode !== null) return;
      await new Promise((resolve) => setTimeout(resolve, KILL_RETRY_MS));
    }
  }

  #ended(key: string, held: Held, exit: TaskExit): void {
    const { started } = held;
    held.exit = exit;
    held.session = undefined;
    held.started = undefined;
    for (const done of held.waiting) done(exit);
    held.waiting.clear();
    if (held.group !== undefined) void this.#options.groups.remove(held.container.name, held.name);
    if (started !== undefined) {
      const { pidFile, definitionFile, logFile } = started;
      for (const file of [pidFile, definitionFile, logFile])
        if (file !== undefined) void rm(file, { force: true });
    }
    // The oldest are forgotten, and with a container all that ran in it.
    const ended = [...this.#held].filter(([, other]) => other.exit !== undefined);
    for (const [other, { container }] of ended) {
      const isGone = this.#options.containerOf(container.containerId) === undefined;
      if (other !== key && isGone) this.#held.delete(other);
    }
    for (const [other] of ended.slice(0, Math.max(0, ended.length - limits.sessionsEndedMax))) {
      this.#held.delete(other);
    }
  }

  #sweep(container: HeldContainer): Promise<void> {
    const known = this.#swept.get(container.name);
    if (known !== undefined) return known;
    for (const name of this.#swept.keys()) {
      if (this.#options.containerOf(name as ContainerId) === undefined) this.#swept.delete(name);
    }
    const sweeping = this.#killLeftovers(container);
    this.#swept.set(container.name, sweeping);
    return sweeping;
  }

  async #killLeftovers(container: HeldContainer): Promise<void> {
    const names = await readdir(container.directory).catch(() => []);
    for (const name of names.filter((entry) => entry.startsWith("session-"))) {
      const file = join(container.directory, name);
      const leader = name.endsWith(".pid") ? await readPid(file) : undefined;
      // Only what is in the container: the number may be another process's by now.
      if (leader !== undefined) {
        signalSession(leader, undefined, this.#options.processesOf(container), "SIGKILL");
      }
      await rm(file, { force: true });
    }
  }
}

const keyOf = ({ container, name }: SessionKey): string => `${container}.${name}`;

async function readPid(file: string): Promise<number | undefined> {
  return pidIn(await readFile(file, "utf8").catch(() => ""));
}

function pidIn(text: string): number | undefined {
  const pid = Number.parseInt(text, 10);
  return pid > 1 ? pid : undefined;
}

function signalName(number: number): NodeJS.Signals {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return (found?.[0] ?? "SIGKILL") as NodeJS.Signals;
}
