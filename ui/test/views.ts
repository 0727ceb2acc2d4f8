/**
 * `npm run test:console`: every view on a real cluster in light and dark, wide and narrow; what axe finds, and
 * pictures to look at, in `.build/console-pictures` or where UNUM_PICTURES says.
 *
 * Its own command, since it takes minutes: continuous integration runs the story beside it.
 */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { TestCluster } from "../../test/support/cluster.ts";
import { temporaryDirectory } from "../../test/temporary.ts";
import { until } from "../../test/until.ts";
import { ConsolePage, launchBrowser, whyNot } from "./support/browser.ts";

const pictures = process.env.UNUM_PICTURES ?? join(import.meta.dirname, "../../.build/console-pictures");

const services = [
  {
    id: "/shop/web",
    cmd: 'printf "\\033[32mready\\033[0m\\n"; while true; do echo "GET / 200 $RANDOM"; sleep 1; done',
    instances: 2,
    cpus: 0.1,
    mem: 64,
    portDefinitions: [{ port: 0, name: "http" }],
    healthChecks: [{ protocol: "COMMAND", command: { value: "true" }, intervalSeconds: 3 }],
  },
  { id: "/shop/search", cmd: "sleep 100000", cpus: 400, mem: 64 },
  { id: "/shop/import", cmd: "echo no such file >&2; exit 3", cpus: 0.05, mem: 16 },
  { id: "/cache", cmd: "sleep 100000", instances: 3, cpus: 0.05, mem: 32 },
];

const plainViews: readonly (readonly [string, string])[] = [
  ["overview", "/"],
  ["services", "/services"],
  ["services-flat", "/services?flat=yes"],
  ["group", "/services?group=/shop"],
  ["service", "/services/shop/web"],
  ["service-log", "/services/shop/web?tab=log"],
  ["service-metrics", "/services/shop/web?tab=metrics"],
  ["service-configuration", "/services/shop/web?tab=configuration"],
  ["service-endpoints", "/services/shop/web?tab=about"],
  ["service-events", "/services/shop/web?tab=events"],
  ["why-not-placed", "/services/shop/search?tab=placement"],
  ["deployment", "/services/shop/search?tab=deployment"],
  ["service-failing", "/services/shop/import"],
  ["new-app", "/new?example=web"],
  ["new-pod", "/new?kind=pod"],
  ["edit", "/edit/shop/web"],
  ["tasks", "/tasks"],
  ["tasks-ended", "/tasks?which=ended"],
  ["nodes", "/nodes"],
  ["nodes-map", "/nodes?show=map"],
  ["frameworks", "/frameworks"],
  ["roles", "/roles"],
  ["timeline", "/timeline"],
  ["timeline-between", "/timeline?from=2026-01-01T00:00"],
  ["about", "/about"],
  ["nowhere", "/no/such/view"],
];

type TaskJson = { readonly id: string; readonly agentId: string; readonly frameworkId: string };

describe("every view of the console", { skip: whyNot }, () => {
  const cluster = new TestCluster(temporaryDirectory("unum-views-"));
  let browser: Browser;
  let ui: ConsolePage;
  let views = plainViews;

  before(async () => {
    mkdirSync(pictures, { recursive: true });
    await cluster.start("--agents", "4");
    for (const app of services) await cluster.send("POST", "/v2/apps", app);
    browser = await launchBrowser();
    ui = await ConsolePage.enter(browser, cluster);
    const tasks = await until("an instance of /shop/web", async () => {
      const { json } = await cluster.send("GET", "/unum/v1/tasks");
      const found = (json as { tasks: readonly TaskJson[] }).tasks.find(({ id }) =>
        id.startsWith("shop_web"),
      );
      return found;
    });
    const task = `/tasks/${tasks.frameworkId}/${tasks.id}`;
    const node = `/nodes/${tasks.agentId}`;
    views = [
      ...plainViews,
      ...["summary", "log", "files", "terminal", "events"].map(
        (tab) => [`task-${tab}`, `${task}?tab=${tab}`] as const,
      ),
      ...["tasks", "map", "resources", "events"].map((tab) => [`node-${tab}`, `${node}?tab=${tab}`] as const),
      ["framework", `/frameworks/${tasks.frameworkId}`],
    ];
  });
  after(async () => {
    await browser?.close();
    await cluster.end("SIGINT");
  });

  for (const scheme of ["light", "dark"] as const)
    for (const [width, name] of [
      [1440, "wide"],
      [390, "narrow"],
    ] as const)
      it(`${scheme}, ${name}: axe finds nothing, and there is a picture of each`, async () => {
        await ui.page.emulateMedia({ colorScheme: scheme });
        await ui.page.setViewportSize({ width, height: name === "wide" ? 900 : 844 });
        const found: string[] = [];
        for (const [view, path] of views) {
          await ui.open(path);
          found.push(...(await ui.accessibility()).map((words) => `${view}: ${words}`));
          await ui.page.screenshot({ path: join(pictures, `${view}-${scheme}-${name}.png`) });
        }
        assert.deepEqual(found, []);
      });

  it("the palette can be used by the keyboard, and axe finds nothing in it", async () => {
    await ui.page.setViewportSize({ width: 1440, height: 900 });
    await ui.open("/");
    await ui.page.keyboard.press("Control+k");
    await ui.page.getByRole("combobox", { name: /^Find/ }).fill("shop");
    await ui.page
      .getByRole("option", { name: /\/shop\/web/ })
      .first()
      .waitFor();
    assert.deepEqual(await ui.accessibility(), []);
    await ui.page.screenshot({ path: join(pictures, "palette-dark-wide.png") });
    await ui.page.keyboard.press("Escape");
  });

  it("the browser had nothing to complain about", () => assert.deepEqual(ui.complaints, []));
});
