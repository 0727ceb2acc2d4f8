/**
 * A first day with the console, in a real browser on a real cluster: from the first visit over a deploy, a mistake and
 * the way back to a drained node. `npm run test:console` looks at every view, in every light and width.
 */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { detectHost } from "../../src/shell/containers/detect.ts";
import { TestCluster } from "../../test/support/cluster.ts";
import { temporaryDirectory } from "../../test/temporary.ts";
import { ConsolePage, launchBrowser, whyNot } from "./support/browser.ts";

const host = await detectHost();

describe("the console in a browser", { skip: whyNot }, () => {
  const cluster = new TestCluster(temporaryDirectory("unum-console-"));
  let browser: Browser;
  let ui: ConsolePage;

  before(async () => {
    await cluster.start();
    browser = await launchBrowser();
    ui = await ConsolePage.enter(browser, cluster);
  });
  after(async () => {
    await browser?.close();
    await cluster.end("SIGINT");
  });

  const seen = (text: string | RegExp) => ui.page.getByText(text).first().waitFor();
  const click = (name: string | RegExp, role: "button" | "link" | "menuitem" = "button") =>
    ui.page.getByRole(role, { name }).first().click();
  const settledDeployment = () =>
    ui.page.getByText("Deploying", { exact: true }).waitFor({ state: "detached" });
  const running = (many: number) =>
    ui.page.waitForFunction(
      (wanted) =>
        [...document.querySelectorAll("[role=rowheader]")].filter((cell) =>
          /^running/.test(cell.textContent ?? ""),
        ).length === wanted,
      many,
    );

  it("the one-time link lets in, and leaves no code in the address", async () => {
    assert.equal(ui.page.url(), `${ui.base}/`);
    await seen("Nothing runs here yet");
  });

  it("the example app is two clicks away, with its plan before", async () => {
    await click("Deploy the example app", "link");
    await seen("2 instances started");
    await click("Deploy");
    await ui.page.waitForURL("**/services/hello*");
    await running(2);
    await settledDeployment();
  });

  it("it is scaled, and the new instance appears by itself", async () => {
    await click("Actions for /hello");
    await click("Scale…", "menuitem");
    await ui.page.getByLabel("Instances", { exact: true }).fill("3");
    await click("Scale");
    await running(3);
    await settledDeployment();
  });

  it("a mistake is found by what the page says, and rolled back", async () => {
    await click("Edit", "link");
    await ui.page.waitForURL("**/edit/**");
    await ui.page
      .getByLabel(/^Command/)
      .first()
      .fill("echo out of luck; exit 9");
    await seen(/instances? replaced/);
    await click("Apply the change");
    await ui.page.waitForURL("**/services/hello*");
    await seen(/The last failure.*status 9/);
    await click(/Configuration/, "link");
    await ui.page.locator(".versions button").nth(1).click();
    await click("Roll back to it");
    await click("Take it over");
    await ui.open("/services/hello");
    await running(3);
    await settledDeployment();
  });

  it("a task's output is followed, and a shell in it answers", { skip: host.kind === "plain" }, async () => {
    await click(/^hello /, "link");
    await ui.page.waitForURL("**/tasks/**");
    await ui.page.getByRole("link", { name: "Log", exact: true }).click();
    await seen(/is well/);
    await ui.page.getByRole("link", { name: "Terminal", exact: true }).click();
    await ui.page.locator(".xterm-helper-textarea").waitFor({ state: "attached" });
    // What is typed before the shell is there is kept for it.
    await ui.page.keyboard.type("echo answer-$((40 + 2))\n");
    await ui.page.waitForFunction(() => document.querySelector(".xterm")?.textContent?.includes("answer-42"));
  });

  it("what no node can take says why, and what would help", async () => {
    await cluster.send("POST", "/v2/apps", { id: "/shop/big", cmd: "sleep 1000", cpus: 500, mem: 32 });
    await ui.open("/");
    await seen(/\/shop\/big has 0 of 1/);
    await ui.open("/services/shop/big?tab=placement");
    await seen("not enough cpus");
    await click("Look at this change", "link");
    await ui.page.waitForURL("**/edit/**");
    await seen(/1 instance started|1 on agent-/);
    await click("Apply the change");
    await click("Take it over");
    await ui.open("/services/shop/big");
    await running(1);
  });

  it("the palette finds a node; draining it tells first what would move, and it can be brought back", async () => {
    await ui.page.keyboard.press("Control+k");
    await ui.page.getByRole("combobox", { name: /^Find/ }).fill("agent-1");
    await ui.page
      .getByRole("option", { name: /agent-1/ })
      .first()
      .waitFor();
    await ui.page.keyboard.press("Enter");
    await ui.page.waitForURL("**/nodes/*");
    await click("Drain…");
    await seen(/Nothing new is placed on it/);
    await click("Drain it");
    await seen("It is drained: nothing runs on it");
    await click("Bring back");
    await ui.page.getByText("It is drained").waitFor({ state: "detached" });
  });

  it("axe finds nothing wrong where people work", async () => {
    const found: string[] = [];
    for (const path of ["/", "/services/hello", "/edit/hello", "/tasks"]) {
      await ui.open(path);
      found.push(...(await ui.accessibility()).map((words) => `${path}: ${words}`));
    }
    assert.deepEqual(found, []);
  });

  it("the browser had nothing to complain about, the policy least of all", () => {
    assert.deepEqual(ui.complaints, []);
  });
});
