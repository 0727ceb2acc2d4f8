/**
 * What apps really use of the cpu: `scripts/node examples/cpu-rates.mjs /cpu-hog /idle-neighbour`, as root.
 *
 * Adds up the cpu time of every process that runs for each app (its MARATHON_APP_ID says so) at the beginning
 * and at the end of five seconds. For the tour; nothing of Unum uses it.
 */

import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const seconds = 5;
const ticksPerSecond = 100;
const apps = process.argv.slice(2);
if (apps.length === 0) {
  console.error("usage: cpu-rates.mjs APP…");
  process.exit(2);
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Pid to cpu time in ticks: user and system, its own and of children that it has waited for. */
function cpuTicks(app) {
  const ticks = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name))) {
    if (!read(`/proc/${pid}/environ`).split("\0").includes(`MARATHON_APP_ID=${app}`)) continue;
    const fields = read(`/proc/${pid}/stat`).split(") ").at(-1).split(" ");
    ticks.set(pid, Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]));
  }
  return ticks;
}

const before = apps.map(cpuTicks);
const startedAt = performance.now();
await sleep(seconds * 1000);
const elapsed = (performance.now() - startedAt) / 1000;
apps.forEach((app, index) => {
  const after = cpuTicks(app);
  let used = 0;
  for (const [pid, ticks] of after) used += ticks - (before[index].get(pid) ?? 0);
  console.log(`${app.padEnd(16)} ${(used / ticksPerSecond / elapsed).toFixed(3)} cpus, ${after.size} processes`);
});
