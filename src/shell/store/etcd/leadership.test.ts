/**
 * What a leader may rely on by its own clock alone, against an etcd that answers when the test says so.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../../../../test/until.ts";
import { type EtcdAnswer, type EtcdClient, EtcdError } from "./etcd-client.ts";
import { encode, keysBelow } from "./keys.ts";
import { campaign, type Leadership } from "./leadership.ts";

type Renewal = (outcome: EtcdAnswer | EtcdError) => void;

/** Everybody is let lead; a renewal is answered by the test. */
function playedEtcd(renew: (answer: Renewal) => void): EtcdClient {
  return {
    call: async (path) => {
      if (path === "kv/range") return {};
      if (path === "lease/grant") return { ID: "7" };
      if (path === "kv/txn") return { succeeded: true, header: { revision: "3" } };
      if (path !== "lease/keepalive") return {};
      return new Promise((resolve, reject) =>
        renew((outcome) => (outcome instanceof EtcdError ? reject(outcome) : resolve(outcome))),
      );
    },
    close: async () => {},
  };
}

const renewed: EtcdAnswer = { result: { TTL: "1" } };
const gone: EtcdAnswer = { result: {} };

async function leader(renew: (answer: Renewal) => void): Promise<Leadership & { readonly lost: string[] }> {
  const lost: string[] = [];
  const leadership = await campaign({
    client: playedEtcd(renew),
    keys: keysBelow("/test"),
    name: "m",
    leaseSeconds: 1,
    onLost: (reason) => lost.push(reason),
  });
  return { ...leadership, lost };
}

test("that nobody leads any more is told before this one leads: nobody is sent to who led", async () => {
  const events: string[] = [];
  const played = playedEtcd(() => {});
  const client: EtcdClient = {
    ...played,
    call: async (path, body) => {
      if (path === "kv/range" && events.length === 0) return { kvs: [{ value: encode("the former") }] };
      if (path === "kv/txn") events.push("asks to lead");
      return played.call(path, body);
    },
  };
  const leadership = await campaign({
    ...{ client, keys: keysBelow("/test"), name: "m", leaseSeconds: 1, onLost: () => {} },
    onStandby: (found) => events.push(found ?? "nobody"),
  });
  assert.deepEqual(events, ["the former", "nobody", "asks to lead"]);
  await leadership.resign();
});

const isCertain = ({ whenCertain }: Leadership): boolean => {
  let ran = false;
  whenCertain(() => {
    ran = true;
  });
  return ran;
};

test("a leader is certain until its lease would be over, also while nothing is answered; a renewal makes up for it", async () => {
  const renewals: Renewal[] = [];
  const leadership = await leader((answer) => renewals.push(answer));
  assert.ok(isCertain(leadership));
  await until("the clock to doubt it", () => !isCertain(leadership));
  const order: number[] = [];
  for (const number of [1, 2]) leadership.whenCertain(() => order.push(number));
  assert.deepEqual(order, []);
  await until("what waits to run", () => {
    renewals.shift()?.(renewed);
    return order.length > 0;
  });
  assert.deepEqual(order, [1, 2]);
  assert.deepEqual(leadership.lost, []);
  await leadership.resign();
});

test("one that lost its lease, or gave it back, is never certain again", async () => {
  let answer: EtcdAnswer = renewed;
  const leadership = await leader((renewal) => renewal(answer));
  answer = gone;
  await until("the loss to be told", () => leadership.lost.length > 0);
  assert.ok(!isCertain(leadership));
  const resigned = await leader((renewal) => renewal(renewed));
  await resigned.resign();
  assert.ok(!isCertain(resigned));
  assert.deepEqual(resigned.lost, []);
});

test("an etcd that does not answer for as long as the lease is as good as a lost one", async () => {
  const leadership = await leader((renewal) => renewal(new EtcdError("no leader", true)));
  await until("the loss to be told", () => leadership.lost.length > 0);
  assert.match(leadership.lost[0] ?? "", /could not be renewed: no leader/);
});
