/**
 * The page key is forgotten when it is no longer good, and not when somebody else refuses what was asked.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

const kept = new Map<string, string>();
let mayWrite = true;
let comeBack = (): void => {};
Object.assign(globalThis, {
  localStorage: {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  },
  window: { addEventListener: () => {} },
  document: {
    visibilityState: "visible",
    addEventListener: (_name: string, listener: () => void) => {
      comeBack = listener;
    },
  },
  fetch: async (path: string) =>
    path === "/unum/v1/session"
      ? Response.json({ mayRead: true, mayWrite })
      : Response.json({ message: "a plugin says no" }, { status: 403 }),
});
kept.set("unum-session", "the key");
const { send } = await import("./send.ts");
const { checkKey, listenSession, mayWriteNow, sessionKey } = await import("./session.ts");

test("what a plugin refuses leaves the key", async () => {
  await assert.rejects(send("DELETE", "/v2/apps/web"), /a plugin says no/);
  assert.equal(sessionKey(), "the key");
  assert.equal(mayWriteNow(), true);
});

test("a key that is no longer good is forgotten", async () => {
  mayWrite = false;
  await assert.rejects(send("DELETE", "/v2/apps/web"));
  assert.equal(sessionKey(), null);
  assert.equal(mayWriteNow(), false);
});

test("who comes back to a page that lay open is told at once that its key has gone", async () => {
  mayWrite = true;
  kept.set("unum-session", "another key");
  await checkKey();
  assert.equal(mayWriteNow(), true);
  mayWrite = false;
  const told = new Promise<void>((resolve) => {
    listenSession(resolve);
  });
  comeBack();
  await told;
  assert.equal(mayWriteNow(), false);
});
