/**
 * The agent's end of its link: it connects to the master, and connects again with a jittered back-off.
 *
 * Of several masters one leads, and only that one takes links: the agent tries one after the other.
 * It speaks only to a master that proved itself (`handshake.ts`). One session at a time. The back-off starts over when the master has said something in a session, so that a
 * master that closes each session at once is not run down.
 */

import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { present } from "#base/assert.ts";
import { limits } from "#base/limits.ts";
import { type SessionId, sessionId } from "#model/ids.ts";
import type { MasterMessage } from "#model/protocol/agent-link.ts";
import type { AgentLinkEnd } from "#ports/agent-links.ts";
import { agentLinkProtocol, decodeMasterFrame, encodeFrame, sessionHeader } from "#wire/agent-link/frame.ts";
import type { Log } from "../log/log.ts";
import { connectFrames, type FrameConnection } from "./frame-connection.ts";
import {
  challengeHeader,
  createChallenge,
  isProof,
  proofHeader,
  proofOf,
  turnFrame,
  turnsHeader,
} from "./handshake.ts";

export type MasterPlace = { readonly address: string; readonly port: number };

export type AgentLinkOptions = {
  /** At least one. */
  readonly masters: readonly MasterPlace[];
  readonly token: string;
  readonly log: Log;
};

export type ShellAgentLink = AgentLinkEnd & {
  /** Where the master is that it speaks to, or tries next. */
  readonly master: MasterPlace;
  /** Cuts the connection and opens no more. */
  close(): void;
};

const connectMs = 5_000;

/** A connection whose master has proved itself. */
type Proven = { readonly session: SessionId; readonly proof: string; readonly waits: boolean };

export function createAgentLink(options: AgentLinkOptions): ShellAgentLink {
  return new AgentLink(options);
}

class AgentLink implements ShellAgentLink {
  readonly #options: AgentLinkOptions;
  #listener: Parameters<AgentLinkEnd["listen"]>[0] | undefined;
  #current: { readonly session: SessionId; readonly connection: FrameConnection } | undefined;
  /** In a row, of all masters. */
  #failures = 0;
  #turn = 0;
  /** Since a link was open last. */
  readonly #said = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  /** Ends an attempt that is under way. */
  #giveUp: (() => void) | undefined;
  #stopped = false;

  constructor(options: AgentLinkOptions) {
    this.#options = options;
  }

  listen(listener: Parameters<AgentLinkEnd["listen"]>[0]): void {
    this.#listener = listener;
    this.#connect();
  }

  send({ session, number, message }: Parameters<AgentLinkEnd["send"]>[0]): void {
    if (this.#current?.session === session) this.#current.connection.send(encodeFrame({ number, message }));
  }

  reconnect(session: SessionId): void {
    if (this.#current?.session === session) this.#current.connection.close("the agent opens a new one");
  }

  close(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#giveUp?.();
    this.#current?.connection.close("the agent stops");
  }

  get master(): MasterPlace {
    const { masters } = this.#options;
    return present(masters[this.#turn % masters.length], "an agent has a master");
  }

  #connect(): void {
    const { master } = this;
    const { token } = this.#options;
    const challenge = createChallenge();
    const request = httpRequest({
      host: master.address,
      port: master.port,
      path: "/agent-link",
      agent: false,
      headers: {
        Connection: "Upgrade",
        Upgrade: agentLinkProtocol,
        [challengeHeader]: challenge,
        [turnsHeader]: "1",
      },
    });
    let settled = false;
    const failed = (reason: string): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      request.destroy();
      this.#again(reason);
    };
    const timer = setTimeout(() => failed("the master does not answer in time"), connectMs);
    this.#giveUp = () => failed("the agent stops");
    request.on("error", (error) => failed(error.message));
    request.on("response", (response) =>
      failed(`the master refuses the link with status ${response.statusCode}`),
    );
    request.on("upgrade", (response: IncomingMessage, socket: Socket, head: Buffer) => {
      const named = response.headers[sessionHeader];
      if (settled) return void socket.destroy();
      socket.on("error", () => {});
      const refuse = (reason: string): void => {
        socket.destroy();
        failed(reason);
      };
      if (typeof named !== "string") return refuse("the master names no session");
      const session = sessionId(named);
      if (!isProof(response.headers[proofHeader], token, "master", challenge, session)) {
        return refuse("what listens there does not know the cluster's token: it is no master of ours");
      }
      settled = true;
      clearTimeout(timer);
      const proof = proofOf(token, "agent", challenge, session);
      // A master of an earlier release gives no turns.
      this.#open({ session, proof, waits: response.headers[turnsHeader] !== undefined }, socket, head);
    });
    request.end();
  }

  #open({ session, proof, waits }: Proven, socket: Socket, head: Buffer): void {
    const { master } = this;
    const { log } = this.#options;
    let isOpen = false;
    const open = (): void => {
      isOpen = true;
      log.info("the link to the master is open", { master: `${master.address}:${master.port}`, session });
      this.#listener?.opened(session);
    };
    const connection = connectFrames(socket, head, {
      received: (text) => {
        if (!isOpen && text === turnFrame) return open();
        const decoded = decodeMasterFrame(text);
        if (!decoded.ok) {
          log.warn("the master sent a malformed frame; the link is closed", { reason: decoded.reason });
          return connection.close("a malformed frame");
        }
        this.#failures = 0;
        this.#tellIncompatible(decoded.frame.message);
        this.#listener?.received({ session, ...decoded.frame });
      },
      closed: (reason) => {
        this.#current = undefined;
        if (!this.#stopped && isOpen) this.#listener?.closed(session);
        this.#again(reason);
      },
    });
    this.#current = { session, connection };
    this.#said.clear();
    connection.send(proof);
    if (!waits) open();
  }

  /** Told once in a session: the room asks again and again. */
  #tellIncompatible(message: MasterMessage): void {
    if (message.type !== "incompatible" || this.#said.has(message.reason)) return;
    this.#said.add(message.reason);
    this.#options.log.error(
      "this agent and its master do not understand each other; tasks run on, and nothing new comes until both run the same release",
      { reason: message.reason },
    );
  }

  #again(reason: string): void {
    if (this.#stopped) return;
    const { master } = this;
    const { log, masters } = this.#options;
    // The same trouble is told once, not at each attempt.
    const place = `${master.address}:${master.port}`;
    if (!this.#said.has(`${place} ${reason}`)) {
      log.warn("no link to the master; trying again", { master: place, reason });
    }
    this.#said.add(`${place} ${reason}`);
    const delayMs = reconnectDelayMs(this.#failures, masters.length);
    this.#failures = Math.min(this.#failures + 1, 20 * masters.length);
    this.#turn += 1;
    // Thousands of agents lose a master at the same moment: they must not come back at the same one.
    this.#timer = setTimeout(() => this.#connect(), delayMs * (0.5 + Math.random()));
  }
}

/**
 * Before the next attempt, after so many failures before this one. All masters are asked one soon after the other: the
 * next leader is one of them. It waits longer each time that it has been to all of them.
 */
export function reconnectDelayMs(failuresBefore: number, masters: number): number {
  const { linkReconnectInitialMs, linkReconnectMaxMs } = limits;
  if ((failuresBefore + 1) % masters !== 0) return linkReconnectInitialMs;
  return Math.min(linkReconnectInitialMs * 2 ** Math.floor(failuresBefore / masters), linkReconnectMaxMs);
}
