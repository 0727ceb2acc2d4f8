/**
 * Runs seeds with a planted bug: `node src/sim/planted/run.ts <name> [first seed] [count]`.
 *
 * The bug is put into the source while it is loaded, in this process alone. The text that it replaces must be
 * there exactly once: a refactoring that moves it is told here, instead of quietly disarming the bug.
 */

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { plantedBugs } from "./bugs.ts";

const [name, firstSeed, seedCount] = process.argv.slice(2);
const bug = plantedBugs.find((each) => each.name === name);
if (bug === undefined) throw new Error(`no planted bug is called "${name}"`);

const target = new URL(`../../${bug.file}`, import.meta.url).href;
const before = readFileSync(new URL(target), "utf8");
const found = before.split(bug.find).length - 1;
if (found !== 1)
  throw new Error(`${bug.name}: the text to replace is ${found} times in src/${bug.file}, not once`);

let planted = false;
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== target) return loaded;
    planted = true;
    // A function, since a text would give `$` a meaning.
    return { ...loaded, source: before.replace(bug.find, () => bug.replace) };
  },
});
const { runSeed } = await import("../scenario.ts");
if (!planted) throw new Error(`${bug.name}: src/${bug.file} is not part of what is simulated`);

const first = Number(firstSeed ?? bug.seed);
for (let seed = first; seed < first + Number(seedCount ?? 1); seed += 1) {
  const { problem } = runSeed(seed);
  if (problem === undefined) continue;
  console.log(JSON.stringify({ seed, problem }));
  break;
}
