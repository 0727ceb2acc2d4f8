/**
 * The master's end of all agent links: accepts upgraded connections, names their sessions, carries frames.
 *
 * A connection becomes a session when the other end has proved that it knows the token (`handshake.ts`). A
 * malformed frame closes its session and nothing else.
 */

import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { limits } from "#base/limits.ts";
import { type SessionId, sessionId } from "#model/ids.ts";
import type { MasterLinks } from "#ports/agent-links.ts";
import { agentLinkProtocol, decodeAgentFrame, encodeFrame, sessionHeader } from "#wire/agent-link/frame.ts";
import type { Log } from "../log/log.ts";
import { connectFrames, type FrameConnection } from "./frame-connection.ts";
import {
  challengeHeader,
  isChallenge,
  isProof,
  proofBytesMax,
  proofHeader,
  proofOf,
  turnFrame,
  turnsHeader,
} from "./handshake.ts";
import { Turns } from "./turns.ts";

export type ShellMasterLinks = MasterLinks & {
  /** Takes over a connection whose `Upgrade` names our protocol; `admitted` is called when it has proved itself. */
  accept(socket: Socket, head: Buffer, request: IncomingMessage, admitted: () => void): void;
  close(session: SessionId): void;
  /** Cuts every connection and takes no more. */
  closeAll(): void;
};

/** What an agent has for its proof, a round trip and some of our own slowness. */
const proofMs = 10_000;
/** For one registration. */
const turnMs = 5_000;

export function createMasterLinks(token: string, log: Log): ShellMasterLinks {
  const connections = new Map<SessionId, FrameConnection>();
  const unproven = new Set<FrameConnection>();
  const turns = new Turns<SessionId>(limits.registrationsUnderWayMax);
  let listener: Parameters<MasterLinks["listen"]>[0] | undefined;
  let stopped = false;

  return {
    send: ({ session, number, message }) => {
      connections.get(session)?.send(encodeFrame({ number, message }));
      // Whatever it is: the agent has been heard.
      turns.done(session);
    },
    close: (session) => connections.get(session)?.close("closed by the master"),
    listen: (given) => {
      listener = given;
    },
    accept: (socket, head, request, admitted) => {
      const events = listener;
      const challenge = request.headers[challengeHeader];
      if (!isChallenge(challenge)) return refuse(socket, "400 Bad Request");
      if (stopped || events === undefined || connections.size >= limits.linksMax) {
        return refuse(socket, "503 Service Unavailable");
      }
      const session = sessionId(randomUUID());
      const { remoteAddress } = socket;
      const waits = request.headers[turnsHeader] !== undefined;
      let opened = false;
      let turnTimer: NodeJS.Timeout | undefined;
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${agentLinkProtocol}\r\n` +
          `${waits ? `${turnsHeader}: 1\r\n` : ""}${sessionHeader}: ${session}\r\n${proofHeader}: ${proofOf(token, "master", challenge, session)}\r\n\r\n`,
      );
      const prove = (proof: string): void => {
        if (!isProof(proof, token, "agent", challenge, session)) {
          return connection.close("it does not know the cluster's token");
        }
        clearTimeout(timer);
        unproven.delete(connection);
        connections.set(session, connection);
        admitted();
        log.info("an agent's link opened", { remoteAddress, session });
        if (waits) return turns.wait(session, open);
        // An agent of an earlier release speaks at once.
        events.opened(session);
      };
      const open = (): void => {
        opened = true;
        // One that stands still with its turn must not stop the others.
        turnTimer = setTimeout(() => turns.done(session), turnMs);
        connection.send(turnFrame);
        events.opened(session);
      };
      const take = (text: string): void => {
        if (waits && !opened) return connection.close("it speaks before its turn");
        const decoded = decodeAgentFrame(text);
        if (decoded.ok) return events.received({ session, ...decoded.frame });
        log.warn("an agent sent a malformed frame; its link is closed", {
          remoteAddress,
          reason: decoded.reason,
        });
        connection.close("a malformed frame");
      };
      const closed = (reason: string): void => {
        clearTimeout(timer);
        clearTimeout(turnTimer);
        if (unproven.delete(connection)) {
          return log.warn("a link was refused", { remoteAddress, reason });
        }
        connections.delete(session);
        log.info("an agent's link closed", { remoteAddress, session, reason });
        if (!stopped && (opened || !waits)) events.closed(session);
        turns.done(session);
      };
      const received = (text: string): void => (connections.has(session) ? take(text) : prove(text));
      const connection = connectFrames(socket, head, { received, closed }, proofBytesMax);
      const timer = setTimeout(() => connection.close("it gives no proof in time"), proofMs);
      unproven.add(connection);
    },
    closeAll: () => {
      stopped = true;
      for (const connection of [...unproven, ...connections.values()]) connection.close("the master stops");
    },
  };
}

const refuse = (socket: Socket, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};
