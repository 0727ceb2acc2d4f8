/**
 * A framework that launches and kills tasks over the v1 API, as a careful one does: it follows the leader, subscribes again
 * as itself, asks about every task that it has not heard the end of, and acknowledges what it hears.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { Agent } from "undici";
import type { Chance } from "#base/random.ts";
import { decodeMessage, encodeMessage } from "#wire/mesos/codec/encoding.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { RecordDecoder } from "#wire/record-io/record-decoder.ts";

type Call = MessageOf<"scheduler.Call">;
type Event = MessageOf<"scheduler.Event">;
type Status = MessageOf<"TaskStatus">;

type ChurnTask = {
  readonly agentId: string;
  readonly askedAtMs: number;
  /** By itself, and well: nobody kills it. */
  readonly ends: boolean;
  state: string;
  hasRun: boolean;
  isKilled: boolean;
};

/** What its tasks run: until they are killed, or (every third, if said) to an end of their own. */
export type ChurnCommands = { readonly lasting: string; readonly ending?: string };

const wantedTasks = 12;
const quietMsMax = 40_000;
const launchPatienceMs = 10_000;
const terminal = new Set([
  ...["TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR", "TASK_LOST"],
  ...["TASK_DROPPED", "TASK_GONE", "TASK_GONE_BY_OPERATOR", "TASK_UNKNOWN"],
]);
const media = "application/json";
const scalar = (name: string, value: number): MessageOf<"Resource"> => ({
  ...{ name, type: "SCALAR", scalar: { value } },
});

export class ChurnFramework {
  readonly tasks = new Map<string, ChurnTask>();
  subscriptions = 0;
  killed = 0;
  finished = 0;
  /** That ran, and ended though nobody asked for it. */
  readonly lost: string[] = [];
  readonly #masters: readonly string[];
  readonly #token: string;
  readonly #chance: Chance;
  readonly #commands: ChurnCommands;
  readonly #http = new Agent({ connect: { timeout: 1_000 } });
  #id: string | undefined;
  #leader: string;
  #streamId = "";
  #isOver = false;
  #isLaunching = true;
  #launched = 0;

  constructor(masters: readonly string[], token: string, commands: ChurnCommands, chance: Chance) {
    this.#masters = masters;
    this.#token = token;
    this.#chance = chance;
    this.#commands = commands;
    this.#leader = masters[0] ?? "";
  }

  get launched(): number {
    return this.#launched;
  }

  get running(): readonly string[] {
    return [...this.tasks].filter(([, { state }]) => state === "TASK_RUNNING").map(([id]) => id);
  }

  /** Tasks of which the last is not known. */
  get unsettled(): readonly string[] {
    return [...this.tasks]
      .filter(
        ([, { state, isKilled, ends }]) =>
          !terminal.has(state) && (isKilled || ends || state !== "TASK_RUNNING"),
      )
      .map(([id]) => id);
  }

  async run(): Promise<void> {
    await Promise.all([this.#subscribing(), this.#killing(), this.#reconciling()]);
    await this.#http.destroy();
  }

  /** It goes on to listen, so that what it began comes to its end. */
  stopLaunching(): void {
    this.#isLaunching = false;
  }

  end(): void {
    this.#isOver = true;
    this.#hangUp?.();
  }

  #hangUp: (() => void) | undefined;

  async #subscribing(): Promise<void> {
    for (let attempt = 0; !this.#isOver; attempt += 1) {
      await this.#subscribe().catch(() => {});
      // Whoever does not lead says who does; else the next one is asked.
      if (attempt % 3 === 2) this.#leader = this.#masters[this.#chance.below(this.#masters.length)] ?? "";
      await sleep(200);
    }
  }

  async #subscribe(): Promise<void> {
    const framework_id = this.#id === undefined ? undefined : { value: this.#id };
    const framework_info: MessageOf<"FrameworkInfo"> = {
      ...{ user: "root", name: "churn", roles: ["churn"], failover_timeout: 3_600, id: framework_id },
      capabilities: [{ type: "MULTI_ROLE" }, { type: "RESERVATION_REFINEMENT" }, { type: "PARTITION_AWARE" }],
    };
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), 5_000);
    const answer = await this.#post(
      { type: "SUBSCRIBE", framework_id, subscribe: { framework_info } },
      {},
      controller.signal,
    ).finally(() => clearTimeout(timer));
    if (answer.statusCode === 307) {
      this.#leader = new URL(String(answer.headers.location)).origin;
      await answer.body.dump();
      return;
    }
    if (answer.statusCode !== 200) return void (await answer.body.dump());
    this.#streamId = String(answer.headers["mesos-stream-id"]);
    this.#hangUp = () => controller.abort();
    const records = new RecordDecoder();
    const silence = setTimeout(() => controller.abort(), quietMsMax);
    try {
      for await (const chunk of answer.body) {
        silence.refresh();
        const read = records.push(chunk as Uint8Array);
        if (!read.ok) throw new Error(read.why);
        for (const record of read.records) {
          const event = decodeMessage("json", "scheduler.Event", record);
          if (event.ok) await this.#hear(event.value);
        }
      }
    } finally {
      clearTimeout(silence);
      controller.abort();
    }
  }

  async #hear(event: Event): Promise<void> {
    if (event.subscribed !== undefined) {
      this.#id = event.subscribed.framework_id.value;
      this.subscriptions += 1;
      await this.#reconcile();
    }
    for (const offer of event.offers?.offers ?? []) await this.#answer(offer);
    if (event.update !== undefined) await this.#note(event.update.status);
  }

  async #answer(offer: MessageOf<"Offer">): Promise<void> {
    const alive = [...this.tasks.values()].filter(({ state, isKilled }) => !terminal.has(state) && !isKilled);
    const room = this.#isLaunching ? Math.min(3, wantedTasks - alive.length) : 0;
    if (room <= 0) {
      const decline = { offer_ids: [offer.id], filters: { refuse_seconds: 1 } };
      return void (await this.#call({ type: "DECLINE", decline }));
    }
    const agentId = offer.agent_id.value;
    const task_infos = Array.from({ length: room }, (): MessageOf<"TaskInfo"> => {
      this.#launched += 1;
      const id = `churn-${this.#launched}`;
      const askedAtMs = performance.now();
      const { lasting, ending } = this.#commands;
      const ends = ending !== undefined && this.#launched % 3 === 0;
      this.tasks.set(id, { agentId, askedAtMs, ends, state: "asked", hasRun: false, isKilled: false });
      return {
        ...{ name: id, task_id: { value: id }, agent_id: offer.agent_id },
        resources: [scalar("cpus", 0.01), scalar("mem", 32)],
        command: { value: ends ? ending : lasting },
      };
    });
    const accept = {
      offer_ids: [offer.id],
      operations: [{ type: "LAUNCH" as const, launch: { task_infos } }],
    };
    await this.#call({ type: "ACCEPT", accept });
  }

  async #note(status: Status): Promise<void> {
    const { task_id, agent_id, uuid, state = "" } = status;
    const task = this.tasks.get(task_id.value);
    // One that was given up for never launched, and was only late, is not wanted any more.
    const isLate = task !== undefined && terminal.has(task.state) && !task.hasRun && state === "TASK_RUNNING";
    if (isLate) task.isKilled = true;
    if (task !== undefined && (isLate || !terminal.has(task.state))) {
      task.state = state;
      task.hasRun ||= state === "TASK_RUNNING";
      const isDue = state === "TASK_FINISHED" ? task.ends : state === "TASK_KILLED" && task.isKilled;
      if (terminal.has(state) && task.hasRun && !isDue)
        this.lost.push(`${task_id.value}: ${state} ${status.message ?? ""}`);
      if (state === "TASK_KILLED") this.killed += 1;
      if (state === "TASK_FINISHED") this.finished += 1;
    }
    if (uuid === undefined || agent_id === undefined) return;
    await this.#call({ type: "ACKNOWLEDGE", acknowledge: { agent_id, task_id, uuid } });
  }

  /** Again and again until it is heard: a call may be lost. */
  async #killing(): Promise<void> {
    while (!this.#isOver) {
      const lasting = this.running.filter((id) => this.tasks.get(id)?.ends === false);
      const victim = this.tasks.get(lasting[this.#chance.below(Math.max(1, lasting.length))] ?? "");
      if (victim !== undefined && this.#isLaunching) victim.isKilled = true;
      for (const [id, task] of this.tasks) {
        if (!task.isKilled || terminal.has(task.state)) continue;
        const kill = { task_id: { value: id }, agent_id: { value: task.agentId } };
        await this.#call({ type: "KILL", kill });
      }
      await sleep(1_000);
    }
  }

  async #reconciling(): Promise<void> {
    while (!this.#isOver) {
      await sleep(5_000);
      await this.#reconcile();
    }
  }

  /** Those that were asked for just now may still be on their way. */
  async #reconcile(): Promise<void> {
    const sinceMs = performance.now() - launchPatienceMs;
    const tasks = [...this.tasks]
      .filter(
        ([, { state, askedAtMs }]) => !terminal.has(state) && (state !== "asked" || askedAtMs < sinceMs),
      )
      .map(([id, { agentId }]) => ({ task_id: { value: id }, agent_id: { value: agentId } }));
    if (tasks.length > 0) await this.#call({ type: "RECONCILE", reconcile: { tasks } });
  }

  /** One that fails is made good by what comes later. */
  async #call(call: Call): Promise<void> {
    if (this.#id === undefined) return;
    const own = { framework_id: { value: this.#id }, ...call };
    const headers = { "mesos-stream-id": this.#streamId };
    const answer = await this.#post(own, headers, AbortSignal.timeout(2_000)).catch(() => undefined);
    await answer?.body.dump().catch(() => {});
  }

  #post(call: Call, headers: Readonly<Record<string, string>>, signal: AbortSignal) {
    const own = { "content-type": media, accept: media, authorization: `Bearer ${this.#token}` };
    return this.#http.request({
      ...{ origin: this.#leader, path: "/api/v1/scheduler", method: "POST", bodyTimeout: 0, signal },
      headers: { ...own, ...headers },
      body: encodeMessage("json", "scheduler.Call", call),
    });
  }
}
