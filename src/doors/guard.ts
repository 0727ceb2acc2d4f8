/**
 * Contexts in which a defect of a door costs the request that meets it, and nothing else.
 *
 * What a handler throws at once the shell catches. What it throws later, when a loop or a port answers or a
 * change is told, would end the program, with everything that others have asked of it; here it is caught as well and
 * told to `failed`.
 */

import type { Files } from "#ports/files.ts";
import type { Rejection } from "#ports/room.ts";
import type { SessionReader, Sessions, SessionWriter } from "#ports/sessions.ts";
import type { AgentContext, ClusterContext, Reads } from "./endpoint.ts";
import type { ExecutorContext } from "./mesos/executor/context.ts";
import type { SchedulerContext } from "./mesos/scheduler/context.ts";

/** Says that the request failed, whether it was answered or not. */
export type Failed = (error: unknown) => void;

const caught =
  <Given extends readonly unknown[]>(done: (...given: Given) => void, failed: Failed) =>
  (...given: Given): void => {
    try {
      done(...given);
    } catch (error) {
      failed(error);
    }
  };

const guardReads = <State>(loop: Reads<State>, failed: Failed): Reads<State> => ({
  read: (view, done) => loop.read(view, caught(done, failed)),
});

const guardFiles = (files: Files, failed: Failed): Files => ({
  browse: (path, done) => files.browse(path, caught(done, failed)),
  read: (path, offset, lengthBytes, done) => files.read(path, offset, lengthBytes, caught(done, failed)),
  open: (path, done) => files.open(path, caught(done, failed)),
  attached: () => files.attached(),
});

export const guardCluster = (context: ClusterContext, failed: Failed): ClusterContext => {
  const { master, apps, watch, files } = context;
  return {
    ...context,
    ...(files === undefined ? {} : { files: guardFiles(files, failed) }),
    watch: {
      subscribe: (listener) => watch.subscribe(caught(listener, failed)),
      counts: () => watch.counts(),
    },
    master: {
      ...guardReads(master, failed),
      submit: (input, done) => master.submit(input, caught(done, failed)),
      backlog: () => master.backlog?.() ?? 0,
    },
    apps: {
      ...guardReads(apps, failed),
      submit: (command, done) => apps.submit(command, caught(done, failed)),
    },
  };
};

/** A loop to which an input may also be given without waiting for what becomes of it. */
interface Desk<State, Input> extends Reads<State> {
  submit(input: Input, done?: (outcome: Rejection | undefined) => void): void;
}

const guardDesk = <State, Input>(loop: Desk<State, Input>, failed: Failed): Desk<State, Input> => ({
  ...guardReads(loop, failed),
  submit: (input, done) => loop.submit(input, done === undefined ? undefined : caught(done, failed)),
});

export const guardScheduler = (context: SchedulerContext, failed: Failed): SchedulerContext => ({
  ...context,
  master: guardDesk(context.master, failed),
});

export const guardExecutors = (context: ExecutorContext, failed: Failed): ExecutorContext => ({
  ...context,
  agent: guardDesk(context.agent, failed),
});

export const guardAgent = (context: AgentContext, failed: Failed): AgentContext => {
  const { agent, files, usages, images, sessions, after } = context;
  return {
    ...context,
    agent: guardReads(agent, failed),
    files: guardFiles(files, failed),
    ...(sessions === undefined ? {} : { sessions: guardSessions(sessions, failed) }),
    ...(after === undefined
      ? {}
      : { after: (delayMs: number, run: () => void) => after(delayMs, caught(run, failed)) }),
    ...(usages === undefined ? {} : { usages: { read: (done) => usages.read(caught(done, failed)) } }),
    ...(images === undefined
      ? {}
      : { images: { prune: (keep, done) => images.prune(keep, caught(done, failed)) } }),
  };
};

/** What fails of an output counts as taken: it must not hold the session back for ever. */
const guardReader = (reader: SessionReader, failed: Failed): SessionReader => ({
  output: (stream, bytes) => {
    try {
      return reader.output(stream, bytes);
    } catch (error) {
      failed(error);
      return true;
    }
  },
  ended: caught(() => reader.ended(), failed),
});

const guardWriter = (writer: SessionWriter, failed: Failed): SessionWriter => ({
  ready: caught(() => writer.ready(), failed),
  ended: caught(() => writer.ended(), failed),
});

const guardSessions = (sessions: Sessions, failed: Failed): Sessions => ({
  launch: (spec, done) => sessions.launch(spec, caught(done, failed)),
  attachOutput: (key, reader) => sessions.attachOutput(key, guardReader(reader, failed)),
  attachInput: (key, writer) => sessions.attachInput(key, guardWriter(writer, failed)),
  followTask: (container, reader) => sessions.followTask(container, guardReader(reader, failed)),
  typeInto: (container, writer) => sessions.typeInto(container, guardWriter(writer, failed)),
  wait: (key, done) => sessions.wait(key, caught(done, failed)),
  kill: (key, signal) => sessions.kill(key, signal),
  running: () => sessions.running(),
  remove: (key) => sessions.remove(key),
});
