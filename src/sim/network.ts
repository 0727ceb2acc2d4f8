/**
 * The agent link over a bad network: sessions that drop, double, delay, overtake and cut messages, in both
 * directions or in one, and that may break so that only one end hears of it.
 *
 * Worse than TCP on purpose: what is right here is right there. A closed session never comes back.
 */

import { type SessionId, sessionId } from "#model/ids.ts";
import type { AgentMessage, Envelope, MasterMessage } from "#model/protocol/agent-link.ts";
import type { AgentLinkEnd, MasterLinks } from "#ports/agent-links.ts";
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
type End<Message> = { readonly life: Life; listener: Listener<Message> | undefined };
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
  readonly #cuts = new Map<string, Cut>();
  readonly #sessions = new Map<SessionId, Session>();
  readonly #current = new Map<string, Session>();
  #master: End<AgentMessage> | undefined;
  #sessionCount = 0;

  constructor(world: World, tap: NetworkTap) {
    this.#world = world;
    this.#tap = tap;
  }

  masterLinks(life: Life): MasterLinks {
    const end: End<AgentMessage> = { life, listener: undefined };
    this.#master = end;
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
    const end: End<MasterMessage> = { life, listener: undefined };
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
        this.#tap.fromAgent(agentName, envelope);
        this.#carry(session, "master", () => session.master.listener?.received(envelope));
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

  cut(agentName: string, cut: Cut): void {
    this.#cuts.set(agentName, cut);
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
      const master = this.#master;
      const cut = this.#cuts.get(agentName) ?? "none";
      if (cut !== "none" || master?.listener === undefined || !master.life.alive) {
        return this.#connectLater(agentName, end);
      }
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
        master.listener?.opened(id);
      });
      const answeredMs = session.arrivalMs.master - nowMs + this.#delayMs();
      session.arrivalMs.agent = nowMs + answeredMs;
      this.#world.after(answeredMs, () => this.#answered(session));
    });
  }

  /** The connection is made, or the agent's attempt has timed out and it tries again. */
  #answered(session: Session): void {
    if (!session.agent.life.alive) return this.#hangUp(session, "agent");
    if (!session.open.master || (this.#cuts.get(session.agentName) ?? "none") !== "none") {
      this.#current.delete(session.agentName);
      return this.#connectLater(session.agentName, session.agent);
    }
    this.#world.note(() => `link ${session.agentName}: ${session.id} opened`);
    session.open.agent = true;
    session.agent.listener?.opened(session.id);
  }

  #carry(session: Session, to: Side, deliver: () => void): void {
    const { drop, duplicate, disorder, delayMaxMs } = this.faults;
    const world = this.#world;
    if (world.happens(drop)) return;
    const checked = (): void => {
      if (session.open[to]) deliver();
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
    const cut = this.#cuts.get(session.agentName);
    if (cut === "both" || cut === `to-${to}` || !session[to].life.alive) return;
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
    if (end.life.alive) end.listener?.closed(session.id);
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
