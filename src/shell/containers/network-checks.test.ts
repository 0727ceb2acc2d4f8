import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer as createTcp, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import type { HttpProbe, TcpProbe } from "#model/task.ts";
import { until } from "../../../test/until.ts";
import type { CheckAnswer } from "./backend.ts";
import { NetworkChecks } from "./network-checks.ts";

const cleanups: (() => void)[] = [];
after(() => {
  for (const cleanup of cleanups.reverse()) cleanup();
});

const checks = new NetworkChecks();

function check(probe: TcpProbe | HttpProbe, pid = process.pid, timeoutMs = 20_000): Promise<CheckAnswer> {
  return new Promise((resolve) => {
    let answers = 0;
    checks.run({ name: "web", pid }, probe, timeoutMs, (answer) => {
      answers += 1;
      assert.equal(answers, 1);
      resolve(answer);
    });
  });
}

type Http = HttpProbe["http"];
const http = (port: number, path = "/", more: Partial<Http> = {}): HttpProbe => ({
  http: { scheme: "http", port, path, family: "IPv4", ...more },
});
const tcp = (port: number): TcpProbe => ({ tcp: { port, family: "IPv4" } });
const status = (statusCode: number) => ({ kind: "http", statusCode }) as const;

async function listen<Kind extends Server>(server: Kind, host = "127.0.0.1"): Promise<number> {
  await new Promise<void>((resolve, reject) => server.listen(0, host, resolve).once("error", reject));
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  cleanups.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** `/404` answers with that; `/to/…` redirects to the rest; what is said goes on for ever. */
const serve: RequestListener = (request, response) => {
  const url = request.url ?? "";
  const to = /^\/to\/(.*)$/.exec(url)?.[1];
  if (to !== undefined) response.writeHead(302, { Location: to });
  else response.statusCode = Number(url.slice(1, 4)) || 200;
  response.flushHeaders();
  if (request.method === "GET" && response.statusCode !== 204) response.write(request.headers.host ?? "");
};

test("HTTP: any answer is told, and 200 to 399 is well", async () => {
  const port = await listen(createHttp(serve));
  for (const code of [200, 204, 304, 399, 400, 404, 503]) {
    const { ok, result } = await check(http(port, `/${code}`));
    assert.deepEqual([ok, result], [code < 400, status(code)]);
  }
});

test("HTTP: redirects are followed, to another path or server, and not for ever", async () => {
  const port = await listen(createHttp(serve));
  const other = await listen(createHttp(serve));
  assert.deepEqual((await check(http(port, "/to//204"))).result, status(204));
  assert.deepEqual((await check(http(port, `/to/http://127.0.0.1:${other}/503`))).result, status(503));
  assert.deepEqual((await check(http(port, "/to/file:///etc/passwd"))).result, status(302));
  const loops = await listen(createHttp((_, response) => response.writeHead(301, { Location: "/" }).end()));
  const { ok, message, result } = await check(http(loops));
  assert.deepEqual([ok, message, result], [false, "it redirects more than 50 times", undefined]);
});

test("HTTP: an odd path arrives, and no other request with it", async () => {
  const urls: (string | undefined)[] = [];
  const port = await listen(createHttp((request, response) => response.end(`${urls.push(request.url)}`)));
  await check(http(port, "/a b?c=d\r\nHost: evil\r\n\r\nGET /second"));
  await check(http(port, "//elsewhere.invalid/x"));
  assert.equal(urls.length, 2);
  assert.match(urls[0] ?? "", /^\/a%20b\?c=d/);
  assert.equal(urls[1], "//elsewhere.invalid/x");
});

test("TCP: who listens and who does not; nothing is found in time of one that only hangs", async () => {
  const port = await listen(createTcp());
  assert.deepEqual((await check(tcp(port))).result, { kind: "tcp", succeeded: true });
  assert.deepEqual(await check(http(port), process.pid, 100), {
    ok: false,
    message: "timed out after 100 ms",
  });
  const closed = createTcp();
  const gone = await listen(closed);
  await new Promise((resolve) => closed.close(resolve));
  const refused = await check(tcp(gone));
  assert.deepEqual([refused.ok, refused.result], [false, { kind: "tcp", succeeded: false }]);
  const unanswered = await check(http(gone));
  assert.deepEqual([unanswered.ok, unanswered.result], [false, undefined]);
  assert.match(unanswered.message, /ECONNREFUSED/);
});

test("IPv6 has its own loopback", async (context) => {
  const server = createHttp(serve);
  const port = await listen(server, "::1").catch(() => undefined);
  if (port === undefined) return context.skip("there is no IPv6 here");
  assert.deepEqual((await check(http(port, "/204", { family: "IPv6" }))).result, status(204));
  assert.deepEqual((await check({ tcp: { port, family: "IPv6" } })).result, { kind: "tcp", succeeded: true });
});

test("nonsense, a cut connection, and a process that is gone are failures", async () => {
  const nonsense = await listen(createTcp((socket) => socket.end("SSH-2.0-x\r\n")));
  const cut = await listen(createTcp((socket) => socket.destroy()));
  for (const port of [nonsense, cut]) {
    const { ok, result, message } = await check(http(port));
    assert.deepEqual([ok, result], [false, undefined]);
    assert.notEqual(message, "");
    assert.equal((await check(http(port, "/", { scheme: "https" }))).ok, false);
  }
  assert.equal((await check(tcp(cut), 2 ** 30)).ok, false);
});

test("who still waits is told when the container goes; nobody is after the end", async () => {
  const port = await listen(createTcp());
  const answer = check(http(port));
  checks.forget("another");
  checks.forget("web");
  assert.deepEqual(await answer, { ok: false, message: "its container has ended" });
  const closing = new NetworkChecks();
  closing.run({ name: "web", pid: process.pid }, http(port), 10_000, () => assert.fail("answered"));
  closing.close();
  assert.equal((await check(tcp(port))).ok, true);
});

/** Undefined: this host cannot make one. */
function certificate(): { readonly key: string; readonly cert: string } | undefined {
  if (spawnSync("openssl", ["version"]).status !== 0) return undefined;
  const directory = mkdtempSync(join(tmpdir(), "unum-checks-"));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  const files = ["-keyout", "key", "-out", "cert", "-subj", "/CN=elsewhere.invalid", "-days", "1"];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", ...files],
    {
      cwd: directory,
      stdio: "ignore",
    },
  );
  return {
    key: readFileSync(join(directory, "key"), "utf8"),
    cert: readFileSync(join(directory, "cert"), "utf8"),
  };
}

test("HTTPS: nobody asks whose certificate it is", async (context) => {
  const own = certificate();
  if (own === undefined) return context.skip("openssl is not installed");
  const port = await listen(createHttps(own, serve));
  assert.deepEqual((await check(http(port, "/503", { scheme: "https" }))).result, status(503));
  const { ok, result } = await check(http(port));
  assert.deepEqual([ok, result], [false, undefined]);
  const before = await listen(createHttp(serve));
  assert.deepEqual((await check(http(before, `/to/https://127.0.0.1:${port}/204`))).result, status(204));
});

const SERVER = `const { createServer } = require(process.env.KEY ? "node:https" : "node:http");
const { KEY: key, CERT: cert } = process.env;
const server = createServer({ key, cert }, (request, response) => {
  response.statusCode = Number(request.url.slice(1, 4)) || 200;
  response.flushHeaders();
}).listen(0, "127.0.0.1", () => console.log(server.address().port));`;

/** A server in a network of its own, and its port there. */
async function within(env: Record<string, string>): Promise<{ readonly pid: number; readonly port: number }> {
  const argv = ["--net", "sh", "-c", 'ip link set lo up && exec "$0" -e "$1"', process.execPath, SERVER];
  const child: ChildProcess = spawn("unshare", argv, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  cleanups.push(() => child.kill("SIGKILL"));
  if (child.stdout === null || child.pid === undefined) assert.fail("it did not start");
  for await (const line of createInterface({ input: child.stdout }))
    return { pid: child.pid, port: Number(line) };
  return assert.fail("it did not listen");
}

const canUnshare = spawnSync("unshare", ["--net", "ip", "link", "set", "lo", "up"]).status === 0;

test("into a network of a task's own the check goes itself, and leaves nothing there", {
  skip: !canUnshare && "this host makes no networks for us",
}, async () => {
  const { pid, port } = await within({});
  assert.equal((await check(tcp(port))).ok, false, "from here it cannot be reached");
  assert.deepEqual((await check(tcp(port), pid)).result, { kind: "tcp", succeeded: true });
  assert.deepEqual((await check(http(port, "/404"), pid)).result, status(404));
  const refused = await check(tcp(1), pid);
  assert.deepEqual(refused, {
    ok: false,
    message: "Connection refused",
    result: { kind: "tcp", succeeded: false },
  });
  await until("the relays to be gone", () => inNetworkOf(pid).every((one) => one === pid));
  const own = certificate();
  if (own === undefined) return;
  const secure = await within({ KEY: own.key, CERT: own.cert });
  const answer = await check(http(secure.port, "/204", { scheme: "https" }), secure.pid);
  assert.deepEqual(answer.result, status(204));
});

function inNetworkOf(pid: number): readonly number[] {
  const networkOf = (one: number): string | undefined => {
    try {
      return readlinkSync(`/proc/${one}/ns/net`);
    } catch {
      return undefined;
    }
  };
  const network = networkOf(pid);
  const pids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.filter((one) => networkOf(one) === network);
}
