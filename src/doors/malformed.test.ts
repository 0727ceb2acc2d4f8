import assert from "node:assert/strict";
import { test } from "node:test";
import { asJson, clusterEndpoints, DoorDriver } from "../../test/support/door-driver.ts";
import { endpointsWithBodies, malformedBodies } from "../../test/support/malformed-bodies.ts";

const withWeb = (): DoorDriver => {
  const door = new DoorDriver();
  door.json("POST", "/v2/apps", { id: "/web", cmd: "sleep 1000", cpus: 0.1, mem: 16 });
  return door;
};

for (const { method, path } of endpointsWithBodies) {
  test(`malformed: ${method} ${path} takes none of them, and nothing changes`, () => {
    const door = withWeb();
    const before = JSON.stringify(door.get("/v2/apps").json);
    for (const { name, bytes } of malformedBodies()) {
      const { status, json } = door.json(method, path, bytes);
      assert.ok(status >= 400 && status < 500, `${name}: ${status}`);
      assert.equal(typeof json.message, "string", name);
    }
    assert.equal(JSON.stringify(door.get("/v2/apps").json), before);
  });
}

test("malformed: a list of apps names the one at fault", () => {
  const door = withWeb();
  const decoder = new TextDecoder();
  for (const { name, bytes, field } of malformedBodies()) {
    if (field === undefined || field === "/id" || bytes.length > 100_000) continue;
    const { status, json } = door.json(
      "PUT",
      "/v2/apps",
      `[{"id":"/db","cmd":"x"},${decoder.decode(bytes)}]`,
    );
    assert.ok(status === 400 || status === 422, `${name}: ${status}`);
    const paths = JSON.stringify(json.details);
    assert.ok(paths.includes(`(1)${field}`), `${name}: ${field} is not among ${paths}`);
  }
});

test("malformed: endpoints that read no body are not disturbed by one", () => {
  const door = withWeb();
  const readers = new Set(endpointsWithBodies.map(({ method, path }) => `${method} ${path}`));
  const bodies = malformedBodies().filter((_, index) => index % 10 === 0);
  for (const { method, path } of clusterEndpoints) {
    const target = path.replace(/:\w+/, "none").replace("*", "none");
    if (readers.has(`${method} ${path}`) || path === "/v2/apps/*") continue;
    for (const { name, bytes } of bodies) {
      const answer = door.call(method, target, bytes);
      if (answer.kind === "body")
        assert.ok(answer.status < 500, `${method} ${target}, ${name}: ${answer.status}`);
    }
  }
});

test("malformed: paths and queries of any text are answered", () => {
  const door = withWeb();
  const texts = [
    "%00",
    "..%2f..",
    "a%0d%0ab",
    "%F0%9F%92%A9",
    "x".repeat(5_000),
    "__proto__",
    "constructor",
    "'\"<>&",
  ];
  for (const { method, path } of clusterEndpoints) {
    for (const text of texts) {
      const target = path.replace(/:\w+/, text).replace("*", text);
      const query = `embed=${text}&label=${text}&status=${text}&event_type=${text}&refresh=${text}&id=${text}`;
      const answer = door.call(method, `${target}?${query}`, {});
      if (answer.kind !== "body") continue;
      assert.ok(answer.status < 500, `${method} ${target}: ${answer.status}`);
      if (answer.headers["Content-Type"] === "application/json" && answer.body !== "") asJson(answer);
    }
  }
});
