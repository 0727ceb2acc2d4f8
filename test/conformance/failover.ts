/**
 * An agent that is lost and comes back, a master that is killed and starts again, and a framework that lives
 * through both.
 */

import assert from "node:assert/strict";
import { until } from "../until.ts";
import { eventDifferences } from "./event-sequences.ts";
import { EventStream } from "./event-stream.ts";
import { answerDifferences, headDifferences, judge, notComparedAs, type Result } from "./judge.ts";
import { LiveCluster } from "./live-cluster.ts";
import { failoverSide, liveSide } from "./normalise.ts";
import { eventsOf, type Recording, readRecordings } from "./recordings.ts";
import { ReplayedFramework } from "./replayed-framework.ts";

const masterOptions = ["--agent-ping-timeout", "1", "--max-agent-ping-timeouts", "2"];
const agentOptions = ["--disk", "1000"];

export async function replayFailover(home: string): Promise<readonly Result[]> {
  const cluster = new LiveCluster(home);
  const run = new FailoverRun(cluster, readRecordings("failover"));
  try {
    await run.loseAgent();
    await run.loseMaster();
    return run.results;
  } finally {
    await run.close();
    await cluster.stop();
  }
}

class FailoverRun {
  readonly results: Result[] = [];
  readonly #cluster: LiveCluster;
  readonly #recordings: readonly Recording[];
  readonly #first: ReplayedFramework;
  readonly #second: ReplayedFramework;
  readonly #operator = new EventStream();

  constructor(cluster: LiveCluster, recordings: readonly Recording[]) {
    this.#cluster = cluster;
    this.#recordings = recordings;
    this.#first = new ReplayedFramework(cluster);
    this.#second = new ReplayedFramework(cluster);
  }

  /** Its processes are gone for longer than the master waits. */
  async loseAgent(): Promise<void> {
    const cluster = this.#cluster;
    await cluster.startMaster(masterOptions);
    const watch = this.#recording("06");
    const watched = await this.#operator.open(
      `${cluster.master}/api/v1`,
      watch.request.headers,
      watch.request.body ?? "",
    );
    const subscribed = await this.#first.subscribe(this.#recording("05"));
    await cluster.startAgent(agentOptions);
    await cluster.awaitAgent();
    await this.#first.launch("fo-1", cluster.agentId, "sleep 1000");
    await this.#awaitStatus(this.#first, "TASK_RUNNING", undefined);
    await until("an offer of the rest", () => this.#first.offered().cpus !== undefined);
    await cluster.kill("agent");
    await this.#awaitStatus(this.#first, "TASK_UNREACHABLE", "REASON_AGENT_REMOVED");
    await this.#read("01", "02", "03");
    await cluster.startAgent(agentOptions);
    await this.#awaitStatus(this.#first, "TASK_RUNNING", "REASON_AGENT_REREGISTERED");
    await cluster.awaitAgent();
    await until("an offer of the rest", () => this.#first.offered().cpus !== undefined);
    await this.#read("04");
    await cluster.kill("master");
    await until("the streams to end", () => this.#first.stream.hasEnded && this.#operator.hasEnded);
    this.#judgeStream("05", this.#first.stream, subscribed);
    this.#judgeStream("06", this.#operator, watched);
  }

  /** The agent stands still meanwhile, so that it is not back before the framework has asked. */
  async loseMaster(): Promise<void> {
    const cluster = this.#cluster;
    const { id } = this.#first;
    cluster.signal("agent", "SIGSTOP");
    await cluster.startMaster(masterOptions);
    this.results.push(
      notComparedAs(this.#recording("07"), "A master of ours listens when it has recovered, and not before."),
    );
    await this.#read("08");
    const subscribed = await this.#second.subscribe(this.#recording("15"), id);
    await this.#call("09");
    cluster.signal("agent", "SIGCONT");
    await cluster.awaitAgent();
    await until("an offer of the rest", () => this.#second.offered().cpus !== undefined);
    await this.#read("10");
    await this.#call("11");
    await this.#awaitStatus(this.#second, "TASK_RUNNING", "REASON_RECONCILIATION");
    await this.#call("12");
    await this.#awaitStatus(this.#second, "TASK_KILLED", undefined);
    await this.#read("13");
    await until("the failure to be told", () =>
      this.#second.stream.events.some(({ type }) => type === "FAILURE"),
    );
    await this.#read("14");
    this.#judgeStream("15", this.#second.stream, subscribed);
  }

  async close(): Promise<void> {
    this.#cluster.signal("agent", "SIGCONT");
    for (const stream of [this.#first.stream, this.#second.stream, this.#operator]) await stream.close();
  }

  #recording(number: string): Recording {
    const found = this.#recordings.find(({ name }) => name.startsWith(`failover/${number}-`));
    return found ?? assert.fail(`no recording ${number}`);
  }

  #awaitStatus(framework: ReplayedFramework, state: string, reason: string | undefined): Promise<unknown> {
    return until(`fo-1 to be ${state} ${reason ?? ""}`, () =>
      framework.statuses("fo-1").some((status) => status.state === state && status.reason === reason),
    );
  }

  async #call(number: string): Promise<void> {
    const recording = this.#recording(number);
    const answer = await this.#second.send(recording);
    this.results.push(judge(recording, answerDifferences(recording, answer, this.#sides())));
  }

  async #read(...numbers: readonly string[]): Promise<void> {
    for (const number of numbers) {
      const recording = this.#recording(number);
      const { method, path, headers, body } = recording.request;
      const response = await fetch(this.#cluster.master + path, {
        method,
        headers,
        ...(method === "GET" ? {} : { body: this.#first.ours(body ?? "") }),
      });
      const answer = {
        status: response.status,
        headers: response.headers,
        text: await response.text(),
      };
      this.results.push(judge(recording, answerDifferences(recording, answer, this.#sides())));
    }
  }

  #judgeStream(number: string, stream: EventStream, response: Response): void {
    const recording = this.#recording(number);
    const sides = this.#sides();
    this.results.push(
      judge(recording, [
        ...headDifferences(recording, response, sides),
        ...eventDifferences(
          { events: eventsOf(recording), side: sides.recorded },
          { events: stream.events, side: sides.live },
        ),
      ]),
    );
  }

  #sides() {
    return { recorded: failoverSide, live: liveSide(this.#cluster) };
  }
}
