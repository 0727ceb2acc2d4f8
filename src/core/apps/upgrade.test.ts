import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type TaskId, taskId } from "#model/ids.ts";
import { capacityOf, type Member, planScale, planUpgrade } from "./upgrade.ts";

const strategy = (minimumHealthCapacity: number, maximumOverCapacity: number) => ({
  minimumHealthCapacity,
  maximumOverCapacity,
});

const member = (id: string, over: Partial<Member> = {}): Member => ({
  taskId: taskId(id),
  current: false,
  ready: true,
  unwell: false,
  killing: false,
  ...over,
});

const old = (count: number): Member[] => Array.from({ length: count }, (_, index) => member(`old-${index}`));

test("capacities: the minimum is rounded up, the maximum down", () => {
  const table = [
    { wanted: 3, min: 0.5, over: 0.5, expected: { min: 2, max: 4 } },
    { wanted: 1, min: 1, over: 1, expected: { min: 1, max: 2 } },
    { wanted: 10, min: 0, over: 0, expected: { min: 0, max: 10 } },
    { wanted: 5, min: 0.9, over: 0.1, expected: { min: 5, max: 5 } },
    // Decimal fractions that binary ones miss: 7.000000000000001 and 114.99999999999999.
    { wanted: 100, min: 0.07, over: 0.15, expected: { min: 7, max: 115 } },
  ];
  for (const { wanted, min, over, expected } of table) {
    assert.deepEqual(capacityOf(wanted, strategy(min, over)), expected);
  }
});

test("an upgrade with room launches all at once and kills none before others are ready", () => {
  assert.deepEqual(planUpgrade(3, strategy(1, 1), old(3)), { kill: [], launch: 3 });
});

test("an upgrade without over-capacity kills down to the minimum first", () => {
  const change = planUpgrade(4, strategy(0.5, 0), old(4));
  assert.deepEqual(change, { kill: ["old-0", "old-1"], launch: 0 });
});

test("when minimum and maximum are the same and all are up, one more is allowed", () => {
  assert.deepEqual(planUpgrade(3, strategy(1, 0), old(3)), { kill: [], launch: 1 });
  assert.deepEqual(planUpgrade(1, strategy(1, 0), old(1)), { kill: [], launch: 1 });
});

test("unhealthy old instances go first", () => {
  const members = [...old(3), member("ill", { ready: false, unwell: true })];
  assert.deepEqual(planUpgrade(4, strategy(0.5, 0), members).kill, ["ill", "old-0"]);
});

test("when nothing else can be done, an unwell old instance makes room", () => {
  const members = [member("a"), member("ill", { ready: false, unwell: true })];
  assert.deepEqual(planUpgrade(2, strategy(1, 0), members), { kill: ["ill"], launch: 0 });
  // Not one whose health is not known yet, as after a restart of the app service.
  const unknown = [member("a"), member("b", { ready: false })];
  assert.deepEqual(planUpgrade(2, strategy(1, 0), unknown), { kill: [], launch: 0 });
});

test("scaling replaces a killed instance only when it is gone", () => {
  const members = [member("a"), member("b", { killing: true })];
  assert.deepEqual(planScale(2, members), { kill: [], launch: 0 });
  assert.deepEqual(planScale(3, members), { kill: [], launch: 1 });
  assert.deepEqual(planScale(0, members), { kill: ["a"], launch: 0 });
});

test("scaling down ends what came back with an old configuration before anything that is current", () => {
  const members = [member("a", { current: true }), member("b", { current: true }), member("old")];
  assert.deepEqual(planScale(2, members), { kill: ["old"], launch: 0 });
  assert.deepEqual(planScale(1, members), { kill: ["old", "a"], launch: 0 });
});

/** A world for one upgrade: what is ordered happens in an order that the generator chooses. */
class Rollout {
  readonly members = new Map<TaskId, Member>();
  readonly wanted: number;
  readonly strategy: ReturnType<typeof strategy>;
  #launched = 0;

  constructor(wanted: number, chosen: ReturnType<typeof strategy>, initial: readonly Member[]) {
    this.wanted = wanted;
    this.strategy = chosen;
    for (const each of initial) this.members.set(each.taskId, each);
  }

  plan(): boolean {
    const { min, max } = capacityOf(this.wanted, this.strategy);
    const list = [...this.members.values()];
    const { kill, launch } = planUpgrade(this.wanted, this.strategy, list);
    const readyBefore = list.filter(({ ready, killing }) => ready && !killing).length;
    const killedReady = kill.filter((id) => this.members.get(id)?.ready).length;
    for (const id of kill) {
      const victim = this.members.get(id);
      assert.ok(victim !== undefined && !victim.killing, "kills what is there and not killed yet");
      this.members.set(id, { ...victim, killing: true, ready: false });
    }
    if (killedReady > 0) assert.ok(readyBefore - killedReady >= min, "kills below the minimum");
    for (let index = 0; index < launch; index += 1) {
      this.#launched += 1;
      const id = taskId(`new-${this.#launched}`);
      this.members.set(id, member(id, { current: true, ready: false, unwell: true }));
    }
    const allowed = min === max ? max + 1 : max;
    if (launch > 0)
      assert.ok(this.members.size <= allowed, `${this.members.size} instances, ${allowed} allowed`);
    return kill.length > 0 || launch > 0;
  }

  /** Something happens to one instance: it ends, gets ready, or falls ill. */
  happen(index: number, mishap: boolean): boolean {
    const list = [...this.members.values()].filter(
      (each) => mishap || each.killing || (each.current && !each.ready),
    );
    const chosen = list[index % Math.max(1, list.length)];
    if (chosen === undefined) return false;
    if (chosen.killing) this.members.delete(chosen.taskId);
    else if (mishap && index % 3 === 0) this.members.delete(chosen.taskId);
    else if (mishap) this.members.set(chosen.taskId, { ...chosen, ready: false, unwell: true });
    else this.members.set(chosen.taskId, { ...chosen, ready: true, unwell: false });
    return true;
  }

  get done(): boolean {
    return (
      this.members.size === this.wanted &&
      [...this.members.values()].every(({ current, ready }) => current && ready)
    );
  }
}

const fraction = fc.constantFrom(0, 0.1, 0.25, 0.34, 0.5, 0.75, 0.9, 1);

test("an upgrade stays between its bounds, and ends, whatever happens on the way", () => {
  fc.assert(
    fc.property(
      fc.record({
        wanted: fc.integer({ min: 1, max: 12 }),
        oldOnes: fc.array(fc.constantFrom("ready", "unwell"), { maxLength: 14 }),
        min: fraction,
        over: fraction,
        happenings: fc.array(fc.record({ index: fc.nat(50), mishap: fc.boolean(), plan: fc.boolean() }), {
          maxLength: 60,
        }),
      }),
      ({ wanted, oldOnes, min, over, happenings }) => {
        const initial = oldOnes.map((health, index) =>
          member(`old-${index}`, { ready: health === "ready", unwell: health === "unwell" }),
        );
        const rollout = new Rollout(wanted, strategy(min, over), initial);
        for (const { index, mishap, plan } of happenings) {
          if (plan) rollout.plan();
          rollout.happen(index, mishap);
        }
        // From here on everything goes well; it must end, and every round must bring something.
        for (let round = 0; !rollout.done; round += 1) {
          assert.ok(round < 200, "never ends");
          const planned = rollout.plan();
          assert.ok(rollout.happen(round, false) || planned, "nothing happens any more");
        }
        assert.equal(rollout.plan(), false, "orders nothing when done");
      },
    ),
    { numRuns: 500 },
  );
});
