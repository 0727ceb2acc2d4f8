/**
 * The master's end of all agent links: accepts upgraded connections, names their sessions, carries frames.
 *
 * The HTTP server has checked the token before a connection comes here. A malformed frame closes its session
 * and nothing else.
 */

import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { limits } from "#base/limits.ts";
import { type SessionId, sessionId } from "#model/ids.ts";
import type { MasterLinks } from "#ports/agent-links.ts";
import { agentLinkProtocol, decodeAgentFrame, encodeFrame, sessionHeader } from "#wire/agent-link/frame.ts";
import type { Log } from "../log/log.ts";
import { connectFrames, type FrameConnection } from "./frame-connection.ts";

export type ShellMasterLinks = MasterLinks & {
  /** Takes over a connection whose `Upgrade` names our protocol. */
  accept(socket: Socket, head: Buffer): void;
  close(session: SessionId): void;
  /** Cuts every connection and takes no more. */
  closeAll(): void;
};

export function createMasterLinks(log: Log): ShellMasterLinks {
  const connections = new Map<SessionId, FrameConnection>();
  let listener: Parameters<MasterLinks["listen"]>[0] | undefined;
  let stopped = false;

  return {
    send: ({ session, number, message }) => connections.get(session)?.send(encodeFrame({ number, message })),
    close: (session) => connections.get(session)?.close("closed by the master"),
    listen: (given) => {
      listener = given;
    },
    accept: (socket, head) => {
      const events = listener;
      if (stopped || events === undefined || connections.size >= limits.linksMax) {
        return void socket.end(
          "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        );
      }
      const session = sessionId(randomUUID());
      const { remoteAddress } = socket;
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${agentLinkProtocol}\r\n` +
          `${sessionHeader}: ${session}\r\n\r\n`,
      );
      const connection = connectFrames(socket, head, {
        received: (text) => {
          const decoded = decodeAgentFrame(text);
          if (decoded.ok) return events.received({ session, ...decoded.frame });
          log.warn("an agent sent a malformed frame; its link is closed", {
            remoteAddress,
            reason: decoded.reason,
          });
          connection.close("a malformed frame");
        },
        closed: (reason) => {
          connections.delete(session);
          log.info("an agent's link closed", { remoteAddress, session, reason });
          if (!stopped) events.closed(session);
        },
      });
      connections.set(session, connection);
      log.info("an agent's link opened", { remoteAddress, session });
      events.opened(session);
    },
    closeAll: () => {
      stopped = true;
      for (const connection of connections.values()) connection.close("the master stops");
    },
  };
}
