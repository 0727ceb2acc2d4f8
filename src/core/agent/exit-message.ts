/**
 * The sentences about how a command ended, in the words that Mesos's users and tools know.
 */

import type { TaskExit } from "#model/task.ts";

const bytesPerMiB = 1024 * 1024;

/** `Command exited with status 3`, `Command terminated with signal Killed`. */
export function describeExit(exit: TaskExit): string {
  switch (exit.kind) {
    case "code":
      return `Command exited with status ${exit.code}`;
    case "signal":
      return `Command terminated with signal ${signalNames[exit.signal] ?? exit.signal}`;
    default:
      return exit satisfies never;
  }
}

export function describeOutOfMemory(figures: {
  readonly limitBytes: number;
  readonly peakBytes: number | undefined;
}): string {
  const peak = figures.peakBytes === undefined ? "" : `; its peak was ${formatMiB(figures.peakBytes)}`;
  return `Memory limit exceeded: the task may use ${formatMiB(figures.limitBytes)}${peak}. Give it more memory`;
}

const formatMiB = (bytes: number): string => `${Math.round((bytes / bytesPerMiB) * 10) / 10} MiB`;

/** Linux's numbers and the C library's words. */
const signalNames: Readonly<Record<number, string>> = {
  1: "Hangup",
  2: "Interrupt",
  3: "Quit",
  4: "Illegal instruction",
  5: "Trace/breakpoint trap",
  6: "Aborted",
  7: "Bus error",
  8: "Floating point exception",
  9: "Killed",
  10: "User defined signal 1",
  11: "Segmentation fault",
  12: "User defined signal 2",
  13: "Broken pipe",
  14: "Alarm clock",
  15: "Terminated",
  16: "Stack fault",
  24: "CPU time limit exceeded",
  25: "File size limit exceeded",
  31: "Bad system call",
};
