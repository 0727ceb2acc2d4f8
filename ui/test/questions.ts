/**
 * Part of `npm run test:console`: the ten everyday questions of docs/console.md, asked in a browser. The clicks that each
 * takes are counted, and must be those that the page claims.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Browser, Locator } from "playwright-core";
import { TestCluster } from "../../test/support/cluster.ts";
import { temporaryDirectory } from "../../test/temporary.ts";
import { until } from "../../test/until.ts";
import { ConsolePage, launchBrowser, whyNot } from "./support/browser.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/console.md"), "utf8");

/** What the table says of our own console, by question. */
const claims = new Map(
  [...page.matchAll(/^\| ([^|]+\?|[A-Z][^|]+) \| (\d+)\b[^|]*\|/gm)].map(([, question = "", clicks]) => [
    question.trim(),
    Number(clicks),
  ]),
);

const cluster = new TestCluster(temporaryDirectory("unum-questions-"));
let browser: Browser;
let ui: ConsolePage;
let clicks = 0;

const click = async (thing: Locator): Promise<void> => {
  clicks += 1;
  await thing.first().click();
  await ui.settled();
};
const named = (role: "button" | "link" | "columnheader", name: string | RegExp): Locator =>
  ui.page.getByRole("main").getByRole(role, { name });
const view = (name: string): Locator =>
  ui.page.getByRole("navigation", { name: "Views" }).getByRole("link", { name });
const seen = (text: string | RegExp): Promise<void> => ui.page.getByText(text).first().waitFor();

function question(name: string, answer: () => Promise<void>): void {
  it(`${name} (${claims.get(name)} clicks)`, async () => {
    assert.ok(claims.has(name), `docs/console.md has the question ${name}`);
    clicks = 0;
    await ui.open("/");
    await answer();
    assert.equal(clicks, claims.get(name));
  });
}

function askWhatIs(): void {
  question("Is anything wrong now?", () => seen(/\/broken .*status 3/));
  question("Why is this service waiting?", async () => {
    await click(named("link", "/huge"));
    await seen(/instance is missing: no node can take/);
  });
  question("What would make it fit?", async () => {
    await click(named("link", "/huge"));
    await click(named("link", "Why not placed"));
    await seen(/in place of 300/);
  });
  question("Which service uses most memory?", async () => {
    await click(view("Services"));
    await click(ui.page.getByLabel("All levels"));
    await click(named("columnheader", /^Memory/).getByRole("button"));
    await ui.page.waitForFunction(() => document.querySelectorAll("[role=rowheader]").length > 2);
    const sort = await named("columnheader", /^Memory/).getAttribute("aria-sort");
    assert.equal(sort, "descending");
  });
  question("What did the last failed task write?", async () => {
    await click(named("link", "/broken"));
    await click(named("link", "look at that task"));
    await click(named("link", "Log"));
    await seen("alas");
  });
}

function askToAct(): void {
  question("Output of all instances together", async () => {
    await click(view("Services"));
    await click(named("link", "web"));
    await click(named("link", "Logs"));
    await seen("I am here");
  });
  question("A shell in a task", async () => {
    await click(view("Tasks"));
    await click(named("link", /^web /));
    await click(named("link", "Terminal"));
    await ui.page.locator(".xterm-helper-textarea").waitFor({ state: "attached" });
  });
  question("What would this change do?", async () => {
    await ui.open("/edit/web");
    await ui.page.getByRole("spinbutton", { name: "Instances" }).fill("3");
    await seen(/1 instance started/);
  });
  question("Go back to the former version", async () => {
    await click(view("Services"));
    await click(named("link", "web"));
    await click(named("link", /^Configuration/));
    await click(ui.page.locator(".versions button").nth(1));
    await click(named("button", "Roll back to it"));
    await seen(/goes back to an earlier configuration/);
  });
  question("Take a node out of service", async () => {
    await click(view("Nodes"));
    await click(named("link", "agent-1"));
    await click(named("button", "Drain…"));
    await click(ui.page.getByRole("dialog").getByRole("button", { name: "Drain it" }));
    await seen(/It drains|It is drained/);
  });
}

describe("ten everyday questions", { skip: whyNot }, () => {
  before(async () => {
    await cluster.start();
    const say = "while true; do echo I am here; sleep 1; done";
    await cluster.send("POST", "/v2/apps", { id: "/web", cmd: say, cpus: 0.05, mem: 32, instances: 2 });
    await cluster.send("POST", "/v2/apps", { id: "/team/big", cmd: "sleep 10000", cpus: 0.05, mem: 64 });
    await cluster.send("POST", "/v2/apps", { id: "/broken", cmd: "echo alas; exit 3", cpus: 0.05, mem: 16 });
    await cluster.send("POST", "/v2/apps", { id: "/huge", cmd: "sleep 1", cpus: 300, mem: 16 });
    await until("the apps to run", async () => (await cluster.app("/web")).tasksRunning === 2);
    const change = { cmd: `${say} # second` };
    await cluster.send("PUT", "/v2/apps/web", change);
    await until("the change to be made", async () => {
      const { deployments, tasksRunning } = await cluster.app("/web");
      return deployments.length === 0 && tasksRunning === 2;
    });
    browser = await launchBrowser();
    ui = await ConsolePage.enter(browser, cluster);
  });
  after(async () => {
    await browser?.close();
    await cluster.end("SIGINT");
  });

  askWhatIs();
  askToAct();
  it("there are ten of them", () => assert.equal(claims.size, 10));
});
