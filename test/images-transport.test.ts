/** How registries are reached: redirects away from TLS, and the environment's proxies. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { it } from "node:test";
import { Transport } from "#shell/images/registry/transport.ts";
import { FakeServer } from "./images-fake-server.ts";
import { makeCertificates, whyNoRegistry } from "./images-registry.ts";
import { temporaryDirectory } from "./temporary.ts";

const home = temporaryDirectory("unum-transport-");
const never = new AbortController().signal;

it("redirects from TLS to a server without are not followed", {
  skip: whyNoRegistry() ?? false,
}, async () => {
  makeCertificates(home);
  const plain = await FakeServer.start((_request, response) => response.end("seen"));
  const key = readFileSync(join(home, "server.key"));
  const secure = createTlsServer({ key, cert: readFileSync(join(home, "server.crt")) }, (_, response) => {
    response.writeHead(302, { location: `http://${plain.host}/` }).end();
  });
  secure.listen(0, "127.0.0.1");
  await once(secure, "listening");
  const host = `127.0.0.1:${(secure.address() as AddressInfo).port}`;
  mkdirSync(join(home, "certs.d", host), { recursive: true });
  copyFileSync(join(home, "ca.crt"), join(home, "certs.d", host, "ca.crt"));
  const transport = new Transport([join(home, "certs.d")]);
  try {
    const url = new URL(`https://${host}/v2/`);
    const sent = transport.send({ method: "GET", url, headers: {}, signal: never });
    await assert.rejects(sent, /without TLS, which is not followed/);
    assert.equal(plain.asked.length, 0);
  } finally {
    await transport.close();
    secure.closeAllConnections();
    secure.close();
  }
});

/** Leads wherever it is asked to the one port. */
async function connectProxy(port: number): Promise<{ server: Server; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer();
  server.on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    const onward = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, asked };
}

it("the environment's proxy is used, but for this machine", { skip: whyNoRegistry() ?? false }, async () => {
  makeCertificates(home);
  const key = readFileSync(join(home, "server.key"));
  const secure = createTlsServer({ key, cert: readFileSync(join(home, "server.crt")) }, (_, response) =>
    response.end("reached"),
  );
  secure.listen(0, "127.0.0.1");
  await once(secure, "listening");
  const { port } = secure.address() as AddressInfo;
  const proxy = await connectProxy(port);
  const hosts = [`registry.test:${port}`, `127.0.0.1:${port}`];
  for (const host of hosts) {
    mkdirSync(join(home, "proxied", host), { recursive: true });
    copyFileSync(join(home, "ca.crt"), join(home, "proxied", host, "ca.crt"));
  }
  process.env.HTTPS_PROXY = `http://127.0.0.1:${(proxy.server.address() as AddressInfo).port}`;
  const transport = new Transport([join(home, "proxied")]);
  try {
    for (const host of hosts) {
      const answer = await transport.send({
        method: "GET",
        url: new URL(`https://${host}/`),
        headers: {},
        signal: never,
      });
      assert.equal(await answer.body.text(), "reached");
    }
    assert.deepEqual(proxy.asked, [`registry.test:${port}`]);
  } finally {
    delete process.env.HTTPS_PROXY;
    await transport.close();
    for (const server of [secure, proxy.server]) {
      server.closeAllConnections();
      server.close();
    }
  }
});
