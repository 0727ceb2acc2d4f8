import assert from "node:assert/strict";
import { test } from "node:test";
import { asBody, DoorDriver } from "../../../test/support/door-driver.ts";
import { html, joinHtml } from "./html.ts";

const page = (door: DoorDriver, target = "/"): string => String(asBody(door.call("GET", target)).body);

test("an empty cluster has a page, and says what is empty", () => {
  const text = page(new DoorDriver());
  for (const words of [
    "No apps yet.",
    "Nothing is being deployed.",
    "No tasks.",
    "No agent has registered yet.",
  ]) {
    assert.ok(text.includes(words), words);
  }
});

test("the page shows agents, apps and why one waits", () => {
  const door = new DoorDriver();
  door.addAgent("agent-1");
  door.json("POST", "/v2/apps", { id: "/web", cmd: "x", cpus: 0.1, mem: 16, instances: 2 });
  door.json("POST", "/v2/apps", { id: "/big", cmd: "x", cpus: 64, mem: 16 });
  door.apps.advance(5_000);
  const text = page(door);
  assert.match(text, /agent-1/);
  assert.match(text, /\/web<\/th><td class="number">2 of 2/);
  assert.match(text, /waiting: .*agents?: cpus, short by 60/);
});

test("what users and tasks wrote never becomes markup", () => {
  const evil = `<script>alert("1")</script>&'`;
  const text = html`<p title="${evil}">${evil}${joinHtml([html`<b>${evil}</b>`])}</p>`.text;
  assert.ok(!text.includes("<script"));
  assert.equal(text.match(/&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt;&amp;&#39;/g)?.length, 3);
});

test("the page allows no script and no frame, and loads its own style alone", () => {
  const door = new DoorDriver();
  const { headers, body } = asBody(door.call("GET", "/"));
  const policy = headers["Content-Security-Policy"] ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.ok(!policy.includes("unsafe"));
  assert.ok(!/<script|\sstyle=|\son\w+=/.test(String(body)));
  assert.match(asBody(door.call("GET", "/console.css")).headers["Content-Type"] ?? "", /^text\/css/);
});

test("the page reloads by itself only when asked, and not too often", () => {
  const door = new DoorDriver();
  assert.ok(!page(door).includes("http-equiv"));
  assert.match(page(door, "/?refresh=5"), /http-equiv="refresh" content="5"/);
  for (const refresh of ["0", "1", "x", "-5", "1e9"]) {
    assert.ok(!page(door, `/?refresh=${refresh}`).includes("http-equiv"), refresh);
  }
});
