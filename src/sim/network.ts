/**
 * The agent link over a bad network: sessions that drop, double, delay, overtake and cut messages, in both
 * directions or in one, and that may break so that only one end hears of it.
 *
 * Worse than TCP on purpose: what is right here is right there. A closed session never comes back. Of several masters an
 * agent tries one after the other; only one that leads lets it in.
 */

import { type SessionId, sessionId } from "#model/ids.ts";
import {
  type AgentMessage,
  agentLinkVersion,
  type Envelope,
  type MasterMessage,
} from "#model/protocol/agent-link.ts";
import type { AgentLinkEnd, MasterLinks } from "#ports/agent-links.ts";
import { anyNode, Wires } from "./wires.ts";
import type { Life, World } from "./world.ts";

export type LinkFaults = {
  readonly drop: number;
  readonly duplicate: number;
  /** Probability that a message overtakes or falls far behind. */
  readonly disorder: number;
  readonly delayMaxMs: number;
  /** Probability that the other end does not hear of a session's end. */
  readonly halfOpen: number;
};

export const calmLink: LinkFaults = { drop: 0, duplicate: 0, disorder: 0, delayMaxMs: 2, halfOpen: 0 };

/** Which direction of an agent's link carries nothing. */
export type Cut = "none" | "both" | "to-master" | "to-agent";

type Side = "master" | "agent";
type Listener<Message> = {
  opened(session: SessionId): void;
  received(envelope: Envelope<Message>): void;
  closed(session: SessionId): void;
};
type End<Message> = {
  readonly name: string;
  readonly life: Life;
  listener: Listener<Message> | undefined;
};
type Session = {
  readonly id: SessionId;
  readonly agentName: string;
  readonly master: End<AgentMessage>;
  readonly agent: End<MasterMessage>;
  readonly open: { master: boolean; agent: boolean };
  /** Ends that were told of the session's end. */
  readonly told: Set<Side>;
  /** When the last message in each direction arrives, so that the next comes after it. */
  readonly arrivalMs: { master: number; agent: number };
};

/** What passes by, for the checkers. */
export type NetworkTap = {
  fromAgent(agentName: string, envelope: Envelope<AgentMessage>): void;
  fromMaster(agentName: string, envelope: Envelope<MasterMessage>): void;
};

export class Network {
  faults: LinkFaults = calmLink;
  readonly #world: World;
  readonly #tap: NetworkTap;
  readonly #wires: Wires;
  readonly #uncut = new Map<string, readonly (() => void)[]>();
  readonly #sessions = new Map<SessionId, Session>();
  readonly #current = new Map<string, Session>();
  /** Nodes of another release, whose link the others do not understand. */
  readonly #otherRelease = new Set<string>();
  readonly #masters = new Map<string, End<AgentMessage>>();
  /** Which master each agent tries next. */
  readonly #next = new Map<string, number>();
  #sessionCount = 0;

  constructor(world: World, tap: NetworkTap, wires = new Wires()) {
    this.#world = world;
    this.#tap = tap;
    this.#wires = wires;
  }

  masterLinks(life: Life, name = "master"): MasterLinks {
    const end: End<AgentMessage> = { name, life, listener: undefined };
    this.#masters.set(name, end);
    life.atEnd(() => {
      for (const session of [...this.#sessions.values()]) {
        if (session.master === end) this.#hangUp(session, "master");
      }
    });
    return {
      send: (envelope) => {
        const session = this.#sessions.get(envelope.session);
        if (session === undefined || session.master !== end || !session.open.master) return;
        this.#tap.fromMaster(session.agentName, envelope);
        this.#carry(session, "agent", () => session.agent.listener?.received(envelope));
      },
      close: (id) => {
        const session = this.#sessions.get(id);
        if (session?.master === end) this.#hangUp(session, "master");
      },
      listen: (listener) => {
        end.listener = listener;
      },
    };
  }

  agentLink(agentName: string, life: Life): AgentLinkEnd {
    const end: End<MasterMessage> = { name: agentName, life, listener: undefined };
    const mine = (id: SessionId): Session | undefined => {
      const session = this.#sessions.get(id);
      return session?.agent === end ? session : undefined;
    };
    life.atEnd(() => {
      const session = this.#current.get(agentName);
      if (session?.agent === end) this.#hangUp(session, "agent");
    });
    return {
      send: (envelope) => {
        const session = mine(envelope.session);
        if (session === undefined || !session.open.agent) return;
        const heard = this.#asHeard(session, envelope);
        this.#tap.fromAgent(agentName, heard);
        this.#carry(session, "master", () => session.master.listener?.received(heard));
      },
      reconnect: (id) => {
        const session = mine(id);
        if (session?.open.agent === true) this.#hangUp(session, "agent");
      },
      listen: (listener) => {
        end.listener = listener;
        this.#connectLater(agentName, end);
      },
    };
  }

  /** It leads no longer, and goes on to run: its sessions end, and it lets nobody in. */
  shut(masterName: string): void {
    const end = this.#masters.get(masterName);
    if (end === undefined) return;
    end.listener = undefined;
    for (const session of [...this.#sessions.values()])
      if (session.master === end) this.#hangUp(session, "master");
  }

  /** It is exchanged for another release, or for the common one again; it takes effect when it connects anew. */
  exchange(name: string, isOther = !this.#otherRelease.has(name)): void {
    if (isOther) this.#otherRelease.add(name);
    else this.#otherRelease.delete(name);
  }

  hasOtherRelease(name: string): boolean {
    return this.#otherRelease.has(name);
  }

  /** Of another version of the link all that is understood is that it is one. */
  #asHeard({ agentName, master }: Session, envelope: Envelope<AgentMessage>): Envelope<AgentMessage> {
    if (this.#otherRelease.size === 0 || envelope.message.type !== "register") return envelope;
    if (this.#otherRelease.has(agentName) === this.#otherRelease.has(master.name)) return envelope;
    return { ...envelope, message: { ...envelope.message, version: agentLinkVersion - 1 } };
  }

  /** From everybody. */
  cut(agentName: string, cut: Cut): void {
    for (const open of this.#uncut.get(agentName) ?? []) open();
    this.#uncut.set(agentName, [
      ...(cut === "both" || cut === "to-master" ? [this.#wires.block(agentName, anyNode)] : []),
      ...(cut === "both" || cut === "to-agent" ? [this.#wires.block(anyNode, agentName)] : []),
    ]);
  }

  /** Breaks the agent's session, as a router that forgets it would: each end hears of it, or does not. */
  break(agentName: string): void {
    const session = this.#current.get(agentName);
    if (session === undefined) return;
    for (const side of ["master", "agent"] as const) {
      if (!this.#world.happens(this.faults.halfOpen)) this.#tellClosed(session, side);
    }
  }

  #connectLater(agentName: string, end: End<MasterMessage>): void {
    this.#world.after(this.#world.between(100, 2_000), () => {
      if (!end.life.alive) return;
      const master = this.#nextMaster(agentName);
      const isRefused = master?.listener === undefined || !master.life.alive || master.life.paused;
      if (isRefused || this.#wires.isCut(agentName, master.name)) return this.#connectLater(agentName, end);
      this.#sessionCount += 1;
      const id = sessionId(`session-${this.#sessionCount}`);
      const nowMs = this.#world.nowMs;
      const session: Session = {
        id,
        agentName,
        master,
        agent: end,
        open: { master: false, agent: false },
        told: new Set(),
        arrivalMs: { master: nowMs, agent: nowMs },
      };
      this.#sessions.set(id, session);
      this.#current.set(agentName, session);
      this.#arrive(session, "master", this.#delayMs(), () => {
        session.open.master = true;
        master.life.run(() => master.listener?.opened(id));
      });
      const answeredMs = session.arrivalMs.master - nowMs + this.#delayMs();
      session.arrivalMs.agent = nowMs + answeredMs;
      this.#world.after(answeredMs, () => this.#answered(session));
    });
  }

  #nextMaster(agentName: string): End<AgentMessage> | undefined {
    const masters = [...this.#masters.values()];
    const turn = this.#next.get(agentName) ?? 0;
    this.#next.set(agentName, turn + 1);
    return masters[turn % masters.length];
  }

  /** The connection is made, or the agent's attempt has timed out and it tries again. */
  #answered(session: Session): void {
    if (!session.agent.life.alive) return this.#hangUp(session, "agent");
    if (!session.open.master || this.#wires.isCut(session.agentName, session.master.name)) {
      this.#current.delete(session.agentName);
      return this.#connectLater(session.agentName, session.agent);
    }
    this.#world.note(() => `link ${session.agentName}: ${session.id} opened`);
    session.open.agent = true;
    session.agent.life.run(() => session.agent.listener?.opened(session.id));
  }

  #carry(session: Session, to: Side, deliver: () => void): void {
    const { drop, duplicate, disorder, delayMaxMs } = this.faults;
    const world = this.#world;
    if (world.happens(drop)) return;
    const checked = (): void => {
      session[to].life.run(() => {
        if (session.open[to]) deliver();
      });
    };
    if (world.happens(disorder)) {
      const late = world.between(0, 10 * delayMaxMs);
      world.after(late, () => this.#unlessCut(session, to, checked));
    } else this.#arrive(session, to, this.#delayMs(), checked);
    if (world.happens(duplicate)) {
      world.after(this.#delayMs() * 4, () => this.#unlessCut(session, to, checked));
    }
  }

  /** In order behind what already travels in this direction. */
  #arrive(session: Session, to: Side, delayMs: number, run: () => void): void {
    const atMs = Math.max(session.arrivalMs[to], this.#world.nowMs + delayMs);
    session.arrivalMs[to] = atMs;
    this.#world.after(atMs - this.#world.nowMs, () => this.#unlessCut(session, to, run));
  }

  #unlessCut(session: Session, to: Side, run: () => void): void {
    const from = to === "master" ? "agent" : "master";
    if (this.#wires.isBlocked(session[from].name, session[to].name) || !session[to].life.alive) return;
    run();
  }

  #hangUp(session: Session, by: Side): void {
    const other = by === "master" ? "agent" : "master";
    session.open[by] = false;
    // Its own end hears of it as from a real socket: a moment later.
    this.#world.after(0, () => this.#closed(session, by));
    if (this.#world.happens(this.faults.halfOpen)) return;
    this.#tellClosed(session, other);
  }

  #tellClosed(session: Session, side: Side): void {
    this.#arrive(session, side, this.#delayMs(), () => this.#closed(session, side));
  }

  #closed(session: Session, side: Side): void {
    session.open[side] = false;
    if (session.told.has(side)) return;
    session.told.add(side);
    const end = session[side];
    end.life.run(() => end.listener?.closed(session.id));
    if (side === "master") return;
    if (this.#current.get(session.agentName) === session) {
      this.#current.delete(session.agentName);
      if (end.life.alive) this.#connectLater(session.agentName, session.agent);
    }
  }

  #delayMs(): number {
    return 1 + this.#world.chance.below(this.faults.delayMaxMs);
  }
}
