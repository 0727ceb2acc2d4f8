/**
 * A day of somebody who looks after the cluster, in a real browser on a real one: a node dies while one looks, a log
 * races past, a machine goes into maintenance, something is reserved, a pod is made by its form alone.
 */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { TestCluster } from "../../test/support/cluster.ts";
import { temporaryDirectory } from "../../test/temporary.ts";
import { until } from "../../test/until.ts";
import { ConsolePage, launchBrowser, whyNot } from "./support/browser.ts";
import { MortalAgent } from "./support/mortal-agent.ts";

const lines = 5_000;

/** In pieces of a hundred, ten of them a second; what came before somebody looks is within the end that is shown. */
const writer = `sleep 2
i=0; while [ $i -lt ${lines / 100} ]; do i=$((i + 1)); seq -f 'row %.0f' $((i * 100 - 99)) $((i * 100)); sleep 0.1; done
echo that was all; sleep 100000`;

describe("the console for those who look after the cluster", { skip: whyNot }, () => {
  const cluster = new TestCluster(temporaryDirectory("unum-operators-"));
  const agent = new MortalAgent(cluster);
  let browser: Browser;
  let ui: ConsolePage;

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

  const seen = (text: string | RegExp) => ui.page.getByText(text).first().waitFor();
  const gone = (text: string | RegExp) => ui.page.getByText(text).first().waitFor({ state: "detached" });
  const click = (name: string | RegExp, role: "button" | "link" | "menuitem" | "tab" = "button") =>
    ui.page.getByRole(role, { name, exact: true }).first().click();
  const field = (name: string | RegExp) => ui.page.getByRole("dialog").getByLabel(name);

  it("a node dies while one looks: the page says so by itself, and that it is back", async () => {
    await ui.open("/nodes");
    await ui.page.getByRole("link", { name: "mortal" }).first().click();
    await ui.page.waitForURL("**/nodes/*");
    await seen("Nothing runs here");
    await click("Overview", "link");
    await seen(/All is well: 2 nodes/);
    await agent.end("SIGKILL");
    await seen(/Node mortal has lost its connection/);
    await ui.page.getByRole("list").getByRole("link", { name: "mortal", exact: true }).first().click();
    await ui.page.getByRole("main").getByText("disconnected", { exact: true }).first().waitFor();
    await agent.start();
    await ui.page.getByRole("main").getByText("active", { exact: true }).first().waitFor();
    await click("Overview", "link");
    await seen(/All is well: 2 nodes/);
  });

  it("a log is followed at 1,000 lines a second, searched meanwhile, and nothing of it is lost", async () => {
    await cluster.send("POST", "/v2/apps", { id: "/writer", cmd: writer, cpus: 0.2, mem: 64 });
    const task = await until("the writer to run", async () => {
      const { tasks } = await cluster.app("/writer");
      return tasks.find(({ state }) => state === "TASK_RUNNING");
    });
    await ui.open(`/tasks/any/${task.id}?tab=log&file=stdout`);
    await ui.page.getByLabel("Search the output").fill("row");
    await ui.page.locator(".log mark").first().waitFor();
    await seen("that was all");
    await seen(`${lines.toLocaleString("en")} lines`);
    await seen(new RegExp(`^row ${lines}$`));
  });

  it("maintenance is planned, begun, and over; the timeline tells it between two moments", async () => {
    await ui.open("/nodes");
    await ui.page.getByRole("link", { name: "mortal" }).first().click();
    await ui.page.waitForURL("**/nodes/*");
    await click("More actions");
    await click("Plan maintenance…", "menuitem");
    await field("For so many hours").fill("3");
    await click("Plan it");
    await seen(/it will be away from .* for 3 h/);
    await click("Take it back");
    await gone(/it will be away/);
    await ui.page.getByRole("button", { name: "Undo" }).last().click();
    await seen(/it will be away from .* for 3 h/);
    await click("Begin work…");
    await seen("Nothing runs on it.");
    await click("Begin");
    await seen(/It is down for maintenance/);
    await click("Work is over");
    await gone(/It is down for maintenance/);
    await ui.open("/timeline?kind=operator");
    await click("hour");
    await seen(/events from .* to now/);
    await seen(/Maintenance of .* is over/);
  });

  it("something is reserved for a role on a node, and given back", async () => {
    await ui.open("/nodes");
    await ui.page.getByRole("link", { name: "mortal" }).first().click();
    await ui.page.waitForURL("**/nodes/*");
    await click("Resources", "link");
    await seen(/Nothing is reserved here/);
    await click("Reserve…");
    await field("Role").fill("db");
    await field(/^Memory/).fill("4");
    await click("Reserve");
    const row = ui.page.getByRole("row", { name: /db dynamic mem 4/ });
    await row.waitFor();
    await row.getByRole("button", { name: "Give back" }).click();
    await seen(/Nothing is reserved here/);
  });

  it("a pod of two containers is made by the form alone, and its task has an address of its own", async () => {
    await ui.open("/new?kind=pod");
    const main = ui.page.getByRole("main");
    await main.getByLabel("Path", { exact: true }).fill("/pair");
    await main.getByLabel("Endpoints, a name on each line (web, or web 8080)").fill("web");
    await main.getByLabel("Labels, a NAME=value on each line").fill("team=a");
    await main.getByLabel("Health is checked by").selectOption({ label: "a command" });
    await click("Another container");
    await seen("1 instance started");
    await click("Deploy");
    await ui.page.waitForURL("**/services/pair*");
    await ui.page.getByRole("rowheader", { name: /^running/ }).waitFor();
    const { json } = await cluster.send("GET", "/v2/pods/pair");
    const pod = json as {
      readonly labels: object;
      readonly containers: readonly {
        readonly endpoints?: readonly { name: string }[];
        healthCheck?: object;
      }[];
    };
    assert.deepEqual(pod.labels, { team: "a" });
    assert.equal(pod.containers.length, 2);
    assert.equal(pod.containers[0]?.endpoints?.[0]?.name, "web");
    assert.notEqual(pod.containers[0]?.healthCheck, undefined);
    await ui.page.getByRole("link", { name: "container-2" }).first().click();
    await ui.page.waitForURL((url) => /\/tasks\/(?!any\/)[^/]+\/pair/.test(url.pathname));
    await seen("What it is");
  });

  it("axe finds nothing wrong on the pages of these stories", async () => {
    const found: string[] = [];
    for (const path of ["/new?kind=pod", "/timeline?from=2026-01-01T00:00"]) {
      await ui.open(path);
      found.push(...(await ui.accessibility()).map((words) => `${path}: ${words}`));
    }
    assert.deepEqual(found, []);
    assert.deepEqual(ui.complaints, []);
  });
});
