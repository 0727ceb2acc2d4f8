/**
 * An example of a framework under test: it keeps three copies of a task running, and never more than six.
 *
 * `reconciles: false` makes it one that trusts what it was told, as many do that work well for months: it never asks what
 * became of its tasks. Run both with `npm run sim:framework -- examples/frameworks/steady.ts`.
 */

import type {
  Framework,
  FrameworkWorld,
  Invariant,
  Json,
  Offer,
  SchedulerEvent,
  TaskState,
  Trial,
  View,
} from "#kit/simulate.ts";

const wanted = 3;
const atMost = 6;
const answersKept = 50;
const needs = { cpus: 0.5, mem: 64 } as const;

type Known = { readonly agentId: string; readonly state: TaskState };
type Options = { readonly reconciles: boolean };

const isOver = (state: TaskState): boolean =>
  [
    "FINISHED",
    "FAILED",
    "KILLED",
    "ERROR",
    "LOST",
    "DROPPED",
    "GONE",
    "GONE_BY_OPERATOR",
    "UNKNOWN",
  ].includes(state.replace("TASK_", ""));

class Steady {
  readonly #world: FrameworkWorld;
  readonly #options: Options;
  /** Of each task that may run: stored before it is launched, so that no restart forgets one. */
  readonly tasks: Map<string, Known>;
  #isSubscribed = false;
  /** Offers that were answered: an answer that is lost leaves its offer with us, and nothing more is offered there. */
  #answered: string[] = [];

  constructor(world: FrameworkWorld, options: Options) {
    this.#world = world;
    this.#options = options;
    this.tasks = new Map(Object.entries((world.storage.get("tasks") ?? {}) as Record<string, Known>));
    this.#subscribe();
    this.#soon();
  }

  event(event: SchedulerEvent): void {
    switch (event.type) {
      case "SUBSCRIBED":
        this.#isSubscribed = true;
        this.#world.storage.set("frameworkId", event.subscribed.framework_id.value);
        return this.#reconcile();
      case "OFFERS":
        for (const offer of event.offers.offers) this.#answer(offer);
        return;
      case "UPDATE": {
        const { task_id, agent_id, state, uuid } = event.update.status;
        const id = task_id.value;
        const known = this.tasks.get(id);
        if (isOver(state)) this.#forget(id);
        else if (known !== undefined) this.#remember(id, { ...known, state });
        // Neither wanted nor known: one that was given up for lost, and came back.
        else this.#world.call({ type: "KILL", kill: { task_id, agent_id } });
        if (uuid !== undefined)
          this.#world.call({ type: "ACKNOWLEDGE", acknowledge: { agent_id, task_id, uuid } });
        return;
      }
      case "ERROR":
        // We were away for too long: the master has ended us, and all our tasks.
        this.#world.storage.delete("frameworkId");
        for (const id of [...this.tasks.keys()]) this.#forget(id);
        return;
      default:
    }
  }

  disconnected(): void {
    this.#isSubscribed = false;
    this.#world.after(500, () => this.#subscribe());
  }

  #subscribe(): void {
    if (this.#isSubscribed) return;
    const id = this.#world.storage.get("frameworkId");
    const known = typeof id === "string" ? { value: id } : undefined;
    this.#world.call({
      type: "SUBSCRIBE",
      ...(known === undefined ? {} : { framework_id: known }),
      subscribe: {
        framework_info: {
          ...(known === undefined ? {} : { id: known }),
          user: "nobody",
          name: "steady",
          roles: ["steady"],
          failover_timeout: 3_600,
          checkpoint: true,
          capabilities: [{ type: "MULTI_ROLE" }, { type: "PARTITION_AWARE" }],
        },
      },
    });
  }

  #answer(offer: Offer): void {
    const missing =
      wanted - [...this.tasks.values()].filter(({ state }) => state !== "TASK_UNREACHABLE").length;
    const fits = Math.floor(
      Math.min(
        amount(offer, "cpus") / needs.cpus,
        amount(offer, "mem") / needs.mem,
        atMost - this.tasks.size,
      ),
    );
    const count = Math.min(missing, fits);
    const offer_ids = [offer.id];
    this.#answered = [...this.#answered, offer.id.value].slice(-answersKept);
    if (count <= 0)
      return this.#world.call({ type: "DECLINE", decline: { offer_ids, filters: { refuse_seconds: 2 } } });
    const task_infos = Array.from({ length: count }, () => this.#newTask(offer));
    this.#world.call({
      type: "ACCEPT",
      accept: {
        offer_ids,
        operations: [{ type: "LAUNCH", launch: { task_infos } }],
        filters: { refuse_seconds: 0 },
      },
    });
  }

  #newTask({ agent_id }: Offer) {
    const number = Number(this.#world.storage.get("count") ?? 0) + 1;
    this.#world.storage.set("count", number);
    const id = `steady-${number}`;
    this.#remember(id, { agentId: agent_id.value, state: "TASK_STAGING" });
    return {
      name: "steady",
      task_id: { value: id },
      agent_id,
      command: { shell: true, value: "sleep infinity" },
      resources: Object.entries(needs).map(([name, value]) => ({ name, type: "SCALAR", scalar: { value } })),
    };
  }

  /** What we believe may be wrong: an accept or its answer may be lost, and so may be who heard it. */
  #reconcile(): void {
    if (!this.#options.reconciles || !this.#isSubscribed || this.tasks.size === 0) return;
    const tasks = [...this.tasks].map(([id, { agentId }]) => ({
      task_id: { value: id },
      agent_id: { value: agentId },
    }));
    this.#world.call({ type: "RECONCILE", reconcile: { tasks } });
  }

  /** Of one that was answered already, nobody minds. */
  #declineAgain(): void {
    const offer_ids = this.#answered.map((value) => ({ value }));
    if (this.#isSubscribed && offer_ids.length > 0)
      this.#world.call({ type: "DECLINE", decline: { offer_ids, filters: { refuse_seconds: 0 } } });
  }

  /** Those that were out of reach and replaced may be back. */
  #trim(): void {
    const running = [...this.tasks].filter(([, { state }]) => state === "TASK_RUNNING");
    for (const [id, { agentId }] of running.slice(wanted))
      this.#world.call({ type: "KILL", kill: { task_id: { value: id }, agent_id: { value: agentId } } });
  }

  #soon(): void {
    this.#world.after(15_000, () => {
      this.#reconcile();
      this.#trim();
      this.#declineAgain();
      this.#subscribe();
      this.#soon();
    });
  }

  #remember(id: string, known: Known): void {
    this.tasks.set(id, known);
    this.#store();
  }

  #forget(id: string): void {
    this.tasks.delete(id);
    this.#store();
  }

  #store(): void {
    this.#world.storage.set("tasks", Object.fromEntries(this.tasks) as unknown as Json);
  }
}

const amount = ({ resources }: Offer, name: string): number =>
  resources.reduce((sum, resource) => sum + (resource.name === name ? (resource.scalar?.value ?? 0) : 0), 0);

const never: Invariant<Steady> = ({ running }) =>
  running.length <= atMost ? undefined : `${running.length} run`;

const twice = ({ starts }: View<Steady>): string | undefined => {
  const found = [...starts].find(([, count]) => count > 1);
  return found && `${found[0]} was started ${found[1]} times`;
};

const enough: Invariant<Steady> = ({ running }) =>
  running.length === wanted ? undefined : `${running.length} run`;

const trial = (options: Options): Trial<Steady> => ({
  framework: { name: "steady", start: (world) => new Steady(world, options) } satisfies Framework<Steady>,
  always: { "never too many": never, "no task twice": twice },
  eventually: { "three run": enough },
});

export const forgetful = trial({ reconciles: false });

export default trial({ reconciles: true });
