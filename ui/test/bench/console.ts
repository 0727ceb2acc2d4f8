/**
 * The console on a fleet: first picture, changes of view, frames while one scrolls and while much happens, memory over
 * minutes, what is loaded, and what all that costs the master.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, CDPSession, Page } from "playwright-core";
import { atEnd } from "../../../bench/cleanup.ts";
import { describeMachine } from "../../../bench/cluster.ts";
import { type BenchFleet, startFleet } from "../../../bench/fleet.ts";
import { median } from "../../../bench/numbers.ts";
import { watchMasterDelay } from "../../../src/programs/load/master-delay.ts";
import { ConsolePage, type Entrance, launchBrowser, whyNot } from "../support/browser.ts";
import { firstPictureMs, loaded, switchView, watchFirstPicture } from "../support/in-page.ts";
import { browserCpuMs } from "./browser-cpu.ts";
import { type Frames, floorFrames, framesOf, inWords } from "./frames.ts";

export type ConsoleBench = {
  readonly agents: number;
  readonly tasksPerAgent: number;
  readonly minutes: number;
  readonly command: string;
};

const main = join(import.meta.dirname, "../../../src/main.ts");
const views = ["Services", "Tasks", "Nodes", "Frameworks", "Roles", "Timeline", "Overview"];
const pictures = 5;
const switchRounds = 5;
const watchMs = 8_000;
const scrollPixels = 40;
const launchesPerSecond = 250;
const apps = 100;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const ms = (value: number): string => `${Math.round(value)} ms`;

export async function benchConsole({ agents, tasksPerAgent, minutes, command }: ConsoleBench): Promise<void> {
  if (whyNot !== false) throw new Error(whyNot);
  say(`${command}\n${describeMachine()}\n`);
  const fleet = await startFleet({ agents, cpus: 64, memMib: 262_144, tasksPerAgent });
  await createApps(fleet);
  say(`${agents} agents hold ${agents * tasksPerAgent} tasks, beside ${apps} apps; load ${loadNow()}.`);
  const browser = await launchBrowser();
  atEnd(() => browser.close());
  const { ui } = await pictureTimes(browser, fleet);
  await switchTimes(ui.page);
  await ui.open("/tasks");
  const floor = await floorFrames(browser, watchMs, scrollPixels);
  say(`a plain table of 60 rows, moved by transform, which is the floor: ${inWords(floor)}`);
  say(`scrolling the tasks: ${inWords(await framesOf(ui.page, watchMs, scrollPixels), floor)}`);
  await whileMuchHappens(ui, fleet, minutes, floor);
  say(`the master used ${fleet.describeMaster()}; load ${loadNow()} at the end`);
  for (const complaint of ui.complaints) say(`the browser complained: ${complaint}`);
}

const loadNow = (): string => readFileSync("/proc/loadavg", "utf8").split(" ", 1).join();

async function createApps({ client }: BenchFleet): Promise<void> {
  const body = Array.from({ length: apps }, (_, index) => ({
    id: `/bench/group-${index % 10}/app-${index}`,
    cmd: "sleep 1000000",
    cpus: 0.01,
    mem: 8,
    instances: 5,
  }));
  const answer = await client.request({ method: "PUT", path: "/v2/apps", isPatient: true, body });
  if (answer.status >= 300) throw new Error(`PUT /v2/apps: ${answer.status} ${answer.text.slice(0, 300)}`);
}

/** Cold: a browser without anything of ours kept; warm: the page loaded again. */
async function pictureTimes(browser: Browser, fleet: BenchFleet): Promise<{ readonly ui: ConsolePage }> {
  const entrance: Entrance = {
    file: { url: fleet.url },
    send: (method, path) => fleet.client.request({ method, path }),
  };
  const times = { cold: [] as number[], warm: [] as number[] };
  let ui: ConsolePage | undefined;
  for (let round = 0; round < pictures; round += 1) {
    await ui?.page.context().close();
    ui = await ConsolePage.enter(browser, entrance);
    const cdp = await ui.page.context().newCDPSession(ui.page);
    await ui.page.addInitScript(watchFirstPicture);
    await cdp.send("Network.clearBrowserCache");
    await ui.page.goto(`${fleet.url}/`);
    times.cold.push(await firstPictureMs(ui.page));
    if (round === 0) {
      const { files, bytes } = await loaded(ui.page);
      say(`first load: ${files} files, ${(bytes / 1000).toFixed(0)} kB as they are sent`);
    }
    await ui.page.reload();
    times.warm.push(await firstPictureMs(ui.page));
    await cdp.detach();
  }
  if (ui === undefined) throw new Error("there was no round");
  const of = (list: readonly number[]): string => `${ms(median(list))} (${ms(Math.max(...list))} at most)`;
  say(`first useful picture, ${pictures} times: cold ${of(times.cold)}, warm ${of(times.warm)}`);
  return { ui };
}

async function switchTimes(page: Page): Promise<void> {
  const first: number[] = [];
  const again: number[] = [];
  const byView: string[] = [];
  for (const name of views) first.push(await switchView(page, name));
  const times = new Map(views.map((name) => [name, [] as number[]]));
  const beforeMs = browserCpuMs();
  for (let round = 0; round < switchRounds; round += 1)
    for (const name of views) {
      const taken = await switchView(page, name);
      again.push(taken);
      times.get(name)?.push(taken);
      // As a person would: what is new has come.
      await sleep(300);
    }
  for (const [index, name] of views.entries())
    byView.push(`${name} ${ms(first[index] ?? 0)}, ${ms(median(times.get(name) ?? []))}`);
  say(`change of view: the first time median ${ms(median(first))}, at most ${ms(Math.max(...first))}`);
  const cpuMs = (browserCpuMs() - beforeMs) / again.length;
  say(
    `  again: median ${ms(median(again))}, p95 ${ms(quantile(again, 0.95))}, at most ${ms(Math.max(...again))}, ` +
      `with all that comes of it for ${ms(cpuMs)} of processors`,
  );
  say(`  each (first, median again): ${byView.join("; ")}`);
}

async function whileMuchHappens(
  ui: ConsolePage,
  fleet: BenchFleet,
  minutes: number,
  floor: Frames,
): Promise<void> {
  const cdp = await ui.page.context().newCDPSession(ui.page);
  const heapBefore = await heapMb(cdp);
  const delay = watchMasterDelay(fleet.masterUrl, fleet.token);
  const seconds = minutes * 60 + (4 * watchMs) / 1000;
  const load = startLoad(fleet, Math.ceil(seconds * launchesPerSecond));
  await sleep(2_000);
  const scrolled = await framesOf(ui.page, watchMs, scrollPixels);
  say(`tasks scrolled while much happens: ${inWords(scrolled, floor)}`);
  await ui.open("/");
  say(`overview while much happens: ${inWords(await framesOf(ui.page, watchMs, 0))}`);
  const heaps = [heapBefore, await heapMb(cdp)];
  const endMs = performance.now() + minutes * 60_000;
  const busy: number[] = [];
  while (performance.now() < endMs) {
    for (const name of views) {
      busy.push(await switchView(ui.page, name));
      await sleep(1_500);
    }
    heaps.push(await heapMb(cdp));
  }
  say(`change of view while much happens: median ${ms(median(busy))}, p95 ${ms(quantile(busy, 0.95))}`);
  const shown = heaps.filter(
    (_, index) => index % Math.ceil(heaps.length / 12) === 0 || index === heaps.length - 1,
  );
  say(`JS heap over ${minutes} min, after collections: ${shown.map((mb) => mb.toFixed(1)).join(", ")} MB`);
  // Before the load takes its frameworks away.
  const worst = await delay.result();
  await delay.stop();
  load.child.kill("SIGINT");
  await once(load.child, "exit").catch(() => undefined);
  const rates = [...load.said().matchAll(/ ([1-9]\d*) updates\/s/g)].map(([, rate]) => Number(rate));
  say(`meanwhile: median ${median(rates)} updates of tasks a second`);
  if (worst !== undefined)
    say(`the master's event loop: late by ${ms(worst.p99Ms)} at p99, by ${ms(worst.maxMs)} at most`);
}

/** Tasks that end after two seconds: each is some updates, of tasks, nodes, a framework and the timeline. */
function startLoad({ masterUrl, tokenFile }: BenchFleet, tasks: number) {
  let said = "";
  const child: ChildProcess = spawn(
    process.execPath,
    [
      ...[main, "load", "--url", masterUrl, "--token-file", tokenFile, "--frameworks", "2"],
      ...["--tasks", String(tasks), "--rate", String(launchesPerSecond), "--task-seconds", "2"],
      ...["--timeout", "3600"],
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk) => {
      said = `${said}${chunk}`.slice(-20_000);
    });
  atEnd(() => void child.kill("SIGTERM"));
  return { child, said: () => said };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

async function heapMb(cdp: CDPSession): Promise<number> {
  await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  return usedSize / 1e6;
}
