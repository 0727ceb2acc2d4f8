/**
 * Part of `npm run test:console`: stories that take longer than continuous integration has time for. A node dies while
 * one looks; a log is followed at 1,000 lines a second; the output of many instances is read as one.
 */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { TestCluster } from "../../test/support/cluster.ts";
import { temporaryDirectory } from "../../test/temporary.ts";
import { until } from "../../test/until.ts";
import { ConsolePage, launchBrowser, whyNot } from "./support/browser.ts";
import { frameGaps } from "./support/in-page.ts";
import { MortalAgent } from "./support/mortal-agent.ts";

const lostMsMax = 120_000;
const lines = 15_000;

/** In pieces of a hundred, ten of them a second; late enough that it is looked at from its first line on. */
const writer = `sleep 15
i=0; while [ $i -lt ${lines / 100} ]; do i=$((i + 1)); seq -f 'row %.0f' $((i * 100 - 99)) $((i * 100)); sleep 0.1; done
echo that was all; sleep 100000`;

const home = temporaryDirectory("unum-stories-");
const cluster = new TestCluster(home);
let browser: Browser;
let ui: ConsolePage;
const agent = new MortalAgent(cluster);

const seen = (text: string | RegExp, timeout = 60_000) =>
  ui.page.getByText(text).first().waitFor({ timeout });
const gone = (text: string | RegExp) =>
  ui.page.getByText(text).first().waitFor({ state: "detached", timeout: lostMsMax });

async function runningTask(appId: string, many: number) {
  return await until(
    `${many} of ${appId} to run`,
    async () => {
      const { tasks } = await cluster.app(appId);
      return tasks.filter(({ state }) => state === "TASK_RUNNING").length === many && tasks[0];
    },
    120_000,
  );
}

describe("longer stories of the console", { skip: whyNot }, () => {
  before(async () => {
    await cluster.start("--agents", "1");
    await agent.start();
    browser = await launchBrowser();
    ui = await ConsolePage.enter(browser, cluster);
  });
  after(async () => {
    await browser?.close();
    await agent.end("SIGTERM");
    await cluster.end("SIGINT");
  });

  it("a node dies while one looks: it is said at once, since when, and it is well when it is back", async () => {
    await ui.open("/nodes");
    await ui.page.getByRole("link", { name: "mortal" }).first().click();
    await ui.page.waitForURL("**/nodes/*");
    await seen("Nothing runs here");
    const { pathname } = new URL(ui.page.url());
    await ui.open("/");
    await seen(/All is well: 2 nodes/);
    await agent.end("SIGKILL");
    await seen(/Node mortal has lost its connection|is unreachable/);
    await seen(/is unreachable/, lostMsMax);
    await ui.page.getByRole("link", { name: "mortal" }).first().click();
    await ui.page.waitForURL(`**${pathname}*`);
    await seen(/It has not been heard of since/);
    await agent.start();
    await gone(/It has not been heard of since/);
    await ui.open("/");
    await seen(/All is well: 2 nodes/);
  });

  it("a log is followed at 1,000 lines a second, and nothing of it is lost", async (t) => {
    await cluster.send("POST", "/v2/apps", { id: "/writer", cmd: writer, cpus: 0.2, mem: 64 });
    const task = await runningTask("/writer", 1);
    const { json } = await cluster.send("GET", "/unum/v1/tasks");
    const all = (json as { tasks: readonly { id: string; frameworkId: string }[] }).tasks;
    const frameworkId = all.find(({ id }) => id === task.id)?.frameworkId;
    await ui.open(`/tasks/${frameworkId}/${task.id}?tab=log&file=stdout`);
    await seen(/^row \d+/, 120_000);
    const startedMs = performance.now();
    const gaps = await frameGaps(ui.page, 5_000, 0);
    // What is typed is done while lines come.
    await ui.page.getByLabel("Search the output").fill("row");
    await ui.page.locator(".log mark").first().waitFor();
    await seen("that was all", 180_000);
    const seconds = (performance.now() - startedMs) / 1_000;
    await seen(`${lines.toLocaleString("en")} lines`);
    await seen(/^row 15000$/);
    t.diagnostic(
      `${Math.round(lines / seconds)} lines a second; ${(gaps.length / 5).toFixed(0)} frames a second, ` +
        `the longest gap ${Math.round(Math.max(...gaps))} ms`,
    );
  });

  it("the output of a dozen instances comes as one, over one connection", async () => {
    const cmd = "while true; do echo I am here; sleep 1; done";
    await cluster.send("POST", "/v2/apps", { id: "/choir", cmd, cpus: 0.02, mem: 16, instances: 12 });
    await runningTask("/choir", 12);
    const asked: string[] = [];
    ui.page.on("request", (request) => asked.push(request.url()));
    await ui.open("/services/choir?tab=log");
    await ui.page.getByRole("checkbox", { checked: true }).nth(11).waitFor();
    await ui.page.waitForFunction(() => {
      const names = [...document.querySelectorAll(".log-source")].map(({ textContent }) => textContent);
      return new Set(names).size === 12;
    });
    assert.equal(asked.filter((url) => url.includes("/unum/v1/log?")).length, 1);
    // Another page can be had while all of them are followed.
    await ui.page.getByRole("link", { name: "Tasks", exact: true }).first().click();
    await ui.page.getByRole("rowheader").nth(11).waitFor();
  });

  it("the browser had nothing to complain about", () => assert.deepEqual(ui.complaints, []));
});
