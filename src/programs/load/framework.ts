/**
 * One framework of a load: it subscribes, launches tasks of one size into what it is offered, and acknowledges.
 *
 * It launches what `want` has asked for and no more. Offers are held while tasks may still be wanted, and
 * declined when nothing is left to launch, which is also when its role is suppressed.
 */

import { performance } from "node:perf_hooks";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { type CheckTimes, roomFor, type TaskSize, taskInfo } from "./placement.ts";
import type { SchedulerCallMessage, SchedulerClient, SchedulerEventMessage } from "./scheduler-client.ts";
import type { Tally } from "./tally.ts";

export type FrameworkJob = {
  readonly name: string;
  readonly role: string;
  /** All that it will ever launch. */
  readonly total: number;
  readonly size: TaskSize;
  readonly command: string;
  /** At least 1, at most what the master takes in one call. */
  readonly perAcceptMax: number;
  /** On one agent altogether. */
  readonly perAgentMax: number;
  /** How long an offer is held while nothing is wanted, before others get it; undefined: to the end. */
  readonly offerHeldMs: number | undefined;
  /** How long its tasks outlive it, as when its master is another all of a sudden; undefined: not at all. */
  readonly failoverSeconds?: number | undefined;
  /** Looks at its tasks' health, spread evenly; undefined: none. */
  readonly checkEverySeconds?: number | undefined;
};

type Offer = MessageOf<"Offer">;
type CallBody = Omit<SchedulerCallMessage, "framework_id">;

const declinedSeconds = 1;
/** A prime, so that neighbours are far apart. */
const checkSpread = 7_919;

export class LoadFramework {
  readonly #client: SchedulerClient;
  readonly #job: FrameworkJob;
  readonly #tally: Tally;
  readonly #offers = new Map<string, Offer>();
  readonly #onAgent = new Map<string, number>();
  readonly #pending = new Set<Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #frameworkId: string | undefined;
  #wanted = 0;
  #launched = 0;
  #suppressed = false;
  /** Nothing counts any more but that it is removed. */
  #isOver = false;

  constructor(client: SchedulerClient, job: FrameworkJob, tally: Tally) {
    this.#client = client;
    this.#job = job;
    this.#tally = tally;
  }

  /** Follows the events; resolves when `signal` ends it, rejects when the stream ends otherwise. */
  async run(subscribed: () => void, signal: AbortSignal): Promise<void> {
    try {
      for await (const event of this.#client.subscribe(this.#subscribeCall(), signal)) {
        if (event.type === "SUBSCRIBED") {
          this.#frameworkId = event.subscribed?.framework_id.value;
          subscribed();
        }
        this.#hear(event);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** So many more tasks are to be launched now. */
  want(count: number): void {
    this.#wanted = Math.min(this.#wanted + count, this.#job.total);
    this.#place();
  }

  /** Removes the framework and all its tasks. */
  async teardown(): Promise<void> {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    if (this.#frameworkId !== undefined) await this.#call({ type: "TEARDOWN" });
  }

  #subscribeCall(): SchedulerCallMessage {
    const { name, role, failoverSeconds } = this.#job;
    return {
      type: "SUBSCRIBE",
      subscribe: {
        framework_info: {
          user: "nobody",
          name,
          roles: [role],
          ...(failoverSeconds === undefined ? {} : { failover_timeout: failoverSeconds }),
          capabilities: [{ type: "MULTI_ROLE" }, { type: "PARTITION_AWARE" }],
        },
      },
    };
  }

  #hear(event: SchedulerEventMessage): void {
    if (this.#isOver) return;
    switch (event.type) {
      case "OFFERS":
        return this.#offered(event.offers?.offers ?? []);
      case "RESCIND":
        return void this.#offers.delete(event.rescind?.offer_id.value ?? "");
      case "UPDATE":
        return this.#updated(event.update?.status);
      case "ERROR":
        return this.#tally.trouble(event.error?.message ?? "the master sent an error without a message");
      default:
        return;
    }
  }

  #offered(offers: readonly Offer[]): void {
    const useless: string[] = [];
    for (const offer of offers) {
      if (this.#roomOn(offer) > 0) this.#offers.set(offer.id.value, offer);
      else useless.push(offer.id.value);
    }
    this.#decline(useless);
    this.#place();
    if (this.#launched >= this.#job.total) this.#decline([...this.#offers.keys()]);
    else this.#declineLater(offers);
  }

  #updated(status: MessageOf<"TaskStatus"> | undefined): void {
    if (status === undefined) return;
    this.#tally.heard(status.task_id.value, status.state, status.message, performance.now());
    const { uuid, agent_id, task_id } = status;
    if (uuid === undefined || agent_id === undefined) return;
    void this.#call({ type: "ACKNOWLEDGE", acknowledge: { agent_id, task_id, uuid } });
  }

  #place(): void {
    const { perAcceptMax, total } = this.#job;
    for (const offer of this.#offers.values()) {
      const due = this.#wanted - this.#launched;
      if (due <= 0) break;
      // Spread over what is held, so that a burst does not fill one agent while others wait.
      const share = Math.ceil(due / this.#offers.size);
      this.#accept(offer, Math.min(share, perAcceptMax, this.#roomOn(offer)));
    }
    if (this.#launched < total || this.#suppressed) return;
    this.#suppressed = true;
    void this.#call({ type: "SUPPRESS", suppress: {} });
    this.#decline([...this.#offers.keys()]);
  }

  #roomOn(offer: Offer): number {
    const used = this.#onAgent.get(offer.agent_id.value) ?? 0;
    return Math.max(0, Math.min(roomFor(this.#job.size, offer), this.#job.perAgentMax - used));
  }

  #accept(offer: Offer, count: number): void {
    const { name, size, command } = this.#job;
    const agent = offer.agent_id.value;
    const first = this.#launched;
    const ids = Array.from({ length: count }, (_, index) => `${name}-${first + index + 1}`);
    this.#launched += count;
    this.#offers.delete(offer.id.value);
    this.#onAgent.set(agent, (this.#onAgent.get(agent) ?? 0) + count);
    this.#tally.accepted(ids, performance.now());
    void this.#call({
      type: "ACCEPT",
      accept: {
        offer_ids: [offer.id],
        operations: [
          {
            type: "LAUNCH",
            launch: {
              task_infos: ids.map((id, index) =>
                taskInfo(id, offer, size, command, this.#checkOf(first + index)),
              ),
            },
          },
        ],
        // What is left of the agent may be offered again at once.
        filters: { refuse_seconds: 0 },
      },
    });
  }

  /** Tasks that were launched together are not looked at together. */
  #checkOf(index: number): CheckTimes | undefined {
    const { checkEverySeconds: intervalSeconds, total } = this.#job;
    return intervalSeconds === undefined
      ? undefined
      : { intervalSeconds, delaySeconds: ((index * checkSpread) % total) * (intervalSeconds / total) };
  }

  #decline(ids: readonly string[]): void {
    if (ids.length === 0) return;
    for (const id of ids) this.#offers.delete(id);
    void this.#call({
      type: "DECLINE",
      decline: {
        offer_ids: ids.map((value) => ({ value })),
        filters: { refuse_seconds: declinedSeconds },
      },
    });
  }

  #declineLater(offers: readonly Offer[]): void {
    const { offerHeldMs } = this.#job;
    if (offerHeldMs === undefined) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#decline(offers.map(({ id }) => id.value).filter((id) => this.#offers.has(id)));
    }, offerHeldMs);
    this.#timers.add(timer);
  }

  /** Resolves when every call of before has been answered. */
  async drained(): Promise<void> {
    await Promise.all(this.#pending);
  }

  #call(body: CallBody): Promise<void> {
    const answered = this.#send(body).finally(() => this.#pending.delete(answered));
    this.#pending.add(answered);
    return answered;
  }

  /** Never rejects: what is refused is told to the tally. */
  async #send(body: CallBody): Promise<void> {
    const id = this.#frameworkId;
    this.#tally.calls += 1;
    try {
      const call = { ...body, ...(id === undefined ? {} : { framework_id: { value: id } }) };
      await this.#client.call(call, body.type === "TEARDOWN");
    } catch (error) {
      if (this.#isOver && body.type !== "TEARDOWN") return;
      this.#tally.callFailed(error instanceof Error ? error.message : String(error));
    }
  }
}
