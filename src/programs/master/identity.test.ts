/**
 * Whose a master's directory is: said once, held to, and said again where the word was lost.
 */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { createMemoryStore } from "../fleet/memory-store.ts";
import { identify } from "./identity.ts";

test("a directory is of the cluster that it was of first; one whose word was lost takes the store's", async () => {
  const directory = temporaryDirectory("unum-identity-");
  const file = join(directory, "cluster-id");
  const store = createMemoryStore();
  const { id } = await identify(store, "the store", directory);
  assert.equal(readFileSync(file, "utf8"), `${id}\n`);
  assert.equal((await identify(store, "the store", directory)).id, id);
  await assert.rejects(
    identify(createMemoryStore(), "the other", directory),
    /holds none.*Nothing was changed/,
  );
  // As after a loss of power.
  writeFileSync(file, "");
  assert.equal((await identify(store, "the store", directory)).id, id);
  assert.equal(readFileSync(file, "utf8"), `${id}\n`);
});
