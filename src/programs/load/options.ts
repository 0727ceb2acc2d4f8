/**
 * The options of `unum load`: one typed value, made of flags.
 *
 * The token is not part of it: only where its file lies.
 */

import { resolve } from "node:path";
import { limits } from "#base/limits.ts";
import type { Encoding } from "#wire/mesos/codec/encoding.ts";
import { Flags, UsageError } from "../flags.ts";
import type { TaskSize } from "./placement.ts";

export type LoadOptions = {
  readonly url: URL;
  readonly tokenFile: string | undefined;
  readonly frameworks: number;
  readonly tasks: number;
  /** Launches a second, of all frameworks together; undefined: as fast as it goes. */
  readonly rate: number | undefined;
  readonly encoding: Encoding;
  readonly size: TaskSize;
  /** Undefined: tasks run until the frameworks are removed. */
  readonly taskSeconds: number | undefined;
  readonly role: string;
  readonly perAccept: number;
  readonly timeoutMs: number;
  readonly masterPid: number | undefined;
  readonly json: boolean;
};

/** Each framework has a stream of events of its own, which the master bounds. */
const frameworksMax = 400;
const tasksMax = 1_000_000;

export const loadHelp = `unum load: launches tasks through the scheduler API (/api/v1/scheduler), as many frameworks
would, and measures how fast they run. The frameworks and their tasks are removed at the end.

  --url URL             the master's own API, for example http://127.0.0.1:5050
  --token-file FILE     the cluster's token
  --frameworks N        how many frameworks share the work (1)
  --tasks N             tasks in all (100)
  --rate N              launches a second in all (as fast as it goes)
  --encoding NAME       json or protobuf (protobuf)
  --cpus N --mem MIB    of each task (0.01, 1)
  --task-seconds N      tasks end by themselves after so long (they run until the end)
  --per-accept N        tasks in one ACCEPT at most (100)
  --role NAME           of the frameworks (*)
  --timeout SECONDS     to give up after (120)
  --master-pid N        the master's process, for its CPU time (found by the port, on this machine)
  --json                the result as JSON, and nothing else on the standard output

Exit codes: 0 all tasks ran, 1 some did not, 2 wrong usage.
`;

export function parseLoadOptions(argv: readonly string[], workingDirectory: string): LoadOptions {
  const flags = new Flags(argv, {
    url: "text",
    "token-file": "text",
    frameworks: "text",
    tasks: "text",
    rate: "text",
    encoding: "text",
    cpus: "text",
    mem: "text",
    "task-seconds": "text",
    "per-accept": "text",
    role: "text",
    timeout: "text",
    "master-pid": "text",
    json: "switch",
  });
  const tokenFile = flags.text("token-file");
  return Object.freeze({
    url: parseUrl(flags.required("url")),
    tokenFile: tokenFile === undefined ? undefined : resolve(workingDirectory, tokenFile),
    frameworks: flags.integer("frameworks", 1, frameworksMax) ?? 1,
    tasks: flags.integer("tasks", 1, tasksMax) ?? 100,
    rate: flags.amount("rate"),
    encoding: parseEncoding(flags.text("encoding") ?? "protobuf"),
    size: { cpus: flags.amount("cpus") ?? 0.01, memMib: flags.amount("mem") ?? 1 },
    taskSeconds: flags.amount("task-seconds"),
    role: flags.text("role") ?? "*",
    perAccept: flags.integer("per-accept", 1, limits.tasksPerAcceptMax) ?? 100,
    timeoutMs: (flags.amount("timeout") ?? 120) * 1_000,
    masterPid: flags.integer("master-pid", 1, 2 ** 22),
    json: flags.has("json"),
  });
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "http:") {
    throw new UsageError(`--url ${text} is no address such as http://127.0.0.1:5050.`);
  }
  return url;
}

function parseEncoding(text: string): Encoding {
  if (text === "json" || text === "protobuf") return text;
  throw new UsageError(`--encoding ${text} is neither json nor protobuf.`);
}
