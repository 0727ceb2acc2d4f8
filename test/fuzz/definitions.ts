/**
 * Definitions of apps drawn from real ones: members of several mixed, and then, in most cases, broken; and what
 * must hold of whatever is taken, in the real rooms with virtual time.
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createChance } from "#base/random.ts";
import { asBody, DoorDriver } from "../support/door-driver.ts";
import { Draw } from "./draw.ts";
import { mutateJson } from "./mutate.ts";

type Members = Readonly<Record<string, unknown>>;

const directory = join(import.meta.dirname, "../fixtures/marathon/definitions");
const known: readonly Members[] = readdirSync(directory)
  .toSorted()
  .map((file) => JSON.parse(readFileSync(join(directory, file), "utf8")).definition as Members);

/** More would only take longer. */
const instancesMax = 12;
/** Long enough for every time-out and back-off that a default has. */
const patienceMs = 1_200_000;
const endMs = 900_000;

export type Tried = { readonly status: number; readonly text: string };

/** Draws the definition of this seed, submits it, and follows what becomes of it. */
export function tryDefinition(seed: number): Tried {
  const draw = new Draw(createChance(seed));
  const bytes = drawDefinition(draw);
  const door = new DoorDriver({ seed });
  const text = new TextDecoder().decode(bytes);
  const created = asBody(door.call("POST", "/v2/apps", bytes));
  const why = `seed ${seed}: ${text.slice(0, 2_000)}`;
  assert.ok([201, 400, 409, 422].includes(created.status), `${created.status} ${created.body}\n${why}`);
  if (created.status !== 201) return { status: created.status, text };

  const id: string = JSON.parse(String(created.body)).id;
  assert.match(id, /^\/[^/]/, why);
  sameWhenSentBack(door, id, why);
  door.apps.advance(patienceMs);
  for (const deployment of door.get("/v2/deployments?embed=waitingFor").json)
    assert.ok(deployment.waitingFor.length > 0, `a deployment waits for nothing that it says\n${why}`);
  if (draw.percent(50)) change(door, id, draw, why);

  const removed = door.json("DELETE", `/v2/apps${id}?force=true`);
  assert.equal(removed.status, 200, `${JSON.stringify(removed.json)}\n${why}`);
  door.apps.advance(endMs);
  assert.equal(door.apps.state.deployments.size, 0, `it never went away\n${why}`);
  assert.equal(door.apps.alive(id).length, 0, `its tasks never ended\n${why}`);
  return { status: created.status, text };
}

function drawDefinition(draw: Draw): Uint8Array {
  const definition: Record<string, unknown> = { ...draw.pick(known) };
  for (const other of [draw.pick(known), draw.pick(known)]) {
    for (const [name, member] of Object.entries(other)) if (draw.percent(25)) definition[name] = member;
  }
  // Two ways to say it: mostly one of them goes.
  if (draw.percent(70) && definition.args !== undefined) delete definition.cmd;
  if (draw.percent(35)) return bounded(new TextEncoder().encode(JSON.stringify(definition)));
  return bounded(mutateJson(definition, draw));
}

function bounded(bytes: Uint8Array): Uint8Array {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes));
    if (!(Number(value?.instances) > instancesMax)) return bytes;
    return new TextEncoder().encode(JSON.stringify({ ...value, instances: instancesMax }));
  } catch {
    return bytes;
  }
}

/** What is shown is a definition of the same app, and changes nothing. */
function sameWhenSentBack(door: DoorDriver, id: string, why: string): void {
  const path = `/v2/apps${encodeURI(id)}`;
  const { app } = door.get(path).json;
  const again = door.json("PUT", `${path}?force=true`, app);
  // A version alone would be a way back; beside others it is refused, as by Marathon.
  assert.equal(again.status, 422, why);
  const { version, ...rest } = app;
  const sent = door.json("PUT", `${path}?force=true`, rest);
  assert.equal(sent.status, 200, `${JSON.stringify(sent.json)}\n${why}`);
  assert.equal(door.get(path).json.app.version, version, `it changed by being sent back\n${why}`);
}

function change(door: DoorDriver, id: string, draw: Draw, why: string): void {
  const patch = { ...draw.pick(known), id: undefined, instances: draw.below(4) };
  const { status, json } = door.json("PUT", `/v2/apps${encodeURI(id)}?force=true`, patch);
  assert.ok([200, 400, 422].includes(status), `${status} ${JSON.stringify(json)}\n${why}`);
  door.apps.advance(patienceMs);
  for (const deployment of door.get("/v2/deployments?embed=waitingFor").json)
    assert.ok(deployment.waitingFor.length > 0, `after a change it waits for nothing that it says\n${why}`);
}
