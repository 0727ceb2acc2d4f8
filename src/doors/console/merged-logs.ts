/**
 * `/unum/v1/log`: files of several tasks as they grow, in one stream: what a service's page shows of all its instances.
 */

import { limits } from "#base/limits.ts";
import { findAgent } from "#core/master/views.ts";
import { agentId } from "#model/ids.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { parseLogSources } from "#wire/unum/console/params.ts";
import type { LogSource } from "#wire/unum/console/session.ts";
import { messageAnswer, problemAnswer } from "../answers.ts";
import { readFlags } from "../query.ts";
import type { ConsoleContext } from "./context.ts";
import { readJson } from "./read-json.ts";

export function followLogs(request: DoorRequest, { master }: ConsoleContext, respond: Respond): void {
  const given = readJson(request.query.get("sources") ?? "", "sources");
  if (!given.ok) return respond(problemAnswer(given.problem));
  const sources = parseLogSources(given.value);
  if (!sources.ok) return respond(problemAnswer(sources.problem));
  const flags = readFlags(request.query, { follow: false });
  if (!flags.ok) return respond(messageAnswer(400, flags.message));
  const tail = request.query.get("tail") ?? String(limits.logChunkBytesMax);
  if (!/^\d{1,9}$/.test(tail)) return respond(messageAnswer(400, "tail is a count of bytes."));
  const { follow } = flags.value;
  master.read(
    (state) => sources.value.map((source) => ({ source, agent: findAgent(state, agentId(source.nodeId)) })),
    (found) => {
      const there = found.flatMap(({ source, agent }) =>
        agent === undefined
          ? []
          : [{ key: source.key, ...agent.info.endpoint, path: pathOf(source, tail, follow) }],
      );
      // One instance was on a node that is forgotten; whoever reads the others goes on reading them.
      const missing = found.flatMap(({ source: { key, nodeId }, agent }) =>
        agent === undefined ? [{ key, message: `There is no node '${nodeId}', or no longer.` }] : [],
      );
      respond({ kind: "merge", sources: there, missing });
    },
  );
}

function pathOf({ path, offset }: LogSource, tail: string, follow: boolean): string {
  const from = offset === undefined ? `tail=${tail}` : `offset=${offset}`;
  return `/unum/v1/log?path=${encodeURIComponent(path)}&${from}&follow=${follow}`;
}
