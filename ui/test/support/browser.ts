/**
 * A real browser on a real cluster's console: Debian's Chromium, driven by Playwright, let in by the one-time link.
 *
 * Whatever the browser complains about (a script's error, a violated policy, a request that a server failed) is kept,
 * and fails the test that asks for it.
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import type { TestCluster } from "../../../test/support/cluster.ts";

/** As much of a cluster as a browser needs. */
export type Entrance = { readonly file: { readonly url: string } } & Pick<TestCluster, "send">;

const names = ["chromium", "chromium-browser", "google-chrome"];
const built = join(import.meta.dirname, "../../dist/index.html");

function findBrowser(): string | undefined {
  const directories = (process.env.PATH ?? "").split(delimiter);
  return directories.flatMap((one) => names.map((name) => join(one, name))).find(existsSync);
}

/** Why nothing can be tested here; false: it can. */
export const whyNot: string | false =
  findBrowser() === undefined
    ? "there is no Chromium here (scripts/setup tests installs it)"
    : !existsSync(built) && "the console is not built (scripts/setup builds it)";

type Violation = {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
};

export class ConsolePage {
  readonly page: Page;
  readonly base: string;
  readonly complaints: string[] = [];

  private constructor(page: Page, base: string) {
    this.page = page;
    this.base = base;
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      // A request that is refused is told by the console itself, where it matters.
      if (message.type() === "error" && !message.text().includes("status of 4"))
        this.complaints.push(message.text());
    });
  }

  static async enter(browser: Browser, cluster: Entrance): Promise<ConsolePage> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const entered = new ConsolePage(await context.newPage(), cluster.file.url);
    const answer = await cluster.send("POST", "/login");
    const { path } = answer.json as { readonly path: string };
    await entered.page.goto(cluster.file.url + path);
    await entered.settled();
    return entered;
  }

  async open(path: string): Promise<void> {
    await this.page.goto(this.base + path);
    await this.settled();
  }

  /** What was asked for is there: no skeleton is left. */
  async settled(): Promise<void> {
    await this.page.waitForFunction(
      () => document.querySelector("main") !== null && document.querySelector("[aria-busy=true]") === null,
    );
  }

  /** What axe finds, in words. */
  async accessibility(): Promise<readonly string[]> {
    await this.page.evaluate(axe.source);
    const violations = await this.page.evaluate(async () => {
      const { axe: found } = window as unknown as {
        readonly axe: { run: (options: object) => Promise<{ readonly violations: readonly unknown[] }> };
      };
      const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      return (await found.run({ runOnly, resultTypes: ["violations"] })).violations;
    });
    return (violations as readonly Violation[]).map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes
          .slice(0, 3)
          .map(({ html, failureSummary = "" }) => `${html.slice(0, 160)} ${failureSummary.slice(0, 200)}`)
          .join(" | ")}`,
    );
  }
}

export const launchBrowser = (): Promise<Browser> => {
  const executablePath = findBrowser();
  assert.ok(executablePath !== undefined, "there is a browser");
  // Chromium's own walls need an unprivileged user.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args, headless: true });
};
