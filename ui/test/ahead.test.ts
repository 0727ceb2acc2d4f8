/**
 * What the page asks for ahead, in a real browser on a real cluster: it must be what its views then want, or the way to
 * the server is made twice.
 */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { TestCluster } from "../../test/support/cluster.ts";
import { temporaryDirectory } from "../../test/temporary.ts";
import { ConsolePage, launchBrowser, whyNot } from "./support/browser.ts";

const paths = ["/", "/services", "/tasks", "/nodes", "/frameworks", "/roles", "/timeline"];

describe("what the console asks for ahead", { skip: whyNot }, () => {
  const cluster = new TestCluster(temporaryDirectory("unum-console-ahead-"));
  let browser: Browser;
  let ui: ConsolePage;
  let asked: string[] = [];

  before(async () => {
    await cluster.start();
    browser = await launchBrowser();
    ui = await ConsolePage.enter(browser, cluster);
    ui.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  });
  after(async () => {
    await browser?.close();
    await cluster.end("SIGINT");
  });

  for (const path of paths)
    it(`${path} is shown by the one stream that was opened before its code was there`, async () => {
      asked = [];
      await ui.open(path);
      await ui.page.waitForFunction(() => document.querySelector("main h1") !== null);
      const streams = asked.filter((one) => one === "/unum/v1/live");
      assert.equal(streams.length, 1, asked.join(" "));
    });

  it("to point at a view reads it, and a click then shows it at once", async () => {
    await ui.open("/about");
    asked = [];
    const link = ui.page.locator("nav[aria-label=Views]").getByRole("link", { name: "Nodes" });
    const read = ui.page.waitForResponse((answer) => answer.url().includes("/unum/v1/views/nodes"));
    await link.hover();
    await (await read).finished();
    await link.click();
    await ui.page.getByRole("heading", { name: "Nodes", exact: true }).waitFor();
  });

  it("a link in a table leads on without loading the page anew, and opens a tab where one is asked for", async () => {
    await ui.open("/nodes");
    await ui.page.evaluate(() => Object.assign(window, { isSamePage: true }));
    const link = ui.page.locator("[role=rowheader] a").first();
    const tab = ui.page.context().waitForEvent("page");
    await link.click({ modifiers: ["Control"] });
    await (await tab).close();
    assert.equal(new URL(ui.page.url()).pathname, "/nodes");
    await link.click();
    await ui.page.waitForURL("**/nodes/*");
    assert.ok(await ui.page.evaluate(() => "isSamePage" in window));
    assert.deepEqual(ui.complaints, []);
  });
});
