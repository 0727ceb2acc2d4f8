import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import { limits } from "#base/limits.ts";
import { agentId, masterId, type SessionId } from "#model/ids.ts";
import type { AgentMessage, Envelope, MasterMessage } from "#model/protocol/agent-link.ts";
import { agentLinkProtocol, sessionHeader } from "#wire/agent-link/frame.ts";
import { until } from "../../../test/until.ts";
import { createAccess } from "../http/access.ts";
import { createHttpServer, type HttpServer } from "../http/server.ts";
import { createLog } from "../log/log.ts";
import { createAgentLink, reconnectDelayMs, type ShellAgentLink } from "./agent-link.ts";
import { encodeBytes } from "./frame-reader.ts";
import { challengeHeader, createChallenge, proofBytesMax, proofOf } from "./handshake.ts";
import { createMasterLinks, type ShellMasterLinks } from "./master-links.ts";

const token = "link-token";
const logged: string[] = [];
const log = createLog("test", (line) => logged.push(line));

/** What one end was told, in order. */
class Ear<Message> {
  readonly opened: SessionId[] = [];
  readonly closed: SessionId[] = [];
  readonly received: Envelope<Message>[] = [];
  readonly listener = {
    opened: (session: SessionId) => void this.opened.push(session),
    received: (envelope: Envelope<Message>) => void this.received.push(envelope),
    closed: (session: SessionId) => void this.closed.push(session),
  };
}

type MasterEnd = { links: ShellMasterLinks; ear: Ear<AgentMessage>; port: number; stop(): Promise<void> };

const cleanups: (() => unknown)[] = [];
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

async function startMaster(port = 0, itsLog = log): Promise<MasterEnd> {
  const links = createMasterLinks(token, itsLog);
  const ear = new Ear<AgentMessage>();
  links.listen(ear.listener);
  const server: HttpServer = createHttpServer({
    routes: [],
    access: createAccess(token),
    hostNames: [],
    upgrades: { [agentLinkProtocol]: links.accept },
    log,
  });
  const bound = await until("the port", () => server.listen("127.0.0.1", port).catch(() => undefined));
  const stop = async (): Promise<void> => {
    links.closeAll();
    await server.close();
  };
  cleanups.push(stop);
  return { links, ear, port: bound, stop };
}

function startAgent(port: number, withToken = token): { link: ShellAgentLink; ear: Ear<MasterMessage> } {
  const link = createAgentLink({ masters: [{ address: "127.0.0.1", port }], token: withToken, log });
  const ear = new Ear<MasterMessage>();
  link.listen(ear.listener);
  cleanups.push(() => link.close());
  return { link, ear };
}

/** The agent's end is open before the master has its proof: a test that closes the master's end waits for both. */
const whenOpen = (
  what: string,
  master: MasterEnd,
  session: () => SessionId | undefined,
): Promise<SessionId> =>
  until(what, () => {
    const named = session();
    return named !== undefined && master.ear.opened.includes(named) ? named : undefined;
  });

const report = (seen: number): AgentMessage => ({
  type: "report",
  seen,
  checkpointVersion: 0,
  tasks: [],
  executors: [],
});
const ping: MasterMessage = { type: "ping" };

test("both ends agree on the session, and messages arrive in order, large ones too", async () => {
  const master = await startMaster();
  const agent = startAgent(master.port);
  await until("the link", () => master.ear.opened.length === 1 && agent.ear.opened.length === 1);
  const [session] = agent.ear.opened;
  assert.ok(session !== undefined);
  assert.deepEqual(master.ear.opened, [session]);

  const refused: MasterMessage = { type: "refused", reason: "ü".repeat(1_000_000) };
  for (let number = 1; number <= 200; number += 1) {
    agent.link.send({ session, number, message: report(number) });
    master.links.send({ session, number, message: number === 100 ? refused : ping });
  }
  await until("all messages", () => master.ear.received.length === 200 && agent.ear.received.length === 200);
  assert.deepEqual(master.ear.received[41], { session, number: 42, message: report(42) });
  assert.deepEqual(agent.ear.received[99], { session, number: 100, message: refused });
  assert.deepEqual(
    agent.ear.received.map((envelope) => envelope.number),
    Array.from({ length: 200 }, (_, index) => index + 1),
  );
});

test("a session that one end closes is closed at both, once, and the next has another name", async () => {
  const master = await startMaster();
  const agent = startAgent(master.port);
  const first = await whenOpen("the link", master, () => agent.ear.opened[0]);
  master.links.close(first);
  master.links.close(first);
  const second = await whenOpen("a second session", master, () => agent.ear.opened[1]);
  assert.notEqual(second, first);
  await until("the close", () => agent.ear.closed.length === 1 && master.ear.closed.length === 1);
  assert.deepEqual(agent.ear.closed, [first]);
  assert.deepEqual(master.ear.closed, [first]);

  agent.link.reconnect(first);
  agent.link.send({ session: first, number: 1, message: report(1) });
  agent.link.send({ session: second, number: 1, message: report(2) });
  await until("the message", () => master.ear.received.length > 0);
  assert.deepEqual(master.ear.received, [{ session: second, number: 1, message: report(2) }]);
  agent.link.reconnect(second);
  await until("a third session", () => agent.ear.opened.length === 3);
  assert.deepEqual(agent.ear.closed, [first, second]);
});

test("an agent finds a master that comes back", async () => {
  const first = await startMaster();
  const agent = startAgent(first.port);
  await whenOpen("the link", first, () => agent.ear.opened[0]);
  await first.stop();
  await until("the close", () => agent.ear.closed.length === 1);
  const second = await startMaster(first.port);
  await whenOpen("the link to the second", second, () => agent.ear.opened.at(-1));
  assert.deepEqual(second.ear.opened, agent.ear.opened.slice(1));
});

test("an agent with another token takes nobody for its master, and the log says so", async () => {
  const master = await startMaster();
  const agent = startAgent(master.port, "wrong");
  await until("the refusal", () => logged.some((line) => line.includes("it is no master of ours")));
  assert.equal(agent.ear.opened.length + master.ear.opened.length, 0);
});

test("what listens on the port of a master that is down learns nothing of use, and is not obeyed", async () => {
  const heard: string[] = [];
  const proofs = new Set<string>();
  const impostor = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      heard.push(chunk.toString("latin1"));
      const proof = "0".repeat(64);
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${agentLinkProtocol}\r\n` +
          `${sessionHeader}: s\r\nunum-proof: ${proof}\r\n\r\n`,
      );
    });
  });
  impostor.listen(0, "127.0.0.1");
  await once(impostor, "listening");
  cleanups.push(() => impostor.close());
  const agent = startAgent((impostor.address() as AddressInfo).port);
  await until("two attempts", () => heard.length >= 2);
  agent.link.close();
  assert.equal(agent.ear.opened.length, 0);
  assert.ok(heard.every((text) => text.startsWith("GET ") && !text.includes(token)));
  for (const text of heard) proofs.add(/unum-challenge: (\S+)/i.exec(text)?.[1] ?? "");
  assert.equal(proofs.size, heard.length);
});

test("an agent that stops while it connects does not wait for an answer", async () => {
  let ended = false;
  const silent = createServer((socket) => {
    socket.resume();
    socket.on("error", () => {});
    socket.on("close", () => {
      ended = true;
    });
  });
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  cleanups.push(() => silent.close());
  const connected = once(silent, "connection");
  const agent = startAgent((silent.address() as AddressInfo).port);
  await connected;
  agent.link.close();
  // Well before an attempt's own time-out.
  await until("the end of the attempt", () => ended, 3_000);
});

test("all masters are asked soon after each other, and all of them ever more seldom", () => {
  const delays = (masters: number, count: number): number[] =>
    Array.from({ length: count }, (_, failures) => reconnectDelayMs(failures, masters));
  assert.deepEqual(delays(1, 8), [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  assert.deepEqual(delays(3, 9), [100, 100, 100, 100, 100, 200, 100, 100, 400]);
});

test("agents that come together have their turn one after the other, and one that leaves gives its turn on", async () => {
  const lines: string[] = [];
  const master = await startMaster(
    0,
    createLog("test", (line) => lines.push(line)),
  );
  const count = (words: string): number => lines.filter((line) => line.includes(words)).length;
  const most = limits.registrationsUnderWayMax;
  const agents = Array.from({ length: most + 3 }, () => startAgent(master.port));
  const open = () => agents.filter(({ ear }) => ear.opened.length > 0);
  await until("all to be connected", () => count("an agent's link opened") === agents.length);
  await until("so many to have their turn", () => open().length === most);
  assert.equal(master.ear.opened.length, most);
  const [first] = master.ear.opened;
  assert.ok(first !== undefined);
  for (const number of [1, 2]) master.links.send({ session: first, number, message: { type: "ping" } });
  await until("one more", () => open().length === most + 1);
  const waiting = agents.filter(({ ear }) => ear.opened.length === 0);
  assert.equal(waiting.length, 2, "one turn was given back, once");
  const [leaves, stays] = waiting;
  leaves?.link.close();
  await until("its connection to end", () => count("an agent's link closed") === 1);
  assert.deepEqual([leaves?.ear.closed, master.ear.closed], [[], []], "nobody was told of its session");
  open().at(-1)?.link.close();
  await until("the last one", () => stays?.ear.opened.length === 1);
  assert.equal(master.ear.opened.length, most + 2);
});

test("an end of an earlier release knows no turns: its agents are taken at once, and its masters spoken to", async () => {
  const master = await startMaster();
  const { session } = await rawLink(master.port);
  await until("the session to be told", () => master.ear.opened.includes(session));
  const earlier = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      const challenge = /unum-challenge: (\S+)/i.exec(chunk.toString("latin1"))?.[1];
      if (challenge === undefined) return;
      const proof = proofOf(token, "master", challenge, "s" as SessionId);
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${agentLinkProtocol}\r\n` +
          `${sessionHeader}: s\r\nunum-proof: ${proof}\r\n\r\n`,
      );
    });
    cleanups.push(() => socket.destroy());
  });
  earlier.listen(0, "127.0.0.1");
  await once(earlier, "listening");
  cleanups.push(() => earlier.close());
  const agent = startAgent((earlier.address() as AddressInfo).port);
  await until("the agent to speak", () => agent.ear.opened.length === 1);
  agent.link.close();
});

test("a connection that proves nothing is no session, and may not send much", async () => {
  const master = await startMaster();
  const tooLong = Buffer.alloc(4);
  tooLong.writeUInt32BE(proofBytesMax + 1);
  for (const bytes of [encodeBytes("0".repeat(64)), encodeBytes('{"number":1}'), tooLong]) {
    const { socket } = await rawLink(master.port, "wrong");
    socket.write(bytes);
    await once(socket, "close");
  }
  assert.deepEqual(
    [master.ear.opened.length, master.ear.closed.length, master.ear.received.length],
    [0, 0, 0],
  );
});

/** A connection that speaks for itself, to say what no agent of ours would. */
async function rawLink(port: number, withToken = token): Promise<{ socket: Socket; session: SessionId }> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  cleanups.push(() => socket.destroy());
  const challenge = createChallenge();
  let head = "";
  const read = (chunk: Buffer): void => {
    head += chunk.toString("latin1");
  };
  socket.on("data", read);
  socket.write(
    `GET /agent-link HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: ${agentLinkProtocol}\r\n` +
      `${challengeHeader}: ${challenge}\r\n\r\n`,
  );
  await until("the upgrade", () => head.includes("\r\n\r\n"));
  socket.off("data", read);
  const [, session] = new RegExp(`${sessionHeader}: (\\S+)`, "i").exec(head) ?? [];
  assert.ok(session !== undefined, head);
  socket.write(encodeBytes(proofOf(withToken, "agent", challenge, session as SessionId)));
  return { socket, session: session as SessionId };
}

test("a malformed or endless frame closes its session and no other", async () => {
  const master = await startMaster();
  const agent = startAgent(master.port);
  const good = await until("the link", () => agent.ear.opened[0]);
  const tooLong = Buffer.alloc(4);
  tooLong.writeUInt32BE(limits.linkFrameBytesMax + 1);
  for (const bytes of [
    encodeBytes("nonsense"),
    encodeBytes('{"number":1,"message":{"type":"x"}}'),
    tooLong,
  ]) {
    const { socket, session } = await rawLink(master.port);
    socket.write(bytes);
    await until("the close", () => master.ear.closed.includes(session));
  }
  agent.link.send({ session: good, number: 1, message: report(1) });
  await until("the good message", () => master.ear.received.length === 1);
  assert.equal(agent.ear.closed.length, 0);
});

test("an agent that does not read is cut off when its queue is full", async () => {
  const master = await startMaster();
  const { socket, session } = await rawLink(master.port);
  socket.pause();
  const message: MasterMessage = {
    type: "registered",
    agentId: agentId("x".repeat(8_000_000)),
    masterId: masterId("m"),
  };
  let number = 0;
  await until("the close", () => {
    number += 1;
    if (number < 30) master.links.send({ session, number, message });
    return master.ear.closed.includes(session);
  });
  assert.ok(logged.some((line) => line.includes("reads too slowly")));
});
